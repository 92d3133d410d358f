package io.karu.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Names the folder that native libraries are unpacked into by what the jars contain: names, sizes
 * and checksums of their entries. Other libraries get another folder, the same ones find theirs
 * again after a restart.
 */
final class NativeCache {
    private NativeCache() {}

    /** A folder below the given one; the same for the same libraries. */
    static Path folder(Path natives, List<Path> classPath) throws IOException {
        MessageDigest digest = sha256();
        for (Path file : classPath) {
            String name = file.getFileName().toString();
            if (name.contains("native") || name.contains("jni")) {
                add(digest, file);
            }
        }
        Path folder = natives.resolve(HexFormat.of().formatHex(digest.digest()).substring(0, 16));
        return Files.createDirectories(folder);
    }

    private static void add(MessageDigest digest, Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return;
        }
        try (ZipFile jar = new ZipFile(file.toFile())) {
            Enumeration<? extends ZipEntry> entries = jar.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                digest.update(entry.getName().getBytes(StandardCharsets.UTF_8));
                digest.update(
                        ByteBuffer.allocate(16)
                                .putLong(entry.getSize())
                                .putLong(entry.getCrc())
                                .flip());
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
