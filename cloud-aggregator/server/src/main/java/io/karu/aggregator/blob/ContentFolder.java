package io.karu.aggregator.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Files as {@code ab/cd/abcd…} in a folder of this machine: written beside, moved into place, never
 * overwritten.
 */
public final class ContentFolder implements ContentStore {
    private final Path folder;
    private final Path incoming;

    /** Opens a folder; what an ended process left half written is deleted. */
    public ContentFolder(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.incoming = Files.createDirectories(folder.resolve("incoming"));
        try (Stream<Path> abandoned = Files.list(incoming)) {
            for (Path file : abandoned.toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public Path temporary() {
        return incoming.resolve(UUID.randomUUID().toString());
    }

    @Override
    public void keep(Path temporary, String hex) throws IOException {
        Path file = path(hex);
        Files.createDirectories(file.getParent());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel channel = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public boolean holds(String hex) {
        return Files.exists(path(hex));
    }

    @Override
    public InputStream open(String hex) throws IOException {
        return Files.newInputStream(path(hex));
    }

    @Override
    public void delete(String hex) throws IOException {
        Files.deleteIfExists(path(hex));
    }

    @Override
    public boolean answers() {
        return Files.isWritable(incoming);
    }

    private Path path(String hex) {
        if (!ContentStore.isHex(hex)) {
            throw new IllegalArgumentException(
                    "\"" + hex + "\" is no SHA-256: 64 hexadecimal digits are needed");
        }
        return folder.resolve(hex.substring(0, 2)).resolve(hex.substring(2, 4)).resolve(hex);
    }

    @Override
    public void close() {
        // nothing is open
    }
}
