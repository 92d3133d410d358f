package io.karu.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.ModelStatus.State;
import io.karu.api.uplink.HealthCheck;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.ModelCatalog.Settings;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ModelCatalogTest {
    private static final ModelRef SCALING = ModelRef.parse(Scaling.NAME);
    private static final Settings SETTINGS = new Settings(SessionOptions.SHARED_GATEWAY, 64 << 20);

    @TempDir Path temp;
    private OnnxEngine engine;
    private final List<Path> opened = new CopyOnWriteArrayList<>();
    private ModelCatalog catalog;

    @BeforeEach
    void start() throws Exception {
        engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        catalog = new ModelCatalog(temp.resolve("store"), SETTINGS);
        catalog.engineArrived(engine);
    }

    @AfterEach
    void stop() {
        catalog.close();
        engine.close();
    }

    private void restart() throws IOException {
        catalog.close();
        catalog = new ModelCatalog(temp.resolve("store"), SETTINGS);
        catalog.engineArrived(engine);
    }

    private ModelVersionFolder version(int factor) throws Exception {
        return Scaling.version(temp.resolve("v" + factor), factor);
    }

    /** Offers the version and waits until the catalog knows it. */
    private ModelVersionFolder install(ModelVersionFolder version) throws Exception {
        Scaling.offer(catalog, version);
        Await.until("it is known", () -> status(version.digest()).isPresent());
        return version;
    }

    private Optional<ModelStatus> status(Digest digest) {
        return catalog.status().stream().filter(s -> s.digest().equals(digest)).findFirst();
    }

    private State state(ModelVersionFolder version) {
        return status(version.digest()).orElseThrow().state();
    }

    private void activate(ModelVersionFolder version) throws ModelException {
        catalog.activate(Scaling.NAME, "champion", version.digest());
    }

    private float factor() throws Exception {
        return Await.until(
                "a lease",
                () -> {
                    try (ModelLease lease = catalog.lease(SCALING)) {
                        return Scaling.run(lease);
                    }
                });
    }

    private static void assertRefused(Code code, String message, Executable action) {
        ModelException refused = assertThrows(ModelException.class, action);
        assertEquals(code, refused.code(), refused.getMessage());
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void theFirstVersionBecomesChampionAndTheSecondWaitsToBeActivated() throws Exception {
        ModelVersionFolder one = install(version(1));
        assertEquals(1, factor());
        ModelVersionFolder two = install(version(2));
        assertEquals(1, factor());
        assertEquals(State.STORED, state(two));
        activate(two);
        assertEquals(2, factor());
        assertEquals(State.LAST_GOOD, state(one));
        ModelStatus champion = status(two.digest()).orElseThrow();
        assertEquals(List.of("champion"), champion.aliases());
        assertEquals(2, champion.generation());
        activate(two);
        assertEquals(2, status(two.digest()).orElseThrow().generation());
    }

    @Test
    void aVersionRolledBackStaysOffWhenItsBundleAppearsAgainAtBoot() throws Exception {
        ModelVersionFolder one = install(version(1));
        ModelVersionFolder two = install(version(2));
        activate(two);
        assertEquals(one.digest(), catalog.rollback(Scaling.NAME, "champion"));
        assertEquals(1, factor());
        assertRefused(
                Code.NO_PREVIOUS, "no version", () -> catalog.rollback(Scaling.NAME, "champion"));
        restart();
        Scaling.offer(catalog, two);
        Scaling.offer(catalog, one);
        assertEquals(1, factor());
        assertEquals(State.REJECTED, state(two));
        assertRefused(Code.REJECTED_BEFORE, "rolled back", () -> activate(two));
        assertRefused(
                Code.REJECTED_BEFORE,
                "stays off",
                () -> catalog.lease(ModelRef.parse("scaling#" + two.digest().abbreviated())));
    }

    @Test
    void theChampionWorksAfterARestartWithoutItsBundle() throws Exception {
        install(version(3));
        assertEquals(3, factor());
        restart();
        assertEquals(3, factor());
        catalog.withdraw("bundle-3");
        assertEquals(3, factor());
    }

    @Test
    void aVersionThatDoesNotReproduceItsGoldenOutputsIsRejectedAndTheChampionStays()
            throws Exception {
        install(version(1));
        assertEquals(1, factor());
        ModelVersionFolder wrong = install(Scaling.version(temp.resolve("wrong"), 2, 2.5f, "x"));
        assertRefused(
                Code.GOLDEN_MISMATCH, "element 0 is 2.0, recorded was 2.5", () -> activate(wrong));
        assertEquals(State.REJECTED, state(wrong));
        assertEquals(1, factor());
        restart();
        Scaling.offer(catalog, wrong);
        assertRefused(Code.REJECTED_BEFORE, "golden case 1", () -> activate(wrong));
        assertEquals(1, factor());
    }

    @Test
    void aFirstVersionThatFailsLeavesThePlaceToTheNext() throws Exception {
        ModelVersionFolder wrong = install(Scaling.version(temp.resolve("wrong"), 2, 2.5f, "x"));
        Await.until("it is rejected", () -> state(wrong) == State.REJECTED);
        HealthCheck.Result health = catalog.check().get(0);
        assertFalse(health.ok());
        assertTrue(health.reason().contains("golden case 1"), health.reason());
        install(version(3));
        assertEquals(3, factor());
        assertTrue(catalog.check().get(0).ok());
    }

    @Test
    void aCardThatContradictsItsGraphIsRefused() throws Exception {
        install(version(1));
        ModelVersionFolder wrong = install(Scaling.version(temp.resolve("wrong"), 2, 2, "image"));
        assertRefused(Code.CORRUPT, "input image is not in the graph", () -> activate(wrong));
        assertEquals(1, factor());
    }

    @Test
    void aGraphThatIsNoneIsRejectedBeforeTheEngineSeesIt() throws Exception {
        catalog.engineArrived(watching(engine));
        install(version(1));
        assertEquals(1, factor());
        ModelVersionFolder broken = install(withGraph(2, "no graph at all".getBytes()));
        opened.clear();
        assertRefused(Code.CORRUPT, "not an ONNX model", () -> activate(broken));
        assertEquals(State.REJECTED, state(broken));
        ModelVersionFolder cyclic = install(withGraph(3, cyclicGraph()));
        assertRefused(Code.CORRUPT, "the graph is refused", () -> activate(cyclic));
        assertEquals(List.of(), opened, "the engine saw it");
        assertEquals(1, factor());
    }

    @Test
    void aGraphThatThisGatewayDoesNotKnowIsRefusedBeforeTheEngineSeesItAndMayBeTriedAgain()
            throws Exception {
        catalog.engineArrived(watching(engine));
        install(version(1));
        assertEquals(1, factor());
        ModelVersionFolder unknown = install(withGraph(2, graphOf("NoSuchOperator")));
        opened.clear();
        assertRefused(Code.ENGINE_REFUSED, "NoSuchOperator", () -> activate(unknown));
        assertEquals(List.of(), opened, "the engine saw it");
        assertEquals(State.STORED, state(unknown));
        assertEquals(1, factor());
    }

    /** Notes every graph that the engine is given. */
    private InferenceEngine watching(InferenceEngine seen) {
        return new InferenceEngine() {
            @Override
            public String name() {
                return seen.name();
            }

            @Override
            public String version() {
                return seen.version();
            }

            @Override
            public InferenceSession open(Path model, SessionOptions options)
                    throws InferenceException {
                opened.add(model);
                return seen.open(model, options);
            }
        };
    }

    private ModelVersionFolder withGraph(int factor, byte[] graph) throws Exception {
        ModelVersionFolder version = version(factor);
        Files.write(version.graph(), graph);
        return ModelVersionFolder.read(version.root());
    }

    private static byte[] graphOf(String operator) throws Exception {
        ModelProto.Builder model = ModelProto.parseFrom(Scaling.graph(2)).toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setOpType(operator);
        return model.build().toByteArray();
    }

    /** A node that needs its own output. */
    private static byte[] cyclicGraph() throws Exception {
        ModelProto.Builder model = ModelProto.parseFrom(Scaling.graph(3)).toBuilder();
        NodeProto.Builder node = model.getGraphBuilder().getNodeBuilder(0);
        node.setInput(0, node.getOutput(0));
        return model.build().toByteArray();
    }

    @Test
    void aBundleWhoseContentIsNotWhatItClaimsIsRefused() throws Exception {
        install(version(1));
        ModelVersionFolder two = version(2);
        Files.write(two.root().resolve("golden/case-1.in.x.bin"), Scaling.floats(9, 9));
        install(two);
        assertEquals(State.REJECTED, state(two));
        assertRefused(Code.CORRUPT, "the bundle claims", () -> activate(two));
        catalog.withdraw("bundle-2");
        Await.until("the refusal is forgotten", () -> status(two.digest()).isEmpty());
        assertEquals(1, factor());
    }

    @Test
    void pathsThatLeaveTheVersionAreRefused() throws Exception {
        ModelVersionFolder one = version(1);
        ModelSource escaping =
                new ModelSource() {
                    @Override
                    public List<String> paths() {
                        return List.of("../../evil");
                    }

                    @Override
                    public InputStream open(String path) {
                        return InputStream.nullInputStream();
                    }

                    @Override
                    public boolean changed() {
                        return false;
                    }

                    @Override
                    public boolean obsolete() {
                        return false;
                    }
                };
        catalog.offer("evil", Scaling.header(one), escaping);
        Await.until("it is refused", () -> status(one.digest()).isPresent());
        assertTrue(
                status(one.digest())
                        .orElseThrow()
                        .reason()
                        .orElseThrow()
                        .contains("not a legal path"));
        assertFalse(Files.exists(temp.resolve("evil")));
        catalog.refuse("unreadable [7]", "Karu-Model: nonsense");
        Await.until(
                "the health names it",
                () ->
                        catalog.check().stream()
                                .anyMatch(r -> r.name().equals("models.unreadable [7]")));
    }

    @Test
    void whatIsAbsentIsNamedWithWhatToDo() {
        assertRefused(Code.NOT_FOUND, "karu-model-scaling", () -> catalog.lease(SCALING));
        Digest unknown = new Digest("sha256:" + "0".repeat(64));
        assertRefused(
                Code.NOT_FOUND,
                "install its package",
                () -> catalog.activate("scaling", "champion", unknown));
        assertRefused(Code.NOT_FOUND, "not active", () -> catalog.rollback("scaling", "champion"));
        assertThrows(
                IllegalArgumentException.class,
                () -> catalog.activate("scaling", "Champion!", unknown));
    }

    @Test
    void aVersionIsPinnedByItsDigestAndOpenedOnDemand() throws Exception {
        install(version(1));
        ModelVersionFolder two = install(version(2));
        ModelRef pinned = ModelRef.parse("scaling#" + two.digest().abbreviated());
        assertRefused(Code.NO_ENGINE, "is being verified", () -> catalog.lease(pinned));
        try (ModelLease lease = Await.until("it is open", () -> catalog.lease(pinned))) {
            assertEquals(2, Scaling.run(lease));
        }
        assertEquals(1, factor());
        assertRefused(
                Code.NOT_FOUND,
                "not in the store",
                () -> catalog.lease(ModelRef.parse("scaling#0123456789ab")));
    }

    @Test
    void aChallengerRunsBesideTheChampion() throws Exception {
        install(version(1));
        ModelVersionFolder two = install(version(2));
        ModelVersionFolder three = install(version(3));
        catalog.activate("scaling", "challenger", two.digest());
        catalog.activate("scaling", "challenger", three.digest());
        try (ModelLease lease = catalog.lease(ModelRef.parse("scaling@challenger"))) {
            assertEquals(3, Scaling.run(lease));
        }
        assertEquals(1, factor());
        assertRefused(Code.NO_PREVIOUS, "go back", () -> catalog.rollback("scaling", "challenger"));
        assertEquals(three.digest(), catalog.clear("scaling", "challenger"));
        assertRefused(
                Code.NOT_FOUND,
                "challenger",
                () -> catalog.lease(ModelRef.parse("scaling@challenger")));
        assertEquals(State.STORED, state(three));
        assertEquals(1, factor());
    }

    @Test
    void aChallengerThatBecomesChampionEndsAsChallenger() throws Exception {
        install(version(1));
        ModelVersionFolder two = install(version(2));
        catalog.activate("scaling", "challenger", two.digest());
        InferenceSession challenger;
        try (ModelLease lease = catalog.lease(ModelRef.parse("scaling@challenger"))) {
            challenger = lease.session();
        }
        activate(two);
        try (ModelLease champion = catalog.lease(SCALING)) {
            assertSame(challenger, champion.session(), "it was open and warm");
        }
        assertEquals(List.of("champion"), status(two.digest()).orElseThrow().aliases());
        assertThrows(
                IllegalArgumentException.class,
                () -> catalog.activate("scaling", "challenger", two.digest()));
        assertThrows(IllegalArgumentException.class, () -> catalog.clear("scaling", "champion"));
        assertEquals(2, factor());
    }

    @Test
    void aChallengerThatFailsItsProofIsRejectedAndTheChampionGoesOn() throws Exception {
        install(version(1));
        assertEquals(1, factor());
        ModelVersionFolder wrong = install(Scaling.version(temp.resolve("wrong"), 2, 3, "x"));
        assertRefused(
                Code.GOLDEN_MISMATCH,
                "golden case 1",
                () -> catalog.activate("scaling", "challenger", wrong.digest()));
        assertEquals(State.REJECTED, state(wrong));
        assertEquals(1, factor());
        assertTrue(catalog.check().get(0).ok());
    }

    @Test
    void withoutAnEngineLeasesSayWhatTheyWaitForAndAReturningEngineOpensAgain() throws Exception {
        install(version(1));
        assertEquals(1, factor());
        catalog.engineLeft(engine);
        assertRefused(
                Code.NO_ENGINE, "waits for an inference engine", () -> catalog.lease(SCALING));
        HealthCheck.Result health = catalog.check().get(0);
        assertFalse(health.ok());
        assertTrue(health.reason().contains("waits for an inference engine"), health.reason());
        ModelVersionFolder two = install(version(2));
        assertRefused(Code.NO_ENGINE, "waits", () -> activate(two));
        catalog.engineArrived(engine);
        assertEquals(1, factor());
        activate(two);
        assertEquals(2, factor());
    }

    @Test
    void anOldSessionIsClosedAfterItsLastLeaseAndNotBefore() throws Exception {
        install(version(1));
        factor();
        ModelVersionFolder two = install(version(2));
        InferenceSession old;
        try (ModelLease lease = catalog.lease(SCALING)) {
            old = lease.session();
            activate(two);
            assertEquals(1, Scaling.run(lease));
            try (ModelLease next = catalog.lease(SCALING)) {
                assertNotSame(old, next.session());
                assertEquals(2, Scaling.run(next));
            }
            lease.close();
        }
        Await.until("the old session is closed", () -> isClosed(old));
        assertEquals(2, factor());
    }

    private static boolean isClosed(InferenceSession session) {
        try {
            session.bind(Map.of("x", List.of(1L, 1L))).close();
            return false;
        } catch (InferenceException e) {
            return e.code() == InferenceException.Code.ENGINE_STOPPED;
        }
    }

    @Test
    void otherOptionsOpenSessionsAgainWithoutAGap() throws Exception {
        install(version(1));
        factor();
        InferenceSession before;
        try (ModelLease lease = catalog.lease(SCALING)) {
            before = lease.session();
        }
        catalog.configure(new Settings(new SessionOptions(2, false), 64 << 20));
        Await.until(
                "it is open with other options",
                () -> {
                    try (ModelLease lease = catalog.lease(SCALING)) {
                        return lease.session() != before;
                    }
                });
        Await.until("the old session is closed", () -> isClosed(before));
    }

    @Test
    void theStoreIsBoundedAndKeepsWhatAliasesMeanAndMeant() throws Exception {
        long one = version(1).bytes();
        catalog.configure(new Settings(SessionOptions.SHARED_GATEWAY, 4 * one + one / 2));
        List<ModelVersionFolder> versions = new ArrayList<>();
        for (int factor = 1; factor <= 8; factor++) {
            ModelVersionFolder version = install(version(factor));
            versions.add(version);
            catalog.withdraw("bundle-" + factor);
            if (factor == 2) {
                activate(version);
            }
        }
        assertEquals(State.LAST_GOOD, state(versions.get(0)));
        assertEquals(State.ACTIVE, state(versions.get(1)));
        assertEquals(4, catalog.status().size());
        assertEquals(State.STORED, state(versions.get(7)));
        assertEquals(Optional.empty(), status(versions.get(2).digest()));
        try (var folders = Files.list(temp.resolve("store/versions"))) {
            assertEquals(4, folders.count());
        }
    }

    @Test
    void damagedFilesAreCopiedAgainFromTheBundle() throws Exception {
        ModelVersionFolder one = install(version(1));
        factor();
        catalog.close();
        Files.writeString(
                temp.resolve("store/versions/" + one.digest().hex() + "/model.onnx"), "rotten");
        catalog = new ModelCatalog(temp.resolve("store"), SETTINGS);
        Scaling.offer(catalog, one);
        assertRefused(
                Code.NOT_FOUND, "not active", () -> catalog.rollback(Scaling.NAME, "challenger"));
        catalog.engineArrived(engine);
        assertEquals(1, factor());
        assertTrue(catalog.check().get(0).ok());
    }

    @Test
    void aDamagedChampionWithoutItsBundleFallsBackToLastGood() throws Exception {
        install(version(1));
        ModelVersionFolder two = install(version(2));
        activate(two);
        catalog.close();
        Files.writeString(
                temp.resolve("store/versions/" + two.digest().hex() + "/model.onnx"), "rotten");
        catalog = new ModelCatalog(temp.resolve("store"), SETTINGS);
        catalog.engineArrived(engine);
        assertEquals(1, factor());
        install(two);
        Await.until("it is there again", () -> state(two) == State.STORED);
        activate(two);
        assertEquals(2, factor());
    }

    @Test
    void aChampionThatANewEngineRefusesFallsBackToLastGoodAndIsRejected() throws Exception {
        install(version(1));
        ModelVersionFolder two = install(version(2));
        activate(two);
        catalog.engineLeft(engine);
        catalog.engineArrived(refusing(two.digest()));
        assertEquals(1, factor());
        Await.until("it is rejected", () -> state(two) == State.REJECTED);
    }

    /** The engine, but it cannot read one version. */
    private InferenceEngine refusing(Digest digest) {
        return new InferenceEngine() {
            @Override
            public String name() {
                return "choosy";
            }

            @Override
            public String version() {
                return "2";
            }

            @Override
            public InferenceSession open(Path model, SessionOptions options)
                    throws InferenceException {
                if (model.toString().contains(digest.hex())) {
                    throw new InferenceException(InferenceException.Code.MODEL_REFUSED, "too old");
                }
                return engine.open(model, options);
            }
        };
    }

    @Test
    void aDamagedRecordIsReplacedByThePreviousOne() throws Exception {
        install(version(1));
        ModelVersionFolder two = install(version(2));
        activate(two);
        catalog.close();
        Files.writeString(temp.resolve("store/record.json"), "{\"format\":1,");
        catalog = new ModelCatalog(temp.resolve("store"), SETTINGS);
        catalog.engineArrived(engine);
        assertEquals(1, factor());
    }

    @Test
    void swappingUnderLoadNeverClosesASessionInUseAndEveryFrameSeesOneVersion() throws Exception {
        List<ModelVersionFolder> versions =
                List.of(install(version(1)), install(version(2)), install(version(3)));
        factor();
        AtomicBoolean go = new AtomicBoolean(true);
        AtomicInteger frames = new AtomicInteger();
        ExecutorService stations = Executors.newFixedThreadPool(3);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                running.add(
                        stations.submit(
                                () -> {
                                    inspect(go, frames);
                                    return null;
                                }));
            }
            for (int swap = 0; swap < 60; swap++) {
                activate(versions.get(swap % 3));
                int seen = frames.get();
                Await.until("frames go on", () -> frames.get() > seen + 5);
            }
            go.set(false);
            for (Future<?> station : running) {
                station.get(60, TimeUnit.SECONDS);
            }
        } finally {
            go.set(false);
            stations.shutdown();
        }
    }

    /** As a station does: one lease a frame, one binding a session. */
    private void inspect(AtomicBoolean go, AtomicInteger frames) throws Exception {
        InferenceSession bound = null;
        Binding binding = null;
        try {
            while (go.get()) {
                try (ModelLease lease = catalog.lease(SCALING)) {
                    if (bound != lease.session()) {
                        if (binding != null) {
                            binding.close();
                        }
                        bound = lease.session();
                        binding = bound.bind(Map.of("x", List.of(1L, 1L)));
                        binding.input("x").data().putFloat(0, 1);
                    }
                    binding.run();
                    assertEquals(
                            lease.card().parameter("factor"),
                            binding.output("y").data().getFloat(0));
                    frames.incrementAndGet();
                }
            }
        } finally {
            if (binding != null) {
                binding.close();
            }
        }
    }

    @Test
    void restartingTheEngineUnderLoadOnlyRefusesFramesForAMoment() throws Exception {
        install(version(1));
        factor();
        AtomicBoolean go = new AtomicBoolean(true);
        AtomicInteger frames = new AtomicInteger();
        ExecutorService stations = Executors.newFixedThreadPool(3);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                running.add(
                        stations.submit(
                                () -> {
                                    while (go.get()) {
                                        try {
                                            inspect(go, frames);
                                        } catch (ModelException e) {
                                            assertEquals(Code.NO_ENGINE, e.code());
                                        } catch (InferenceException e) {
                                            assertEquals(
                                                    InferenceException.Code.ENGINE_STOPPED,
                                                    e.code());
                                        }
                                    }
                                    return null;
                                }));
            }
            for (int restart = 0; restart < 20; restart++) {
                catalog.engineLeft(engine);
                engine.close();
                engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                catalog.engineArrived(engine);
                int seen = frames.get();
                Await.until("frames go on", () -> frames.get() > seen + 5);
            }
            go.set(false);
            for (Future<?> station : running) {
                station.get(60, TimeUnit.SECONDS);
            }
        } finally {
            go.set(false);
            stations.shutdown();
        }
    }

    @Test
    void afterTheStopEverythingIsRefusedAndNothingHangs() throws Exception {
        ModelVersionFolder one = install(version(1));
        factor();
        ModelLease open = catalog.lease(SCALING);
        catalog.close();
        assertRefused(Code.NO_ENGINE, "stopped", () -> catalog.lease(SCALING));
        assertRefused(Code.NO_ENGINE, "stopped", () -> activate(one));
        catalog.engineArrived(engine);
        catalog.engineLeft(engine);
        open.close();
        catalog.close();
    }

    @Test
    void aHeaderThatIsNotOneIsRefused() {
        for (String value :
                List.of(
                        "",
                        "scaling",
                        "scaling;version=\"1\";digest=\"sha256:12\"",
                        "../x;version=\"1\";digest=\"sha256:" + "0".repeat(64) + "\"")) {
            assertThrows(IllegalArgumentException.class, () -> ModelHeader.parse(value));
        }
    }

    @Test
    void aVersionMadeHereIsStoredAndDecidesOnlyWhenActivated() throws Exception {
        ModelVersionFolder parent = install(version(2));
        Await.until("2 decides", () -> factor() == 2);
        ModelVersionFolder made = version(3);

        assertEquals(made.digest(), catalog.add(made.root()));
        assertEquals(made.digest(), catalog.add(made.root()), "twice is once");
        assertEquals(State.STORED, state(made));
        assertEquals(2, factor());
        restart();
        assertEquals(State.STORED, state(made));
        activate(made);
        assertEquals(3, factor());
        assertEquals(State.LAST_GOOD, state(parent));

        catalog.rollback(Scaling.NAME, "champion");
        assertRefused(Code.REJECTED_BEFORE, "stays off", () -> catalog.add(made.root()));
        Files.writeString(Files.createDirectories(temp.resolve("no")).resolve("model.json"), "{}");
        assertRefused(Code.CORRUPT, "model.onnx", () -> catalog.add(temp.resolve("no")));
        assertRefused(Code.STORE_FAILED, "absent", () -> catalog.add(temp.resolve("absent")));
    }

    @Test
    void aVersionIsCopiedOutOfTheStoreAsItIs() throws Exception {
        ModelVersionFolder stored = install(version(2));
        Path copy = temp.resolve("copy");
        catalog.copy(stored.digest(), copy);
        assertEquals(stored.digest(), ModelVersionFolder.read(copy).digest());
        Digest unknown = new Digest("sha256:" + "0".repeat(64));
        assertRefused(
                Code.NOT_FOUND,
                "is in the store",
                () -> catalog.copy(unknown, temp.resolve("none")));
    }
}
