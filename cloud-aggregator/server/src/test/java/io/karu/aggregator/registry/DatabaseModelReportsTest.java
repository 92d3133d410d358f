package io.karu.aggregator.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.PostgresServer;
import io.karu.aggregator.blob.BlobStore.Blob;
import io.karu.aggregator.blob.ContentFolder;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.registry.ModelReport.Kind;
import io.karu.aggregator.registry.ModelReports.Format;
import io.karu.aggregator.registry.ModelReports.Stored;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.aggregator.store.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseModelReportsTest {
    private static final byte[] PNG = HexFormat.of().parseHex("89504e470d0a1a0a00");
    private static final ModelVersion VERSION =
            new ModelVersion(
                    "tiles",
                    "3",
                    "sha256:" + "3".repeat(64),
                    1,
                    Json.tree("{}"),
                    1,
                    new PackageId("karu-model-tiles", "0.1.0"),
                    Instant.parse("2026-01-01T00:00:00Z"),
                    "test");

    @TempDir Path folder;
    private Database database;
    private ModelReports reports;

    @BeforeEach
    void openH2() throws Exception {
        open(new DatabaseAddress(Database.h2Url(folder.resolve("database")), "", ""));
    }

    private void open(DatabaseAddress address) throws Exception {
        database = Database.open(address);
        database.jdbi()
                .useHandle(
                        handle -> {
                            DatabaseRegisteredModels.ensure(handle, VERSION.name(), "test");
                            handle.execute(
                                    """
                                    insert into model_version (name, digest, version, counter, card, size_bytes,
                                        package_name, package_version, registered_at, registered_by)
                                    values (?, ?, ?, 1, '{}', 1, ?, ?, ?, 'test')
                                    """,
                                    VERSION.name(),
                                    VERSION.digest(),
                                    VERSION.version(),
                                    VERSION.packageId().name(),
                                    VERSION.packageId().version(),
                                    VERSION.registeredAt());
                        });
        reports = new DatabaseModelReports(new ContentFolder(folder.resolve("reports")), database);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private static String report(Kind kind, String more) {
        return """
               {"contract":1,"kind":"%s","model":{"name":"tiles","digest":"%s"},"createdAt":"2026-01-02T03:04:05Z",%s}"""
                .formatted(kind, VERSION.digest(), more);
    }

    private Stored put(Kind kind, String json) throws Exception {
        return reports.put(
                VERSION,
                kind,
                Format.JSON,
                new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
                "test");
    }

    private static ByteArrayInputStream zip(Map<String, byte[]> files) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Test
    void aReportIsKeptOnceAndANewerOneStandsBeforeIt() throws Exception {
        keepsReports();
    }

    @Test
    void postgresqlKeepsReportsTheSameWay() throws Exception {
        assumeTrue(
                PostgresServer.installed().isPresent(),
                "PostgreSQL 15 or newer is not installed: apt-get install postgresql");
        database.close();
        try (PostgresServer postgres = PostgresServer.start()) {
            open(new DatabaseAddress(postgres.url(), "karu", ""));
            keepsReports();
            database.close();
        }
    }

    private void keepsReports() throws Exception {
        String first = report(Kind.TRAINING, "\"seed\":1,\"mine\":{\"kept\":true}");
        Stored stored = put(Kind.TRAINING, first);
        assertTrue(stored.isNew());
        Stored again = put(Kind.TRAINING, first);
        assertFalse(again.isNew());
        assertEquals(stored.report(), again.report());
        ModelReport newer = put(Kind.TRAINING, report(Kind.TRAINING, "\"seed\":2")).report();
        assertEquals(List.of(newer, stored.report()), reports.list(VERSION));
        assertEquals(
                2,
                Json.tree(reports.content(VERSION, Kind.TRAINING, Optional.empty()))
                        .path("seed")
                        .asInt());
        assertEquals(
                first,
                reports.content(VERSION, Kind.TRAINING, Optional.of(stored.report().digest())));
        AggregatorException absent =
                assertThrows(
                        AggregatorException.class,
                        () -> reports.content(VERSION, Kind.EVALUATION, Optional.empty()));
        assertEquals(Code.REPORT_NOT_FOUND, absent.code());
    }

    @Test
    void picturesOfAFolderAreKeptByTheirContent() throws Exception {
        String json =
                report(
                        Kind.EVALUATION,
                        """
                        "samples":[{"frame":"1.jpg","image":"pictures/1.png","heatMap":"pictures/1.png"}]""");
        Map<String, byte[]> files =
                Map.of(
                        "evaluation.json",
                        json.getBytes(StandardCharsets.UTF_8),
                        "pictures/1.png",
                        PNG,
                        "training.json",
                        new byte[] {1});
        reports.put(VERSION, Kind.EVALUATION, Format.ZIP, zip(files), "test");
        JsonNode kept = Json.tree(reports.content(VERSION, Kind.EVALUATION, Optional.empty()));
        String digest = kept.at("/samples/0/image").asText();
        assertEquals(digest, kept.at("/samples/0/heatMap").asText());
        Blob picture = reports.picture(digest).orElseThrow();
        assertEquals("image/png", picture.contentType());
        assertArrayEquals(PNG, picture.content().open().readAllBytes());
        assertFalse(put(Kind.EVALUATION, kept.toString()).isNew(), "the registry's own form");
    }

    @Test
    void whatIsWrongWithAReportIsNamed() throws Exception {
        refused("createdAt", Kind.TRAINING, report(Kind.TRAINING, "\"createdAt\":1"), "not JSON");
        refused("kind", Kind.EVALUATION, report(Kind.TRAINING, "\"seed\":1"), "kind");
        refused(
                "another version",
                Kind.TRAINING,
                report(Kind.TRAINING, "\"seed\":1").replace("3333", "4444"),
                "model");
        refused(
                "a value that is no number",
                Kind.TRAINING,
                report(Kind.TRAINING, "\"metrics\":[{\"name\":\"F\",\"value\":\"0.9\"}]"),
                "metrics[0].value");
        refused(
                "a point with three numbers",
                Kind.TRAINING,
                report(
                        Kind.TRAINING,
                        "\"curves\":[{\"name\":\"loss\",\"series\":[{\"name\":\"a\",\"points\":[[1,2,3]]}]}]"),
                "curves[0].series[0].points");
        refused(
                "a table that is not square",
                Kind.EVALUATION,
                report(Kind.EVALUATION, "\"confusion\":{\"labels\":[\"a\"],\"counts\":[[1,2]]}"),
                "confusion.counts");
        refused(
                "a picture that is not there",
                Kind.EVALUATION,
                report(
                        Kind.EVALUATION,
                        "\"samples\":[{\"frame\":\"1\",\"image\":\"pictures/1.png\"}]"),
                "pictures/1.png");
        refused(
                "an unknown outcome",
                Kind.COMPRESSION,
                report(
                        Kind.COMPRESSION,
                        "\"variants\":[{\"scope\":\"unified\",\"variant\":\"mse\",\"outcome\":\"GOOD\"}]"),
                "variants[0].outcome");
        AggregatorException noPicture =
                assertThrows(
                        AggregatorException.class,
                        () ->
                                reports.put(
                                        VERSION,
                                        Kind.EVALUATION,
                                        Format.ZIP,
                                        zip(Map.of("pictures/page.png", "<html>".getBytes())),
                                        "test"));
        assertTrue(noPicture.getMessage().contains("pictures/page.png"));
        assertTrue(reports.list(VERSION).isEmpty());
    }

    private void refused(String what, Kind kind, String json, String named) {
        AggregatorException refused =
                assertThrows(AggregatorException.class, () -> put(kind, json), what);
        assertEquals(Code.REPORT_INVALID, refused.code(), what);
        assertTrue(refused.getMessage().contains(named), refused::getMessage);
    }

    @Test
    void aTooLargeReportIsRefused() {
        String text = "x".repeat(5 << 20);
        AggregatorException refused =
                assertThrows(
                        AggregatorException.class,
                        () ->
                                put(
                                        Kind.TRAINING,
                                        report(Kind.TRAINING, "\"notes\":[\"" + text + "\"]")));
        assertEquals(Code.BODY_TOO_LARGE, refused.code());
    }
}
