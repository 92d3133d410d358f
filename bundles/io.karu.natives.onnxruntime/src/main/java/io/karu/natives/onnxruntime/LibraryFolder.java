package io.karu.natives.onnxruntime;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Unpacks libraries into a folder named by their content. A folder of that name is complete: it is
 * written aside, synced and renamed, so a power cut leaves either all of it or something that the
 * next start removes.
 */
final class LibraryFolder {
    private static final String PREFIX = "onnxruntime-";
    private static final String ASIDE = ".unpacking-";

    private LibraryFolder() {}

    /**
     * Makes sure that the libraries lie in a folder below {@code base} and removes folders of other
     * content.
     *
     * @param libraries content by file name
     */
    static Path unpack(Path base, Map<String, URL> libraries) throws IOException {
        Files.createDirectories(base);
        Map<String, byte[]> hashes = new TreeMap<>();
        for (Map.Entry<String, URL> library : libraries.entrySet()) {
            try (InputStream in = library.getValue().openStream()) {
                hashes.put(library.getKey(), hash(in));
            }
        }
        Path folder = base.resolve(PREFIX + identity(hashes));
        if (!holds(folder, hashes)) {
            write(base, folder, libraries, hashes);
        }
        removeOthers(base, folder);
        return folder;
    }

    private static void write(
            Path base, Path folder, Map<String, URL> libraries, Map<String, byte[]> hashes)
            throws IOException {
        Path aside = Files.createTempDirectory(base, ASIDE);
        for (Map.Entry<String, URL> library : libraries.entrySet()) {
            MessageDigest sha = sha256();
            try (InputStream in = library.getValue().openStream();
                    FileChannel file =
                            FileChannel.open(
                                    aside.resolve(library.getKey()),
                                    StandardOpenOption.CREATE_NEW,
                                    StandardOpenOption.WRITE)) {
                in.transferTo(new DigestOutputStream(Channels.newOutputStream(file), sha));
                file.force(true);
            }
            if (!Arrays.equals(sha.digest(), hashes.get(library.getKey()))) {
                throw new IOException(library.getKey() + " changed while it was unpacked");
            }
        }
        sync(aside);
        delete(folder);
        Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        sync(base);
    }

    private static boolean holds(Path folder, Map<String, byte[]> hashes) throws IOException {
        for (Map.Entry<String, byte[]> library : hashes.entrySet()) {
            Path file = folder.resolve(library.getKey());
            if (!Files.isRegularFile(file)) {
                return false;
            }
            try (InputStream in = Files.newInputStream(file)) {
                if (!Arrays.equals(hash(in), library.getValue())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static void removeOthers(Path base, Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(base)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!entry.equals(folder) && (name.startsWith(PREFIX) || name.startsWith(ASIDE))) {
                    delete(entry);
                }
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> tree = Files.walk(folder)) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    private static String identity(Map<String, byte[]> hashes) {
        MessageDigest sha = sha256();
        hashes.values().forEach(sha::update);
        return HexFormat.of().formatHex(sha.digest(), 0, 8);
    }

    private static byte[] hash(InputStream in) throws IOException {
        MessageDigest sha = sha256();
        try (DigestInputStream hashed = new DigestInputStream(in, sha)) {
            byte[] buffer = new byte[1 << 16];
            while (hashed.read(buffer) >= 0) {
                // the digest stream does the work
            }
        }
        return sha.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder)) {
            channel.force(true);
        }
    }
}
