package io.karu.compression.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.compression.Processor;
import io.karu.compression.gateway.Job.State;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.ModelCatalog;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real worker processes on a real engine and the gateway's real model store. */
class CompressionServiceTest {
    private static final WorkerSettings SETTINGS =
            new WorkerSettings(1, 1024, Duration.ofMinutes(5), 16, 8 << 20);
    private static final ModelRef MODEL = ModelRef.parse(Line.MODEL);

    @TempDir Path temp;
    private OnnxEngine engine;
    private ModelCatalog models;
    private ModelVersionFolder parent;
    private FrameReserve reserve;
    private CompressionService service;

    @BeforeEach
    void start() throws Exception {
        engine = new OnnxEngine();
        models =
                new ModelCatalog(
                        temp.resolve("models"),
                        new ModelCatalog.Settings(SessionOptions.SHARED_GATEWAY, 64 << 20));
        models.engineArrived(engine);
        parent = Line.model(engine, temp.resolve("parent"));
        models.add(parent.root());
        models.activate(Line.MODEL, "champion", parent.digest());
        startService();
    }

    private void startService() throws IOException {
        reserve =
                new FrameReserve(temp.resolve("frames"), SETTINGS.frames(), SETTINGS.frameBytes());
        service = new CompressionService(temp.resolve("jobs"), reserve, SETTINGS);
        service.setModels(Optional.of(models));
        service.setClassPath(Optional.of(classPath()));
    }

    private static WorkerClassPath classPath() {
        return new WorkerClassPath(
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(Path::of)
                        .toList(),
                List.of());
    }

    @AfterEach
    void stop() {
        service.close();
        models.close();
        engine.close();
    }

    private Job job(String id) {
        return service.jobs().stream().filter(job -> job.id().equals(id)).findFirst().orElseThrow();
    }

    private Job awaitEnd(Job job) throws Exception {
        Await.until("the job ended", () -> job(job.id()).state().isFinal());
        return job(job.id());
    }

    /** Elsewhere bytes need not be faster, and the guard refuses what is not. */
    private static void assumeBytesAreFast() {
        Processor here = Processor.here();
        assumeTrue(
                here.hasVnni() || here.hasDotProduct(),
                "not applicable: this processor has neither VNNI nor dot products of bytes");
    }

    @Test
    void aModelIsCompressedOnTheFramesOfItsLineAndStored() throws Exception {
        assumeBytesAreFast();
        Job asked = service.start(MODEL, 0.5);
        Await.until("it says what it waits for", () -> job(asked.id()).reason().contains("0 of 8"));
        assertEquals(asked.id(), service.start(MODEL, 0.5).id(), "one job for one version");
        Line.inspect(reserve, 32);

        Job ended = awaitEnd(asked);

        assertEquals(State.SUCCEEDED, ended.state(), ended.reason());
        CompressionResult result = ended.result().orElseThrow();
        assertEquals(8, result.variants().size());
        assertTrue(result.calibrationFrames() >= 8, () -> result.toJson().toString());
        assertTrue(result.goldenFrames() >= 8, () -> result.toJson().toString());
        Variant chosen = chosen(result);
        assertTrue(chosen.bytes() < result.parent().bytes() / 2, chosen.toString());
        assertTrue(chosen.passed() && chosen.speedup() > 1, chosen.toString());
        Digest stored = ended.digest().orElseThrow();
        ModelStatus status =
                models.status().stream()
                        .filter(s -> s.digest().equals(stored))
                        .findFirst()
                        .orElseThrow();
        assertEquals(ModelStatus.State.STORED, status.state());
        assertEquals("1-int8", status.version());
        Path copy = temp.resolve("copy");
        models.copy(stored, copy);
        CardFile card = ModelVersionFolder.card(copy);
        assertEquals(
                Optional.of(parent.digest()),
                Provenance.parse(card.lineage()).orElseThrow().parent());
        models.activate(Line.MODEL, "champion", stored);
        try (Stream<Path> left = Files.list(temp.resolve("jobs").resolve(asked.id()))) {
            assertEquals(List.of("job.json"), left.map(f -> f.getFileName().toString()).toList());
        }
    }

    @Test
    void batchNormalizationGoesIntoTheConvolutionsBeforeTheyRunOnBytes() throws Exception {
        assumeBytesAreFast();
        ModelVersionFolder normalised = Line.normalised(engine, temp.resolve("normalised"));
        assertEquals(4, count(Graph.read(normalised.graph()), "BatchNormalization"));
        models.add(normalised.root());
        models.activate(Line.MODEL, "champion", normalised.digest());
        Line.inspect(reserve, 32);

        Job ended = awaitEnd(service.start(MODEL, 0.5));

        assertEquals(State.SUCCEEDED, ended.state(), ended.reason());
        assertEquals(normalised.digest(), ended.parent());
        Path copy = temp.resolve("copy");
        models.copy(ended.digest().orElseThrow(), copy);
        Graph made = Graph.read(ModelVersionFolder.read(copy).graph());
        assertEquals(0, count(made, "BatchNormalization"));
        assertEquals(4, count(made, "Conv"));
        for (Node convolution : made.nodes()) {
            if (convolution.is("Conv")) {
                for (String input : convolution.inputs()) {
                    assertTrue(
                            made.producer(input).orElseThrow().is("DequantizeLinear"),
                            () -> input + " of " + convolution.name() + " is not of bytes");
                }
            }
        }
        Variant chosen = chosen(ended.result().orElseThrow());
        assertTrue(chosen.agreement() > 0.9 && chosen.scoreError() < 0.1, chosen.toString());
    }

