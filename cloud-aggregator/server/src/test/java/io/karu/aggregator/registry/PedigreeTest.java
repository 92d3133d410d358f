package io.karu.aggregator.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.registry.Lineage.NodeKind;
import io.karu.aggregator.registry.ModelReport.Kind;
import io.karu.aggregator.registry.ModelReports.Format;
import io.karu.aggregator.registry.VersionComparison.Row;
import io.karu.aggregator.security.ModelSigning.OldKey;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.aggregator.verdict.StoredVerdict;
import io.karu.modelversion.ModelVersionFolder;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.cyclonedx.Version;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a version comes from, where it runs, and what it is beside another one. */
class PedigreeTest {
    private static final GatewayId GATEWAY = new GatewayId("karu", "line-gateway");

    @TempDir Path folder;
    private TestVersions made;
    private Database database;
    private EventBus events;
    private Registry registry;
    private ModelVersion parent;
    private ModelVersion small;

    @BeforeEach
    void open() throws Exception {
        made = new TestVersions(folder);
        database =
                Database.open(
                        new DatabaseAddress(Database.h2Url(folder.resolve("database")), "", ""));
        events = new EventBus();
        registry = TestVersions.registry(folder, database, events);
        ModelVersionFolder first = made.write("solder", "1", 0.95, Optional.empty());
        parent = registry.versions().register(first.root(), "trainer");
        ModelVersionFolder second =
                made.write("solder", "1 int8", 0.90, Optional.of(first.digest()));
        small = registry.versions().register(second.root(), "gateway");
        String training =
                """
                {"contract":1,"kind":"training","model":{"name":"solder","digest":"%s"},"createdAt":"2026-01-01T00:00:00Z",
                 "command":"./karu train classify","seconds":12.5}"""
                        .formatted(parent.digest());
        registry.reports()
                .put(
                        parent,
                        Kind.TRAINING,
                        Format.JSON,
                        new ByteArrayInputStream(training.getBytes()),
                        "trainer");
    }

    @AfterEach
    void close() throws Exception {
        events.close();
        database.close();
        made.close();
    }

