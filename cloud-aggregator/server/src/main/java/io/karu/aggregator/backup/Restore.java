package io.karu.aggregator.backup;

import io.karu.aggregator.store.Database;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.Enumeration;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.h2.tools.RunScript;

/** Brings a {@link Backup} back while no aggregator runs. */
public final class Restore {
    private Restore() {}

    /**
     * Fills a data directory from a backup; the next start runs on it. Files are readable by their
     * owner only.
     *
     * @throws IllegalArgumentException when {@code data} holds something already or the file is no
     *     backup; nothing is changed then
     */
    public static void into(Path zip, Path data) throws IOException {
        requireEmpty(data);
        try (ZipFile backup = new ZipFile(zip.toFile(), StandardCharsets.UTF_8)) {
            if (backup.getEntry(Backup.DATABASE) == null) {
                throw new IllegalArgumentException(
                        zip + " is no backup of Karu: it has no " + Backup.DATABASE);
            }
            Enumeration<? extends ZipEntry> entries = backup.entries();
            while (entries.hasMoreElements()) {
                unpack(backup, entries.nextElement(), data);
            }
        }
        Path script = data.resolve(Backup.DATABASE);
        Path databaseFolder = Files.createDirectories(data.resolve(Backup.DATABASE_FOLDER));
        try {
            RunScript.execute(
                    Database.h2Url(databaseFolder),
                    "",
                    "",
                    script.toString(),
                    StandardCharsets.UTF_8,
                    false);
        } catch (SQLException e) {
            throw new IOException("the database of " + zip + " cannot be brought back", e);
        }
        Files.delete(script);
    }

    private static void requireEmpty(Path data) throws IOException {
        if (!Files.exists(data)) {
            return;
        }
        try (Stream<Path> content = Files.list(data)) {
            if (content.findAny().isPresent()) {
                throw new IllegalArgumentException(
                        data
                                + " is not empty: stop the aggregator and move the folder away, or name another");
            }
        }
    }

    private static void unpack(ZipFile backup, ZipEntry entry, Path data) throws IOException {
        Path target = data.resolve(entry.getName()).normalize();
        if (!target.startsWith(data.normalize())) {
            throw new IllegalArgumentException(
                    "entry " + entry.getName() + " would leave the data directory");
        }
        if (entry.isDirectory()) {
            return;
        }
        Files.createDirectories(target.getParent());
        Files.createFile(
                target,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (InputStream content = backup.getInputStream(entry);
                var out = Files.newOutputStream(target)) {
            content.transferTo(out);
        }
    }
}
