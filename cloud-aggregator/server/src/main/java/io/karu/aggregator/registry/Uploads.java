package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files that arrive one by one and become a version later, or are forgotten after a day. Bounded in
 * number and size. Thread-safe.
 */
public final class Uploads {
    private static final long MOST_BYTES = 2L << 30;
    private static final int MOST_FILES = 5000;
    private static final Duration LIFE = Duration.ofDays(1);
    private static final Pattern PATH =
            Pattern.compile(
                    "[A-Za-z0-9_][A-Za-z0-9._-]{0,150}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,150}){0,7}");

    private final Path folder;

    /**
     * @param folder its own; made when absent
     */
    public Uploads(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /** Keeps a file; another one of that path is replaced. */
    public void put(String path, InputStream content) throws IOException {
        Path file = resolve(path);
        long left = MOST_BYTES - makeRoom();
        Files.createDirectories(file.getParent());
        Path part = folder.resolve(".part-" + UUID.randomUUID());
        try {
            try (OutputStream out = Files.newOutputStream(part)) {
                byte[] buffer = new byte[1 << 16];
                for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                    left -= n;
                    if (left < 0) {
                        throw new AggregatorException(
                                Code.BODY_TOO_LARGE,
                                "more than "
                                        + MOST_BYTES
                                        + " bytes would wait to become versions; create the versions, or wait a day");
                    }
                    out.write(buffer, 0, n);
                }
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** The file or folder of that path. Throws {@code INVALID_ARGUMENT} for an illegal path. */
    public Path resolve(String path) {
        if (!PATH.matcher(path).matches()) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "path \""
                            + path
                            + "\": use at most 8 names of letters, digits, '.', '_' or '-', separated by '/'");
        }
        return folder.resolve(path);
    }

    /** Forgets a file, or a folder with all in it. */
    public void remove(String path) throws IOException {
        delete(resolve(path));
    }

    /** Forgets what is old; the bytes that are left. */
    private synchronized long makeRoom() throws IOException {
        Instant before = Instant.now().minus(LIFE);
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        long bytes = 0;
        int count = 0;
        for (Path file : files) {
            if (Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
                Files.deleteIfExists(file);
            } else {
                bytes += Files.size(file);
                count++;
            }
        }
        if (count >= MOST_FILES) {
            throw new AggregatorException(
                    Code.BODY_TOO_LARGE, count + " files wait to become versions; wait a day");
        }
        return bytes;
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
