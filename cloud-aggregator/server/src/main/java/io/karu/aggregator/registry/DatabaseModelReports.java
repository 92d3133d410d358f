package io.karu.aggregator.registry;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.blob.BlobStore.Blob;
import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.registry.ModelReport.Kind;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Rows;
import io.karu.aggregator.store.Secrets;
import io.karu.aggregator.store.Upsert;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jdbi.v3.core.Jdbi;

/** Reports as rows, their pictures as files by content. */
public final class DatabaseModelReports implements ModelReports {
    private static final int JSON_BYTES = 4 << 20;
    private static final int PICTURE_BYTES = 4 << 20;
    private static final int PICTURES = 200;
    private static final long ALL_BYTES = 64L << 20;
    private static final ObjectReader STRICT =
            Json.MAPPER
                    .readerFor(JsonNode.class)
                    .with(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final ContentStore pictures;
    private final Jdbi jdbi;

    /**
     * @param pictures holds the pictures
     */
    public DatabaseModelReports(ContentStore pictures, Database database) {
        this.pictures = pictures;
        this.jdbi = database.jdbi();
    }

    @Override
    public Stored put(
            ModelVersion version, Kind kind, Format format, InputStream content, String storedBy)
            throws IOException {
        Map<String, String> named = new HashMap<>();
        byte[] json =
                format == Format.ZIP
                        ? unpack(kind, content, named)
                        : bounded(kind + ".json", content, JSON_BYTES);
        JsonNode report = parse(json);
        ReportCheck check = new ReportCheck(kind, report);
        Instant createdAt = check.check(version);
        check.replacePictures(name -> digest(name, named));
        String text = report.toString();
        ModelReport stored =
                new ModelReport(
                        kind,
                        sha256(text.getBytes(StandardCharsets.UTF_8)),
                        createdAt,
                        Instant.now().truncatedTo(ChronoUnit.MILLIS),
                        storedBy,
                        text.length());
        boolean isNew = Upsert.run(() -> insert(version, stored, text));
        return new Stored(
                list(version).stream()
                        .filter(r -> r.kind() == kind && r.digest().equals(stored.digest()))
                        .findFirst()
                        .orElseThrow(),
                isNew);
    }

    /** Keeps the pictures and answers the report's JSON; pictures are kept by content. */
    private byte[] unpack(Kind kind, InputStream in, Map<String, String> named) throws IOException {
        byte[] json = null;
        long left = ALL_BYTES;
        try (ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String name = entry.getName();
                if (name.equals(kind + ".json")) {
                    json = bounded(name, zip, JSON_BYTES);
                } else if (name.startsWith("pictures/") && !entry.isDirectory()) {
                    if (named.size() == PICTURES) {
                        throw ReportCheck.invalid(name, "more than " + PICTURES + " pictures");
                    }
                    byte[] picture = bounded(name, zip, PICTURE_BYTES);
                    left -= picture.length;
                    if (left < 0) {
                        throw tooLarge("the pictures", ALL_BYTES);
                    }
                    named.put(name, keep(name, picture));
                }
            }
        }
        if (json == null) {
            throw ReportCheck.invalid("", "no " + kind + ".json in the zip file, or no zip file");
        }
        return json;
    }

