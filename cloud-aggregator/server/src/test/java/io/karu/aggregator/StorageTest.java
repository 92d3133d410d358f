package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static io.karu.aggregator.Workbench.awaitEnd;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.blob.BlobLimits;
import io.karu.aggregator.blob.BlobStore;
import io.karu.aggregator.blob.ContentFolder;
import io.karu.aggregator.blob.DatabaseBlobStore;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.verdict.DatabaseVerdictStore;
import io.karu.aggregator.verdict.StoredVerdict;
import io.karu.aggregator.verdict.VerdictQuery;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything that is stored, on each database. */
class StorageTest {
    @TempDir static Path folder;
    private static Workbench bench;
    private static PostgresServer postgres;

    private Aggregator aggregator;

    /** The databases. */
    enum Kind {
        H2,
        POSTGRESQL
    }

    @BeforeAll
    static void start() throws Exception {
        bench = new Workbench(folder);
        if (PostgresServer.installed().isPresent()) {
            postgres = PostgresServer.start();
        }
    }

    @AfterAll
    static void stop() throws Exception {
        bench.close();
        if (postgres != null) {
            postgres.close();
        }
    }

    private void open(Kind kind) throws Exception {
        open(kind, bench.newName());
    }

    private void open(Kind kind, String name) throws Exception {
        Map<String, String> database = Map.of();
        if (kind == Kind.POSTGRESQL) {
            Assumptions.assumeTrue(
                    postgres != null,
                    "PostgreSQL 15 or newer is not installed: apt-get install postgresql");
            database = Map.of("database.url", postgres.url(), "database.user", "karu");
        }
        aggregator = Aggregator.open(bench.settings(name, database), Workbench.TIMES);
        aggregator.start("http://127.0.0.1:1");
    }

