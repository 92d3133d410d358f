package io.karu.samples;

import io.karu.api.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files named by the SHA-256 of their content, in 256 folders. Written aside and renamed; synced
 * later, together.
 */
final class Blobs {
    private static final Logger LOG = LoggerFactory.getLogger(Blobs.class);
    private static final String ASIDE = ".writing";

    private final Path root;
    private Set<Path> unsynced = new LinkedHashSet<>();

    Blobs(Path root) throws IOException {
        this.root = Files.createDirectories(root);
    }

    static Digest digest(ByteBuffer content) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(content.duplicate());
            return new Digest("sha256:" + HexFormat.of().formatHex(sha.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    void write(Digest digest, ByteBuffer content) throws IOException {
        Path file = file(digest);
        Files.createDirectories(file.getParent());
        Path aside = file.resolveSibling(ASIDE);
        try (FileChannel channel =
                FileChannel.open(
                        aside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer rest = content.duplicate();
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        }
        Files.move(
                aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        synchronized (this) {
            unsynced.add(file);
        }
    }

    /** The content, or empty when the file is absent or damaged. */
    Optional<byte[]> read(Digest digest) throws IOException {
        try {
            byte[] content = Files.readAllBytes(file(digest));
            if (digest(ByteBuffer.wrap(content)).equals(digest)) {
                return Optional.of(content);
            }
            LOG.warn("the image {} is damaged on disk", digest.abbreviated());
            return Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    void delete(Digest digest) {
        try {
            synchronized (this) {
                unsynced.remove(file(digest));
            }
            Files.deleteIfExists(file(digest));
        } catch (IOException e) {
            LOG.warn("the image {} cannot be removed: {}", digest.abbreviated(), e.getMessage());
        }
    }

    /** Size of every blob; removes what was never finished. */
    Map<Digest, Long> list() throws IOException {
        Map<Digest, Long> sizes = new HashMap<>();
        for (Path folder : children(root)) {
            for (Path file : children(folder)) {
                String name = file.getFileName().toString();
                if (name.matches("[0-9a-f]{64}")) {
                    sizes.put(new Digest("sha256:" + name), Files.size(file));
                } else {
                    Files.deleteIfExists(file);
                }
            }
        }
        return sizes;
    }

    /** Makes everything written so far durable. */
    void sync() throws IOException {
        List<Path> files;
        synchronized (this) {
            files = new ArrayList<>(unsynced);
            unsynced = new LinkedHashSet<>();
        }
        Set<Path> folders = new LinkedHashSet<>();
        for (Path file : files) {
            if (force(file)) {
                folders.add(file.getParent());
            }
        }
        for (Path folder : folders) {
            force(folder);
        }
        if (!folders.isEmpty()) {
            force(root);
        }
    }

    private static boolean force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            channel.force(true);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static List<Path> children(Path folder) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(children::add);
        }
        return children;
    }

    private Path file(Digest digest) {
        return root.resolve(digest.hex().substring(0, 2)).resolve(digest.hex());
    }
}
