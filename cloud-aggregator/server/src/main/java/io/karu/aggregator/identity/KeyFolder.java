package io.karu.aggregator.identity;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

/** PKCS #12 files of one folder, all under a password that is made at the first use. */
final class KeyFolder {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path path;

    KeyFolder(Path path) {
        this.path = path;
    }

    Path file(String name) {
        return path.resolve(name);
    }

    char[] password() throws IOException {
        Files.createDirectories(path);
        Path file = path.resolve("keystore-password");
        if (!Files.exists(file)) {
            byte[] random = new byte[24];
            new SecureRandom().nextBytes(random);
            Files.createFile(file, PRIVATE);
            Files.writeString(file, Base64.getUrlEncoder().withoutPadding().encodeToString(random));
        }
        return Files.readString(file).trim().toCharArray();
    }

    static KeyStore empty() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    static KeyStore load(Path file, char[] password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password);
        }
        return store;
    }

    /** Replaces a file; whoever watches it sees the old or the new one. */
    void save(KeyStore store, Path file) throws IOException, GeneralSecurityException {
        Path written = Files.createTempFile(path, file.getFileName().toString(), ".new", PRIVATE);
        try (OutputStream out = Files.newOutputStream(written)) {
            store.store(out, password());
        }
        Files.move(
                written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
