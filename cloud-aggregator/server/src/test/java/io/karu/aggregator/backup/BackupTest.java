package io.karu.aggregator.backup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTest {
    private static final String NOTE = "line one; 'quoted'\nsecond line, 检测";

    @TempDir Path folder;

    @Test
    void restoringBringsBackDatabaseFilesAndSecrets() throws Exception {
        Path data = folder.resolve("data");
        Path token = data.resolve("security/api-token");
        Path zip = folder.resolve("backup.zip");
        String password;
        try (Database database = open(data)) {
            People people = new People(database.jdbi());
            password = people.createFirst().orElseThrow();
            people.provideLocalToken(token);
            database.jdbi()
                    .useHandle(
                            handle ->
                                    handle.execute("insert into account (name) values (?)", NOTE));
            Files.createDirectories(data.resolve("blobs/ab"));
            Files.write(data.resolve("blobs/ab/abcd"), new byte[] {0, 1, 2, -1});
            Files.createDirectories(data.resolve("broker"));
            Files.writeString(data.resolve("broker/session"), "made anew");
            try (OutputStream out = Files.newOutputStream(zip)) {
                new Backup(database, data, Set.of(Path.of("broker"))).writeTo(out);
            }
        }
        Path restored = folder.resolve("restored");
        Restore.into(zip, restored);
        try (Database database = open(restored)) {
            People people = new People(database.jdbi());
            assertTrue(people.authenticate("admin", password));
            Path restoredToken = restored.resolve("security/api-token");
            assertTrue(
                    people.tokens()
                            .authenticate(Files.readString(restoredToken).strip())
                            .isPresent());
            assertEquals(
                    "rw-------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(restoredToken)));
            assertTrue(
                    database.jdbi()
                            .withHandle(
                                    handle ->
                                            handle.select("select name from account")
                                                    .mapTo(String.class)
                                                    .list())
                            .contains(NOTE));
        }
        assertEquals(4, Files.size(restored.resolve("blobs/ab/abcd")));
        assertFalse(Files.exists(restored.resolve("broker")));
        assertFalse(Files.exists(restored.resolve(Backup.DATABASE)));
    }

    @Test
    void aFolderThatHoldsSomethingIsNotTouched() throws Exception {
        Path data = Files.createDirectories(folder.resolve("data"));
        Files.writeString(data.resolve("present"), "kept");
        Path zip = zip(Backup.DATABASE);
        var e = assertThrows(IllegalArgumentException.class, () -> Restore.into(zip, data));
        assertTrue(e.getMessage().contains("not empty"));
        assertEquals("kept", Files.readString(data.resolve("present")));
    }

    @Test
    void otherZipFilesAndEntriesThatLeaveTheFolderAreRefused() throws Exception {
        Path data = folder.resolve("data");
        assertThrows(IllegalArgumentException.class, () -> Restore.into(zip("something"), data));
        assertThrows(
                IllegalArgumentException.class,
                () -> Restore.into(zip(Backup.DATABASE, "../outside"), data));
        assertFalse(Files.exists(folder.resolve("outside")));
    }

    private Path zip(String... names) throws Exception {
        Path zip = Files.createTempFile(folder, "other", ".zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (String name : names) {
                out.putNextEntry(new ZipEntry(name));
                out.closeEntry();
            }
        }
        return zip;
    }

    private static Database open(Path data) {
        return Database.open(
                new DatabaseAddress(Database.h2Url(data.resolve(Backup.DATABASE_FOLDER)), "", ""));
    }
}