    @AfterEach
    void close() {
        if (aggregator != null) {
            aggregator.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void gatewaysJobsAndPackagesAreKept(Kind kind) throws Exception {
        open(kind);
        GatewayId id = new GatewayId("acme", "jobs-" + kind.name().toLowerCase());
        aggregator.fleet().register(id, "plant 1", Set.of("b", "a"));
        Gateway described = aggregator.fleet().describe(id, "plant 2", Set.of("c"));
        assertEquals("plant 2", described.site());
        assertEquals(Set.of("c"), described.tags());
        Workbench.add(aggregator, "edge", "1.0.0");
        assertEquals(
                aggregator.packages().list().get(0), Workbench.add(aggregator, "edge", "1.0.0"));
        AggregatorException other =
                assertThrows(
                        AggregatorException.class,
                        () -> Workbench.add(aggregator, "edge", "1.0.0", "X-Other", "1"));
        assertEquals(Code.PACKAGE_EXISTS_WITH_OTHER_CONTENT, other.code());
        try (FakeGateway gateway = new FakeGateway(id).applications("DEPLOY-V2,INVENTORY-V1")) {
            bench.connect(gateway);
            await("it is online", () -> aggregator.fleet().get(id).online());
            Order order =
                    new Order.InstallPackage(new PackageId("edge", "1.0.0"), Order.Restart.NEVER);
            long job = aggregator.deployments().create(id, order, Optional.empty(), "test").id();
            assertEquals(JobState.SUCCEEDED, awaitEnd(aggregator, job).state());
            await(
                    "it is desired",
                    () -> !aggregator.deployments().desired(id).packages().isEmpty());
            AggregatorException used =
                    assertThrows(
                            AggregatorException.class,
                            () -> aggregator.packages().remove(new PackageId("edge", "1.0.0")));
            assertEquals(Code.PACKAGE_IN_USE, used.code());
        }
        aggregator.fleet().remove(id);
        assertTrue(aggregator.fleet().find(id).isEmpty());
        aggregator.packages().remove(new PackageId("edge", "1.0.0"));
        assertTrue(aggregator.packages().list().isEmpty());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theFirstOfEachVerdictIsKeptWithItsOverrules(Kind kind) throws Exception {
        open(kind);
        GatewayId id = new GatewayId("acme", "verdicts-" + kind.name().toLowerCase());
        List<Event> events = new CopyOnWriteArrayList<>();
        aggregator.events().subscribe(events::add);
        try (FakeGateway gateway = new FakeGateway(id).applications("INVENTORY-V1")) {
            bench.connect(gateway);
            publish(
                    gateway,
                    verdict("f1", "REJECT", 1),
                    verdict("f2", "ACCEPT", 2),
                    "{\"kind\":\"verdict\"}");
            publish(gateway, verdict("f1", "ACCEPT", 1), overrule("f1"), overrule("f1"));
            gateway.publishRaw(id + "/KARU-V1/verdicts", new byte[] {1, 2, 3});
            publish(gateway, verdict("f\\u0000", "ACCEPT", 3));
            await(
                    "all is taken in",
                    () ->
                            aggregator.verdicts().ingested().refused() == 3
                                    && aggregator.verdicts().ingested().overrules() == 1
                                    && aggregator.verdicts().ingested().verdicts() == 2
                                    && aggregator.verdicts().ingested().duplicates() == 2);
        }
        StoredVerdict first = aggregator.verdicts().find(id, "line-1", "f1").orElseThrow();
        assertEquals("REJECT", first.decision());
        assertEquals("ACCEPT", first.overrule().orElseThrow().decision());
        assertEquals(31, first.findings().get(0).width());
        assertEquals(8100L, first.timingMicros().get("inference"));
        VerdictQuery rejects =
                new VerdictQuery(
                        Optional.of(id),
                        Optional.of("line-1"),
                        Optional.of("REJECT"),
                        Optional.of(first.decidedAt()),
                        Optional.of(first.decidedAt().plusSeconds(1)),
                        Optional.of(Long.MAX_VALUE),
                        10);
        assertEquals(List.of(first), aggregator.verdicts().query(rejects));
        assertEquals(
                Map.of("ACCEPT", 1L, "REJECT", 1L), aggregator.verdicts().counts(id, "line-1"));
        await(
                "watchers are told",
                () -> events.stream().anyMatch(Event.VerdictOverruled.class::isInstance));
        DatabaseVerdictStore store = (DatabaseVerdictStore) aggregator.verdicts();
        assertEquals(1, store.retain(Duration.ofDays(1), 1));
        assertEquals(1, store.retain(Duration.ZERO, 10));
        assertTrue(store.query(VerdictQuery.newest(10)).isEmpty());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatComesAgainIsNotStoredAgainEvenAfterARestart(Kind kind) throws Exception {
        String name = bench.newName();
        open(kind, name);
        GatewayId id = new GatewayId("acme", "again-" + kind.name().toLowerCase());
        try (FakeGateway gateway = new FakeGateway(id).applications("INVENTORY-V1")) {
            bench.connect(gateway);
            publishParts(gateway, 0, 40);
            awaitIngested(40, 0);
            publishParts(gateway, 0, 40);
            publishParts(gateway, 30, 20);
            awaitIngested(50, 50);
            List<StoredVerdict> before = verdictsOf(id);
            close();
            open(kind, name);
            publishParts(gateway, 0, 60);
            awaitIngested(10, 50);
            List<StoredVerdict> after = verdictsOf(id);
            assertEquals(60, after.size());
            assertEquals(before, after.subList(10, 60));
            assertEquals(60, after.stream().map(StoredVerdict::frame).distinct().count());
        }
        DatabaseVerdictStore store = (DatabaseVerdictStore) aggregator.verdicts();
        assertEquals(60, store.retain(Duration.ofDays(1), 0));
    }

    private static void publishParts(FakeGateway gateway, int first, int count) throws Exception {
        for (int i = first; i < first + count; i += 10) {
            publish(
                    gateway,
                    IntStream.range(i, i + 10)
                            .mapToObj(part -> verdict("part " + part, "ACCEPT", part))
                            .toArray(String[]::new));
        }
    }

    private void awaitIngested(long verdicts, long duplicates) throws Exception {
        await(
                verdicts + " verdicts and " + duplicates + " known ones",
                () ->
                        aggregator.verdicts().ingested().verdicts() == verdicts
                                && aggregator.verdicts().ingested().duplicates() == duplicates);
    }

    private List<StoredVerdict> verdictsOf(GatewayId id) {
        Optional<GatewayId> gateway = Optional.of(id);
        Optional<String> any = Optional.empty();
        Optional<Instant> ever = Optional.empty();
        return aggregator
                .verdicts()
                .query(new VerdictQuery(gateway, any, any, ever, ever, Optional.empty(), 1000));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void imagesAreKeptByContentWithinTheBudget(Kind kind) throws Exception {
        open(kind);
        GatewayId id = new GatewayId("acme", "images");
        BlobLimits limits = new BlobLimits(100, 150, Duration.ofHours(1));
        DatabaseBlobStore store =
                new DatabaseBlobStore(
                        new ContentFolder(folder.resolve("blobs-" + kind)),
                        aggregator.database(),
                        limits);
        byte[] image = new byte[90];
        assertEquals(BlobStore.Put.NEW, put(store, id, image, hex(image)));
        assertEquals(BlobStore.Put.KNOWN, put(store, id, image, hex(image)));
        assertEquals(90, store.find("sha256:" + hex(image)).orElseThrow().sizeBytes());
        byte[] second = new byte[80];
        assertEquals(
                Code.BLOB_BUDGET_SPENT, refused(() -> put(store, id, second, hex(second))).code());
        assertEquals(
                Code.BLOB_DIGEST_DIFFERS,
                refused(() -> put(store, id, new byte[10], hex(second))).code());
        assertEquals(
                Code.BLOB_TOO_LARGE,
                refused(() -> put(store, id, new byte[101], hex(new byte[101]))).code());
        GatewayId other = new GatewayId("acme", "other");
        assertEquals(BlobStore.Put.NEW, put(store, other, second, hex(second)));
        assertEquals(1, store.retain(Duration.ofHours(1), 100));
        assertEquals(80, store.sizeBytes());
        assertTrue(store.find(hex(image)).isEmpty());
        assertEquals(1, store.retain(Duration.ofHours(1), 0));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void twoGatewaysMaySendTheSameImageAtOnce(Kind kind) throws Exception {
        open(kind);
        DatabaseBlobStore store =
                new DatabaseBlobStore(
                        new ContentFolder(folder.resolve("same-" + kind)),
                        aggregator.database(),
                        BlobLimits.DEFAULT);
        ExecutorService gateways = Executors.newFixedThreadPool(4);
        try {
            for (int i = 0; i < 50; i++) {
                byte[] image = {1, 2, (byte) i};
                List<Callable<BlobStore.Put>> puts = new ArrayList<>();
                for (int g = 0; g < 4; g++) {
                    GatewayId id = new GatewayId("acme", "gw-" + g);
                    puts.add(() -> put(store, id, image, hex(image)));
                }
                int stored = 0;
                for (Future<BlobStore.Put> put : gateways.invokeAll(puts)) {
                    stored += put.get() == BlobStore.Put.NEW ? 1 : 0;
                }
                assertEquals(1, stored);
            }
            assertEquals(50, store.retain(Duration.ofDays(1), 0));
        } finally {
            gateways.shutdown();
        }
    }

    private static AggregatorException refused(org.junit.jupiter.api.function.Executable put) {
        return assertThrows(AggregatorException.class, put);
    }

    private static BlobStore.Put put(BlobStore store, GatewayId id, byte[] content, String hex)
            throws Exception {
        return store.put(id, hex, "image/png", new ByteArrayInputStream(content));
    }

    private static String hex(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    static void publish(FakeGateway gateway, String... entries) throws Exception {
        Payload payload =
                Payload.builder()
                        .metric("karu.contract", 1)
                        .metric("karu.kind", "verdicts")
                        .metric("dropped", 0L)
                        .body(
                                ("[" + String.join(",", entries) + "]")
                                        .getBytes(StandardCharsets.UTF_8))
                        .build();
        gateway.publishRaw(
                gateway.id() + "/KARU-V1/verdicts", KuraProtobuf.encodeCompressed(payload));
    }

    static String verdict(String frame, String decision, int sequence) {
        return """
                {"sequence":%d,"kind":"verdict","station":"line-1","frame":"%s","capturedAt":"2026-01-01T00:00:00.000Z",
                 "decidedAt":"2026-01-01T00:00:00.020Z","decision":"%s","reason":"2 defects above 0.50","score":0.93,
                 "findings":[{"label":"defect","x":10,"y":20,"width":31,"height":18,"score":0.93}],"model":"sha256:%s",
                 "modelName":"golden-template 2","timingMicros":{"queued":120,"inference":8100}}"""
                .formatted(sequence, frame, decision, "a".repeat(64));
    }

    private static String overrule(String frame) {
        return """
                {"sequence":9,"kind":"overrule","station":"line-1","frame":"%s","decision":"ACCEPT","operator":"admin",
                 "at":"2026-01-01T00:01:00.000Z","note":""}"""
                .formatted(frame);
    }
}
