package io.karu.aggregator.identity;

import io.karu.aggregator.store.PrivateFile;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;

/** PKCS #12 files of one folder, all under a password that is made at the first use. */
final class KeyFolder {
    private static final int PASSWORD_BITS = 192;

    private final Path path;

    KeyFolder(Path path) {
        this.path = path;
    }

    Path file(String name) {
        return path.resolve(name);
    }

    char[] password() throws IOException {
        Path file = path.resolve("keystore-password");
        if (!Files.exists(file)) {
            PrivateFile.replace(file, Secrets.generate(PASSWORD_BITS));
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
        char[] password = password();
        PrivateFile.<GeneralSecurityException>replace(file, out -> store.store(out, password));
    }
}