    private static long count(Graph graph, String operator) {
        return graph.nodes().stream().filter(node -> node.is(operator)).count();
    }

    private static Variant chosen(CompressionResult result) {
        return result.variants().stream()
                .filter(v -> v.name().equals(result.chosen().orElseThrow()))
                .findFirst()
                .orElseThrow();
    }

    /** A gateway in a process of its own, for {@code kill -9}. */
    static final class KilledGateway {
        /**
         * @param arguments its folder
         */
        public static void main(String... arguments) throws Exception {
            CompressionServiceTest gateway = new CompressionServiceTest();
            gateway.temp = Path.of(arguments[0]);
            gateway.start();
            Line.inspect(gateway.reserve, 32);
            gateway.service.start(MODEL, 0.5);
            Await.until(
                    "it works",
                    () -> gateway.service.jobs().get(0).reason().startsWith("calibrates"));
            System.out.println("WORKS");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    @Test
    void killingTheGatewayInTheMiddleLosesNothingAndLeavesTheRunningModel() throws Exception {
        assumeBytesAreFast();
        stop();
        Path home = Files.createDirectories(temp.resolve("killed"));
        Path output = temp.resolve("output");
        Process gateway =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                KilledGateway.class.getName(),
                                home.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        Await.until(
                "the worker works",
                () -> {
                    assertTrue(gateway.isAlive(), () -> read(output));
                    return read(output).contains("WORKS");
                });
        List<ProcessHandle> workers = gateway.descendants().toList();
        assertFalse(workers.isEmpty());
        gateway.destroyForcibly().waitFor();
        for (ProcessHandle worker : workers) {
            Await.until("the worker ended with its gateway", () -> !worker.isAlive());
        }

        temp = home;
        engine = new OnnxEngine();
        models =
                new ModelCatalog(
                        temp.resolve("models"),
                        new ModelCatalog.Settings(SessionOptions.SHARED_GATEWAY, 64 << 20));
        models.engineArrived(engine);
        startService();
        Job ended = awaitEnd(service.jobs().get(0));
        assertEquals(State.SUCCEEDED, ended.state(), ended.reason());
        assertEquals(2, ended.attempts());
        ModelStatus running =
                models.status().stream()
                        .filter(s -> s.aliases().contains("champion"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(ended.parent(), running.digest());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aGatewayThatIsStoppedInTheMiddleBeginsAnewOnTheSameFrames() throws Exception {
        assumeBytesAreFast();
        Line.inspect(reserve, 32);
        Job asked = service.start(MODEL, 0.5);
        Await.until("it works", () -> job(asked.id()).reason().startsWith("calibrates"));
        service.close();
        assertEquals(State.RUNNING, job(asked.id()).state());

        startService();
        Job ended = awaitEnd(asked);
        assertEquals(State.SUCCEEDED, ended.state(), ended.reason());
        assertEquals(2, ended.attempts());
        assertEquals(
                List.of(ModelStatus.State.ACTIVE, ModelStatus.State.STORED),
                models.status().stream()
                        .map(ModelStatus::state)
                        .sorted(java.util.Comparator.reverseOrder())
                        .toList());
    }

    @Test
    void whatCannotBeCompressedIsRefusedWithTheReasonAndChangesNothing() throws Exception {
        assumeBytesAreFast();
        Line.inspect(reserve, 32);
        Digest small = awaitEnd(service.start(MODEL, 0.5)).digest().orElseThrow();
        models.activate(Line.MODEL, "champion", small);

        Job again = awaitEnd(service.start(MODEL, 0.5));

        assertEquals(State.REFUSED, again.state(), again.reason());
        assertTrue(again.reason().contains("runs on bytes already"), again.reason());
        assertEquals(2, models.status().size());
    }

    @Test
    void aJobThatIsCancelledStopsItsWorkerAndStaysCancelled() throws Exception {
        Line.inspect(reserve, 32);
        Job asked = service.start(MODEL, 0.5);
        Await.until("it works", () -> job(asked.id()).state() == State.RUNNING);
        assertEquals(State.CANCELLED, service.cancel(asked.id()).orElseThrow().state());
        Await.until(
                "no worker is left",
                () -> ProcessHandle.current().children().noneMatch(ProcessHandle::isAlive));
        assertEquals(State.CANCELLED, job(asked.id()).state());
        assertTrue(service.cancel("no-such-job").isEmpty());
    }

    @Test
    void aWorkerThatTakesTooLongFailsTruthfully() throws Exception {
        Line.inspect(reserve, 32);
        service.configure(new WorkerSettings(1, 1024, Duration.ofMillis(1), 16, 8 << 20));
        Job ended = awaitEnd(service.start(MODEL, 0.5));
        assertEquals(State.FAILED, ended.state());
        assertTrue(ended.reason().contains("took longer"), ended.reason());
    }

    @Test
    void unknownModelsAndBudgetsAreRefusedNamingThem() {
        ModelException unknown =
                assertThrows(
                        ModelException.class,
                        () -> service.start(ModelRef.parse("nothing@champion"), 0));
        assertEquals(ModelException.Code.NOT_FOUND, unknown.code());
        assertTrue(unknown.getMessage().contains("nothing@champion"), unknown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> service.start(MODEL, 1.5));
    }
}
