package io.karu.models.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.TensorInfo;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.ModelStatus.State;
import io.karu.api.model.Models;
import io.karu.api.sample.Sample;
import io.karu.api.sample.SampleSpool;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.UplinkResource;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.GoldenCase;
import io.karu.modelversion.ModelBundleWriter;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.ai.inference.InferenceEngineService;
import org.eclipse.kura.ai.inference.ModelInfo;
import org.eclipse.kura.ai.inference.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleWiring;

/** One framework for all: the native libraries can be loaded only once in a process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ModelsOnFelixTest {
    @TempDir static Path temp;
    private Path data;
    private Felix felix;
    private Bundle natives;
    private Bundle engine;
    private Bundle modelsBundle;

    @BeforeAll
    void start() throws Exception {
        data = Files.createDirectories(temp.resolve("kura/data"));
        felix = new Felix(temp, data);
        modelsBundle = felix.start("io.karu.models");
        felix.configure("io.karu.models.Models", Map.of());
    }

    @AfterAll
    void stop() throws Exception {
        felix.close();
    }

    @Test
    @Order(1)
    void aModelBundleIsLeasedAndRunOnTheRealEngine() throws Exception {
        Bundle foreign = felix.install("io.karu.natives.onnxruntime." + foreign());
        ModelVersionFolder version = version("first", 3);
        install(version, 0);
        Felix.await("the model in the store", () -> state(version) == State.STORED ? true : null);
        natives = felix.start("io.karu.natives.onnxruntime." + own());
        engine = felix.start("io.karu.engine.onnx");
        assertEquals(3, factor("first"));
        assertEquals(
                Bundle.INSTALLED, foreign.getState(), "the other architecture does not resolve");
        List<Path> mapped = mappedLibraries();
        assertEquals(2, mapped.size(), mapped::toString);
        mapped.forEach(library -> assertTrue(library.startsWith(data), library::toString));
    }

    @Test
    @Order(2)
    void aModelBundleIsUpgradedInPlaceAndRemovedWhileItsVersionGoesOn() throws Exception {
        ModelVersionFolder one = version("second", 1);
        ModelVersionFolder two = version("second", 2);
        Bundle bundle = install(one, 0);
        assertEquals(1, factor("second"));
        bundle.update(jar(two, 1));
        Felix.await("the new version in the store", () -> state(two) == State.STORED ? true : null);
        assertEquals(1, factor("second"));
        String reply =
                resource(UplinkResource.Method.EXEC, "models/activate")
                        .handle(
                                "{\"name\":\"second\",\"alias\":\"champion\",\"digest\":\""
                                        + two.digest()
                                        + "\"}");
        assertEquals(
                "{\"contract\":1,\"name\":\"second\",\"alias\":\"champion\",\"digest\":\""
                        + two.digest()
                        + "\",\"generation\":2}",
                reply);
        assertEquals(2, factor("second"));
        bundle.uninstall();
        assertEquals(2, factor("second"));
        resource(UplinkResource.Method.EXEC, "models/rollback")
                .handle("{\"name\":\"second\",\"alias\":\"champion\"}");
        assertEquals(1, factor("second"));
        assertTrue(
                resource(UplinkResource.Method.GET, "models")
                        .handle("{}")
                        .contains("\"reason\":\"rolled back\""));
    }

    @Test
    @Order(3)
    void theEngineIsReplacedUnderLoadWithoutHarm() throws Exception {
        install(version("third", 3), 0);
        assertEquals(3, factor("third"));
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        underLoad(
                "third",
                3,
                () -> {
                    loaders.add(loader(engine));
                    engine.stop();
                    engine.update(Files.newInputStream(Felix.jar("io.karu.engine.onnx")));
                    felix.refresh(engine);
                    engine.start();
                });
        assertEquals(2, mappedLibraries().size());
        awaitUnloaded(loaders);
    }

    @Test
    @Order(4)
    void theModelsAreReplacedUnderLoadWithoutHarm() throws Exception {
        install(version("fourth", 4), 0);
        assertEquals(4, factor("fourth"));
        InferenceEngineService stale = felix.service(InferenceEngineService.class);
        assertEquals(
                "4", stale.getModelInfo("fourth").orElseThrow().getParameters().get("version"));
        assertEquals(List.of(8f), infer(stale, 2f));
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        underLoad(
                "fourth",
                4,
                () -> {
                    loaders.add(loader(modelsBundle));
                    modelsBundle.stop();
                    modelsBundle.update(Files.newInputStream(Felix.jar("io.karu.models")));
                    felix.refresh(modelsBundle);
                    modelsBundle.start();
                });
        assertStopped(stale);
        stale = null;
        awaitUnloaded(loaders);
    }

    private static void assertStopped(InferenceEngineService service) {
        assertThrows(KuraException.class, () -> service.getModelInfo("fourth"));
        assertThrows(KuraException.class, service::isEngineReady);
    }

    private static WeakReference<ClassLoader> loader(Bundle bundle) {
        return new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader());
    }

    /** Old generations leave nothing behind that holds their classes. */
    private static void awaitUnloaded(List<WeakReference<ClassLoader>> loaders) throws Exception {
        Felix.await(
                "the old class loaders to go",
                () -> {
                    System.gc();
                    return loaders.stream().allMatch(loader -> loader.refersTo(null)) ? true : null;
                });
    }

    @Test
    @Order(5)
    void withoutNativesTheHealthSaysWhatIsAwaitedAndAStartBringsItBack() throws Exception {
        install(version("fifth", 5), 0);
        assertEquals(5, factor("fifth"));
        natives.stop();
        HealthCheck.Result waiting =
                Felix.await(
                        "the health to notice",
                        () ->
                                health().stream()
                                        .filter(r -> r.name().equals("models.fifth") && !r.ok())
                                        .findFirst()
                                        .orElse(null));
        assertTrue(waiting.reason().contains("waits for an inference engine"), waiting.reason());
        natives.start();
        assertEquals(5, factor("fifth"));
    }

    @Test
    @Order(6)
    void aBadConfigurationIsNamedAndTheLastGoodOneGoesOn() throws Exception {
        install(version("sixth", 6), 0);
        assertEquals(6, factor("sixth"));
        felix.configure("io.karu.models.Models", Map.of("session.threads", 1000));
        HealthCheck.Result bad =
                Felix.await(
                        "the health to notice",
                        () ->
                                health().stream()
                                        .filter(r -> r.name().equals("models.configuration"))
                                        .findFirst()
                                        .orElse(null));
        assertTrue(bad.reason().contains("from 1 to 64 is needed, was 1000"), bad.reason());
        assertEquals(6, factor("sixth"));
        felix.configure("io.karu.models.Models", Map.of("session.threads", 2));
        Felix.await(
                "the health to recover",
                () -> health().stream().allMatch(HealthCheck.Result::ok) ? true : null);
        assertEquals(6, factor("sixth"));
    }

    @Test
    @Order(7)
    void aSecondGenerationOfTheNativesIsNotLoadedIntoTheSameProcess() throws Exception {
        natives.uninstall();
        felix.refresh(natives);
        Bundle again = felix.start("io.karu.natives.onnxruntime." + own());
        Felix.await(
                "the engine's bundle",
                () -> {
                    engine.start();
                    return true;
                });
        assertEquals(Bundle.ACTIVE, again.getState());
        assertEquals(2, mappedLibraries().size());
        assertTrue(
                health().stream()
                        .filter(check -> !check.name().equals("models.trust"))
                        .noneMatch(HealthCheck.Result::ok),
                health().toString());
    }

    @Test
    @Order(8)
    void samplesAreThereAgainAfterTheirBundleWasReplaced() throws Exception {
        Bundle samples = felix.start("io.karu.samples");
        felix.configure("io.karu.samples.Spool", Map.of("bound.megabytes", 16));
        Digest image = felix.service(SampleSpool.class).put(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        FrameId frame = new FrameId(new StationId("line-1"), "frame-1");
        felix.service(SampleSpool.class)
                .keep(
                        new Sample(
                                frame,
                                Instant.now(),
                                image,
                                Optional.empty(),
                                Optional.empty(),
                                "all"));
        samples.update(Files.newInputStream(Felix.jar("io.karu.samples")));
        felix.refresh(samples);
        SampleSpool spool =
                Felix.await(
                        "the sample",
                        () -> {
                            SampleSpool now = felix.service(SampleSpool.class);
                            return now.find(frame).isPresent() ? now : null;
                        });
        assertEquals(3, spool.get(image).orElseThrow().length);
        assertTrue(Files.isDirectory(data.resolve("karu/samples/blobs")));
    }

    private static List<Float> infer(InferenceEngineService service, float x) throws Exception {
        ModelInfo model = service.getModelInfo("fourth").orElseThrow();
        Tensor input = new Tensor(Float.class, model.getInputs().get(0), List.of(x));
        return service.infer(model, List.of(input)).get(0).getData(Float.class).orElseThrow();
    }

    private interface Replacement {
        void run() throws Exception;
    }

    /**
     * Frames go on before, during and after five replacements; only "no engine now" is tolerated
     * between.
     */
    private void underLoad(String name, float factor, Replacement replacement) throws Exception {
        AtomicBoolean go = new AtomicBoolean(true);
        AtomicInteger frames = new AtomicInteger();
        ExecutorService stations = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                running.add(
                        stations.submit(
                                () -> {
                                    while (go.get()) {
                                        frame(name, factor, frames);
                                    }
                                    return null;
                                }));
            }
            for (int i = 0; i < 5; i++) {
                int before = frames.get();
                Felix.await("frames", () -> frames.get() > before + 10 ? true : null);
                replacement.run();
                int after = frames.get();
                Felix.await("frames again", () -> frames.get() > after + 10 ? true : null);
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

    private void frame(String name, float factor, AtomicInteger frames) throws Exception {
        ServiceReference<Models> reference = felix.context().getServiceReference(Models.class);
        Models models = reference == null ? null : felix.context().getService(reference);
        if (models == null) {
            Thread.onSpinWait();
            return;
        }
        try (ModelLease lease = models.lease(ModelRef.parse(name))) {
            assertEquals(factor, run(lease));
            frames.incrementAndGet();
        } catch (ModelException e) {
            assertEquals(ModelException.Code.NO_ENGINE, e.code(), e.getMessage());
        } catch (InferenceException e) {
            assertEquals(InferenceException.Code.ENGINE_STOPPED, e.code(), e.getMessage());
        }
    }

    private float factor(String name) throws Exception {
        return Felix.await(
                "a lease on " + name,
                () -> {
                    try (ModelLease lease =
                            felix.service(Models.class).lease(ModelRef.parse(name))) {
                        return run(lease);
                    }
                });
    }

    private static float run(ModelLease lease) throws Exception {
        try (Binding binding = lease.session().bind(Map.of("x", List.of(1L, 1L)))) {
            binding.input("x").data().putFloat(0, 1);
            binding.run();
            return binding.output("y").data().getFloat(0);
        }
    }

    private State state(ModelVersionFolder version) throws Exception {
        return felix.service(Models.class).status().stream()
                .filter(status -> status.digest().equals(version.digest()))
                .map(ModelStatus::state)
                .findFirst()
                .orElse(null);
    }

    private List<HealthCheck.Result> health() throws Exception {
        return felix.service(HealthCheck.class).check();
    }

    private UplinkResource resource(UplinkResource.Method method, String path) throws Exception {
        return Felix.await(
                method + "/" + path,
                () -> {
                    for (ServiceReference<UplinkResource> reference :
                            felix.context().getServiceReferences(UplinkResource.class, null)) {
                        UplinkResource resource = felix.context().getService(reference);
                        if (resource.method() == method && resource.path().equals(path)) {
                            return resource;
                        }
                    }
                    return null;
                });
    }

    private Bundle install(ModelVersionFolder version, int counter) throws Exception {
        return felix.context()
                .installBundle("model:" + version.card().name(), jar(version, counter));
    }

    private static InputStream jar(ModelVersionFolder version, int counter) throws Exception {
        return new ByteArrayInputStream(ModelBundleWriter.write(version, counter));
    }

    /** y = factor · x. */
    private ModelVersionFolder version(String name, float factor) throws Exception {
        GraphBuilder graph = new GraphBuilder(name);
        Value x = graph.input("x", DataType.FLOAT, 1, "width");
        graph.output("y", graph.node("Mul", x, graph.scalar(factor)), DataType.FLOAT, 1, "width");
        List<Long> open = List.of(1L, -1L);
        List<Long> two = List.of(1L, 2L);
        ModelCard card =
                new ModelCard(
                        name,
                        Integer.toString((int) factor),
                        ModelCard.Task.ANOMALY,
                        List.of(),
                        List.of(new TensorInfo("x", ElementType.FLOAT, open)),
                        List.of(new TensorInfo("y", ElementType.FLOAT, open)),
                        Map.of(),
                        "multiplies");
        return ModelVersionFolder.create(
                Files.createTempDirectory(temp, "version"),
                graph.build().toByteArray(),
                new CardFile(card, List.of(new GoldenCase(1, 1e-6, Map.of("x", two, "y", two)))),
                Map.of(
                        "golden/case-1.in.x.bin", floats(1, 2),
                        "golden/case-1.out.y.bin", floats(factor, 2 * factor)));
    }

    private static byte[] floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return buffer.array();
    }

    /** Paths of the native libraries that this process has mapped. */
    private static List<Path> mappedLibraries() throws Exception {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("libonnxruntime"))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .distinct()
                    .toList();
        }
    }

    private static String own() {
        return System.getProperty("os.arch").equals("aarch64") ? "aarch64" : "x86_64";
    }

    private static String foreign() {
        return own().equals("aarch64") ? "x86_64" : "aarch64";
    }
}
