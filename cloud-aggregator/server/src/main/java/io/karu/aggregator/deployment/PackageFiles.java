package io.karu.aggregator.deployment;

import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/**
 * Files {@code <name>_<version>.dp} in a folder of this machine. With a shared store, what another
 * aggregator took in is fetched from there when it is first needed, and checked by its digest.
 * Thread-safe.
 */
final class PackageFiles {
    private final Path folder;
    private final Optional<ContentStore> shared;

    PackageFiles(Path folder, Optional<ContentStore> shared) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.shared = shared;
    }

    /** Keeps a package: in the shared store first, so that a row never names what is nowhere. */
    void keep(PackageId id, byte[] bytes, String sha256) throws IOException {
        if (shared.isPresent()) {
            Path outgoing = shared.get().temporary();
            Files.write(outgoing, bytes);
            shared.get().keep(outgoing, sha256);
        }
        Path temporary = temporary();
        try {
            Files.write(temporary, bytes);
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            replace(temporary, path(id));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** The file of a stored package, for reading only. */
    Path file(StoredPackage stored) throws IOException {
        Path file = path(stored.id());
        if (shared.isPresent() && !Files.exists(file)) {
            fetch(shared.get(), stored, file);
        }
        return file;
    }

    private void fetch(ContentStore from, StoredPackage stored, Path file) throws IOException {
        Path temporary = temporary();
        try {
            MessageDigest sha256 = Secrets.sha256();
            try (InputStream in = new DigestInputStream(from.open(stored.sha256()), sha256);
                    FileChannel channel =
                            FileChannel.open(
                                    temporary,
                                    StandardOpenOption.CREATE_NEW,
                                    StandardOpenOption.WRITE);
                    OutputStream out = Channels.newOutputStream(channel)) {
                in.transferTo(out);
                channel.force(true);
            }
            String found = HexFormat.of().formatHex(sha256.digest());
            if (!found.equals(stored.sha256())) {
                throw new IOException(
                        "the shared store gave "
                                + stored.id()
                                + " with SHA-256 "
                                + found
                                + " instead of "
                                + stored.sha256());
            }
            replace(temporary, file);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    void delete(StoredPackage stored) throws IOException {
        Files.deleteIfExists(path(stored.id()));
        if (shared.isPresent()) {
            shared.get().delete(stored.sha256());
        }
    }

    private Path temporary() {
        return folder.resolve("." + UUID.randomUUID());
    }

    private Path path(PackageId id) {
        return folder.resolve(id.fileName());
    }

    private static void replace(Path temporary, Path file) throws IOException {
        Files.move(
                temporary,
                file,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
