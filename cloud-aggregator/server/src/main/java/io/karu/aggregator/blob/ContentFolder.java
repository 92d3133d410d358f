package io.karu.aggregator.blob;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files by the SHA-256 of their content, as {@code ab/cd/abcd…}: written beside, moved into place,
 * never overwritten. Thread-safe.
 */
public final class ContentFolder {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

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

    /** Whether a text is 64 lower-case hexadecimal digits. */
    public static boolean isHex(String text) {
        return text != null && HEX.matcher(text).matches();
    }

    /** A new name to write a file under before {@link #keep}. */
    public Path temporary() {
        return incoming.resolve(UUID.randomUUID().toString());
    }

    /** Moves a written and synced file to where its digest says. */
    public void keep(Path temporary, String hex) throws IOException {
        Path file = path(hex);
        Files.createDirectories(file.getParent());
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel channel = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** The file of a digest, if it is there. */
    public Optional<Path> find(String hex) {
        return isHex(hex) ? Optional.of(path(hex)).filter(Files::exists) : Optional.empty();
    }

    /** Where the file of a digest is kept. */
    public Path path(String hex) {
        return folder.resolve(hex.substring(0, 2)).resolve(hex.substring(2, 4)).resolve(hex);
    }

    /** The folder that holds everything. */
    public Path root() {
        return folder;
    }
}
