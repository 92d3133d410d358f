package io.karu.gateway.packages;

import io.karu.gateway.system.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;

/** The file {@code dpa.properties}: package name = {@code file:} URI of its .dp. */
final class DpaProperties {

    private final Path file;

    DpaProperties(Path file) {
        this.file = file;
    }

    /**
     * In the iteration order of {@link Properties}, which is that of hashes, not of installation.
     */
    synchronized Properties entries() throws IOException {
        Properties entries = new Properties();
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                entries.load(in);
            }
        }
        return entries;
    }

    synchronized void put(String name, Path dp) throws IOException {
        Properties entries = entries();
        entries.setProperty(name, dp.toUri().toString());
        PrivateFiles.store(file, entries);
    }

    /** Absent when there was no such entry. */
    synchronized Optional<Path> remove(String name) throws IOException {
        Properties entries = entries();
        Object uri = entries.remove(name);
        if (uri == null) {
            return Optional.empty();
        }
        PrivateFiles.store(file, entries);
        return Optional.of(path(uri.toString()));
    }

    static Path path(String uri) throws IOException {
        if (!uri.startsWith("file:")) {
            throw new IOException(uri + " is not supported at the start, only file: is");
        }
        return uri.startsWith("file:///")
                ? Path.of(URI.create(uri))
                : Path.of(uri.substring("file:".length()));
    }
}