    private String keep(String name, byte[] picture) throws IOException {
        if (type(picture).isEmpty()) {
            throw ReportCheck.invalid(name, "expected a PNG or JPEG file");
        }
        String digest = sha256(picture);
        String hex = digest.substring("sha256:".length());
        if (!pictures.holds(hex)) {
            Path temporary = pictures.temporary();
            try (FileChannel file =
                    FileChannel.open(
                            temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(picture);
                while (bytes.hasRemaining()) {
                    file.write(bytes);
                }
                file.force(true);
            }
            pictures.keep(temporary, hex);
        }
        return digest;
    }

    private String digest(String name, Map<String, String> named) {
        if (named.containsKey(name)) {
            return named.get(name);
        }
        if (picture(name).isEmpty()) {
            throw ReportCheck.invalid(
                    name, "no such picture; send the report with its pictures as a zip file");
        }
        return name;
    }

    private static byte[] bounded(String what, InputStream in, int most) throws IOException {
        byte[] bytes = in.readNBytes(most + 1);
        if (bytes.length > most) {
            throw tooLarge(what, most);
        }
        return bytes;
    }

    private static AggregatorException tooLarge(String what, long most) {
        return new AggregatorException(
                Code.BODY_TOO_LARGE, what + " of a report: more than " + most + " bytes");
    }

    private static JsonNode parse(byte[] json) throws IOException {
        try {
            return STRICT.readValue(json);
        } catch (JsonProcessingException e) {
            throw ReportCheck.invalid("", "not JSON: " + e.getOriginalMessage());
        }
    }

    private boolean insert(ModelVersion version, ModelReport report, String content) {
        return jdbi.withHandle(
                handle ->
                        handle.createUpdate(
                                                """
                                                insert into model_report (name, version_digest, kind, digest, created_at, stored_at, stored_by, content)
                                                select cast(:name as varchar), cast(:version as varchar), cast(:kind as varchar), cast(:digest as varchar),
                                                    cast(:created as timestamp with time zone), cast(:stored as timestamp with time zone),
                                                    cast(:by as varchar), cast(:content as varchar)
                                                where not exists (select 1 from model_report
                                                    where name = :name and version_digest = :version and kind = :kind and digest = :digest)
                                                """)
                                        .bind("name", version.name())
                                        .bind("version", version.digest())
                                        .bind("kind", report.kind().name())
                                        .bind("digest", report.digest())
                                        .bind("created", report.createdAt())
                                        .bind("stored", report.storedAt())
                                        .bind("by", report.storedBy())
                                        .bind("content", content)
                                        .execute()
                                > 0);
    }

    @Override
    public List<ModelReport> list(ModelVersion version) {
        return jdbi.withHandle(
                handle ->
                        handle.select(
                                        "select kind, digest, created_at, stored_at, stored_by, octet_length(content) as size"
                                                + " from model_report where name = ? and version_digest = ? order by id desc",
                                        version.name(),
                                        version.digest())
                                .map((row, context) -> report(row))
                                .list());
    }

    private static ModelReport report(ResultSet row) throws SQLException {
        return new ModelReport(
                Kind.valueOf(row.getString("kind")),
                row.getString("digest"),
                Rows.instant(row, "created_at"),
                Rows.instant(row, "stored_at"),
                row.getString("stored_by"),
                row.getLong("size"));
    }

    @Override
    public String content(ModelVersion version, Kind kind, Optional<String> digest) {
        return jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                select content from model_report
                                                where name = :name and version_digest = :version and kind = :kind
                                                    and (:digest = '' or digest = :digest)
                                                order by id desc fetch first 1 rows only
                                                """)
                                        .bind("name", version.name())
                                        .bind("version", version.digest())
                                        .bind("kind", kind.name())
                                        .bind("digest", digest.orElse(""))
                                        .mapTo(String.class)
                                        .findOne())
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.REPORT_NOT_FOUND,
                                        version.name()
                                                + " "
                                                + version.version()
                                                + " has no "
                                                + kind
                                                + " report"
                                                + digest.map(d -> " " + d).orElse("")));
    }

    @Override
    public Optional<Blob> picture(String digest) {
        String hex = digest.startsWith("sha256:") ? digest.substring(7) : digest;
        if (!ContentStore.isHex(hex)) {
            return Optional.empty();
        }
        try (InputStream in = pictures.open(hex)) {
            byte[] content = in.readAllBytes();
            String type = type(content).orElseThrow();
            return Optional.of(
                    new Blob(hex, () -> new ByteArrayInputStream(content), content.length, type));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<String> type(byte[] content) {
        if (content.length < 8) {
            return Optional.empty();
        }
        String magic = HexFormat.of().formatHex(content, 0, 8);
        return magic.equals("89504e470d0a1a0a")
                ? Optional.of("image/png")
                : magic.startsWith("ffd8ff") ? Optional.of("image/jpeg") : Optional.empty();
    }

    private static String sha256(byte[] content) {
        return "sha256:" + HexFormat.of().formatHex(Secrets.sha256().digest(content));
    }
}
