package io.karu.aggregator.backup;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Database;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.DatabaseMetaData;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/**
 * Copies a running aggregator's state: first the database as one transaction sees it, then the
 * files. Files are never changed once written, so whatever the database names is there.
 */
public final class Backup {
    /** Where, in the data directory, the H2 database is kept. */
    public static final String DATABASE_FOLDER = "database";

    /** The database as SQL. */
    static final String DATABASE = "database.sql";

    private static final Pattern DATABASE_FILES = Pattern.compile(".*\\.(mv|trace|lock)\\.db");

    private final Database database;
    private final Path data;
    private final Set<Path> leftOut;

    /**
     * @param data the aggregator's data directory
     * @param leftOut names of entries of it that a start makes anew, as the broker's folder
     */
    public Backup(Database database, Path data, Set<Path> leftOut) {
        this.database = database;
        this.data = data;
        this.leftOut = Set.copyOf(leftOut);
    }

    /**
     * Writes the zip file; the stream is not closed.
     *
     * @throws AggregatorException {@code INVALID_ARGUMENT} when the database is not in the data
     *     directory, before anything is written
     */
    public void writeTo(OutputStream out) throws IOException {
        if (!isH2(database.jdbi())) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT,
                    "the database is PostgreSQL: save it with pg_dump, and the data directory with it");
        }
        ZipOutputStream zip = new ZipOutputStream(out, StandardCharsets.UTF_8);
        zip.putNextEntry(new ZipEntry(DATABASE));
        writeDatabase(zip);
        zip.closeEntry();
        for (Path file : files()) {
            writeFile(zip, file);
        }
        zip.finish();
    }

    private void writeDatabase(OutputStream out) {
        database.jdbi()
                .useTransaction(
                        TransactionIsolationLevel.SERIALIZABLE,
                        handle -> {
                            try (Stream<String> script =
                                    handle.createQuery("script").mapTo(String.class).stream()) {
                                script.forEach(statement -> write(out, statement + "\n"));
                            }
                        });
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> content = Files.walk(data)) {
            return content.filter(Files::isRegularFile)
                    .filter(file -> !leftOut.contains(data.relativize(file).getName(0)))
                    .filter(
                            file ->
                                    !DATABASE_FILES
                                            .matcher(file.getFileName().toString())
                                            .matches())
                    .sorted()
                    .toList();
        }
    }

    /** A file that retention deleted meanwhile is left out. */
    private void writeFile(ZipOutputStream zip, Path file) throws IOException {
        String name = data.relativize(file).toString().replace('\\', '/');
        try (var content = Files.newInputStream(file)) {
            zip.putNextEntry(new ZipEntry(name));
            content.transferTo(zip);
            zip.closeEntry();
        } catch (NoSuchFileException e) {
            return;
        }
    }

    private static boolean isH2(Jdbi jdbi) {
        return jdbi.withHandle(
                handle ->
                        handle.queryMetadata(DatabaseMetaData::getDatabaseProductName)
                                .equals("H2"));
    }

    private static void write(OutputStream out, String text) {
        try {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
