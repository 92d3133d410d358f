package io.karu.compression.gateway;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.Models;
import io.karu.api.uplink.Ledger;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Gives a version that was made here to the cloud, part by part, as one zip file. The same version
 * gives the same file, so whoever fetches it may go on after any interruption of either side. What
 * has left stands in the ledger. Thread-safe.
 */
public final class VersionParts {
    /** Of one answer; grows by a third as text. */
    static final int BYTES = 128 << 10;

    private static final String FILE = "version.zip";
    private static final FileTime NO_TIME = FileTime.from(Instant.parse("2000-01-01T00:00:00Z"));

    private final Path folder;

    /**
     * @param folder where the file lies while it is fetched; others are removed
     */
    VersionParts(Path folder) {
        this.folder = folder;
    }

    /**
     * A part.
     *
     * @param size of the whole file
     * @param bytes from the offset on; empty at its end
     */
    public record Part(Digest digest, long size, long offset, byte[] bytes) {}

    /**
     * The part of a version's file that begins at an offset.
     *
     * @throws ModelException {@code NOT_FOUND}, {@code CORRUPT} or {@code STORE_FAILED}
     * @throws IllegalArgumentException for an offset outside the file
     */
    synchronized Part read(Models models, Ledger ledger, Digest digest, long offset)
            throws ModelException {
        try {
            Path file = folder.resolve(digest.hex()).resolve(FILE);
            if (!Files.exists(file)) {
                JobStore.delete(folder);
                write(models, digest, file);
            }
            try (RandomAccessFile zip = new RandomAccessFile(file.toFile(), "r")) {
                long size = zip.length();
                if (offset < 0 || offset > size) {
                    throw new IllegalArgumentException(
                            "offset is " + offset + ", the version has " + size + " bytes");
                }
                byte[] bytes = new byte[(int) Math.min(BYTES, size - offset)];
                if (offset == 0) {
                    ledger.add(
                            new Ledger.Departure(
                                    Instant.now(), "model", digest.value(), "aggregator", size));
                }
                zip.seek(offset);
                zip.readFully(bytes);
                return new Part(digest, size, offset, bytes);
            }
        } catch (IOException e) {
            throw new ModelException(
                    Code.STORE_FAILED, "the version cannot be given away: " + e, e);
        }
    }

    private static void write(Models models, Digest digest, Path file)
            throws IOException, ModelException {
        Path copy = Files.createDirectories(file.getParent()).resolve("version");
        models.copy(digest, copy);
        Path aside = file.resolveSibling(FILE + ".next");
        try (OutputStream out = Files.newOutputStream(aside);
                ZipOutputStream zip = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(copy)) {
            for (Path each : files.filter(Files::isRegularFile).sorted().toList()) {
                ZipEntry entry = new ZipEntry(copy.relativize(each).toString().replace('\\', '/'));
                entry.setLastModifiedTime(NO_TIME);
                zip.putNextEntry(entry);
                Files.copy(each, zip);
                zip.closeEntry();
            }
        }
        JobStore.delete(copy);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