    private void decide(ModelVersion version) throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        try (EventBus.Subscription changed =
                events.subscribe(
                        event -> {
                            if (event.equals(new Event.ModelChanged("solder"))) {
                                told.countDown();
                            }
                        })) {
            Instant now = Instant.now();
            events.publish(
                    new Event.VerdictsStored(
                            List.of(
                                    new StoredVerdict(
                                            1,
                                            GATEWAY,
                                            "line-1",
                                            "frame",
                                            1,
                                            now,
                                            now,
                                            now,
                                            "ACCEPT",
                                            "",
                                            0,
                                            List.of(),
                                            Optional.of(version.digest()),
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.empty(),
                                            Map.of(),
                                            Optional.empty()))));
            assertTrue(told.await(60, TimeUnit.SECONDS), "nobody was told of the new use");
        }
    }

    private void knowGateway() {
        database.jdbi()
                .useHandle(
                        handle -> {
                            handle.execute("insert into account (name) values ('karu')");
                            handle.execute(
                                    """
                                    insert into gateway (account, client_id, presence, reason, since, drift)
                                    values ('karu', 'line-gateway', 'ONLINE', '', ?, '[]')
                                    """,
                                    Instant.now());
                        });
    }

    @Test
    void theGraphLeadsFromTheDataToTheStationThatDecidesWithIt() throws Exception {
        knowGateway();
        registry.aliases().move("solder", "champion", "", small.digest(), "rollout 1");
        decide(parent);
        decide(small);

        Lineage.Graph graph = registry.lineage().of("solder");

        assertEquals(
                List.of(
                        NodeKind.DATA,
                        NodeKind.TRAINING,
                        NodeKind.VERSION,
                        NodeKind.VERSION,
                        NodeKind.STATION),
                graph.nodes().stream().map(Lineage.Node::kind).toList());
        Lineage.Node training = graph.nodes().get(1);
        assertEquals("./karu train classify", training.facts().get("command"));
        assertEquals("12", training.facts().get("epochs"));
        assertEquals(
                List.of(
                        "training of 1 -> solder 1: ",
                        "solder -> training of 1: training",
                        "solder 1 -> solder 1 int8: quantize",
                        "solder -> solder 1 int8: calibration",
                        "solder 1 int8 -> line-gateway · line-1: decides"),
                graph.edges().stream()
                        .map(
                                edge ->
                                        label(graph, edge.from())
                                                + " -> "
                                                + label(graph, edge.to())
                                                + ": "
                                                + edge.what())
                        .toList());
        assertEquals(
                List.of("champion"),
                graph.nodes().stream()
                        .filter(node -> node.id().equals(small.digest()))
                        .findFirst()
                        .orElseThrow()
                        .aliases());
        AggregatorException used =
                assertThrows(
                        AggregatorException.class,
                        () -> {
                            registry.aliases().remove("solder", "champion", "", "admin");
                            registry.versions().remove("solder", small.digest());
                        });
        assertEquals(
                "solder 1 int8 cannot be removed: it decided last at line-gateway, station line-1",
                used.getMessage());
    }

    private static String label(Lineage.Graph graph, String id) {
        return graph.nodes().stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow()
                .label();
    }

    @Test
    void versionsStandSideBySideAndMetricsSayWhetherTheyReallyDiffer() throws Exception {
        ModelVersion near =
                registry.versions()
                        .register(
                                made.write("solder", "2", 0.94, Optional.empty()).root(),
                                "trainer");
        List<Row> rows =
                registry.comparison()
                        .of("solder", List.of(parent.digest(), small.digest(), near.digest()))
                        .rows();
        Row recall = row(rows, "macro recall solder split.txt test");
        assertEquals(
                List.of(0.95, 0.9, 0.94),
                recall.values().stream().map(v -> v.path("value").asDouble()).toList());
        assertTrue(recall.differs() && recall.significant());
        List<Row> alike =
                registry.comparison().of("solder", List.of(parent.digest(), near.digest())).rows();
        assertTrue(!row(alike, "macro recall solder split.txt test").significant());
        assertEquals("7", row(rows, "seed").values().get(2).asText());
        assertEquals(parent.digest(), row(rows, "parent").values().get(1).asText());
        assertTrue(row(rows, "parent").values().get(0).isNull());
        assertTrue(!row(rows, "macs").differs());
        assertThrows(
                AggregatorException.class,
                () -> registry.comparison().of("solder", List.of(parent.digest())));
    }

    @Test
    void whatARevokedKeySignedIsReleasedAgainWhenItIsWanted() throws Exception {
        assertEquals(parent, registry.versions().released(parent));
        registry.signing().rotate(OldKey.STAYS_TRUSTED);
        assertEquals(parent, registry.versions().released(parent));

        registry.signing().rotate(OldKey.IS_REVOKED);
        ModelVersion again = registry.versions().released(parent);

        assertEquals(parent.digest(), again.digest());
        assertEquals(parent.counter(), again.counter());
        assertEquals("0.3.0." + parent.digest().substring(7, 19), again.packageId().version());
        assertTrue(registry.signing().vouchesFor(registry.content().release(again).orElseThrow()));
        assertEquals(registry.content().files(parent), registry.content().files(again));
        assertEquals(again, registry.versions().released(again));
    }

    private static Row row(List<Row> rows, String name) {
        return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void theBillOfMaterialsKeepsToTheSchemaAndToTheRecords() throws Exception {
        for (ModelVersion version : List.of(parent, small)) {
            JsonNode document = registry.bom().of(version);
            byte[] bytes = document.toString().getBytes();
            assertEquals(List.of(), new JsonParser().validate(bytes, Version.VERSION_16));
            assertEquals(
                    "classification",
                    document.at("/metadata/component/modelCard/modelParameters/task").asText());
            assertEquals(document, registry.bom().of(version));
        }
        JsonNode model = registry.bom().of(small).path("metadata").path("component");
        assertEquals(
                parent.digest().substring(7),
                model.at("/pedigree/ancestors/0/hashes/0/content").asText());
        assertEquals("quantize", model.at("/pedigree/notes").asText());
        assertEquals(
                "0.9",
                model.at("/modelCard/quantitativeAnalysis/performanceMetrics/0/value").asText());
        assertEquals(
                List.of(
                        "golden/case-1.in.image.bin",
                        "golden/case-1.out.probability.bin",
                        "model.json",
                        "model.onnx"),
                model.path("components").findValuesAsText("name"));
        JsonNode formula = registry.bom().of(parent).path("formulation").path(0);
        assertEquals(
                "./karu train classify",
                formula.at("/workflows/0/steps/0/commands/0/executed").asText());
        assertTrue(formula.toString().contains(TestVersions.DATA));
    }
}
