package io.karu.engine.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.sun.management.ThreadMXBean;
import io.karu.api.inference.Binding;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceException.Code;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxEngineTest {
    private static final Map<String, List<Long>> TWO = Map.of("x", List.of(1L, 2L));

    @TempDir Path temp;
    private OnnxEngine engine;

    @BeforeEach
    void start() {
        engine = engine(Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() {
        engine.close();
    }

    private static OnnxEngine engine(Duration deadline) {
        return new OnnxEngine(OrtEnvironment.getEnvironment(), deadline);
    }

    /** y = 2 x, with an open width. */
    private Path doubling() throws Exception {
        GraphBuilder graph = new GraphBuilder("doubling");
        Value x = graph.input("x", DataType.FLOAT, 1, "width");
        graph.output("y", graph.node("Add", x, x), DataType.FLOAT, 1, "width");
        return write(graph);
    }

    /** Some hundred milliseconds of matrix products. */
    private Path slow() throws Exception {
        GraphBuilder graph = new GraphBuilder("slow");
        Value x = graph.input("x", DataType.FLOAT, 600, 600);
        Value product = x;
        for (int i = 0; i < 30; i++) {
            product = graph.node("MatMul", product, x);
        }
        graph.output("y", product, DataType.FLOAT, 600, 600);
        return write(graph);
    }

    private Path write(GraphBuilder graph) throws Exception {
        Path file = Files.createTempFile(temp, "model", ".onnx");
        OnnxFile.write(graph.build(), file);
        return file;
    }

    private InferenceSession open(Path model) throws InferenceException {
        return engine.open(model, SessionOptions.SHARED_GATEWAY);
    }

    @Test
    void theSameTensorsAreWrittenAndReadFrameAfterFrame() throws Exception {
        try (InferenceSession session = open(doubling());
                Binding binding = session.bind(TWO)) {
            assertEquals(
                    List.of(new TensorInfo("x", ElementType.FLOAT, List.of(1L, -1L))),
                    session.inputs());
            FloatBuffer x = binding.input("x").data().asFloatBuffer();
            FloatBuffer y = binding.output("y").data().asFloatBuffer();
            assertEquals(List.of(1L, 2L), binding.output("y").shape());
            for (float value : new float[] {1, 7}) {
                x.put(0, value).put(1, -value);
                binding.run();
                assertEquals(2 * value, y.get(0));
                assertEquals(-2 * value, y.get(1));
            }
        }
        assertEquals("onnxruntime", engine.name());
        assertEquals("1.29.0", engine.version());
    }

    @Test
    void aRunAllocatesNothingBeyondWhatOnnxRuntimeDoes() throws Exception {
        Path model = doubling();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        ByteBuffer in = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        ByteBuffer out = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        try (InferenceSession session = open(model);
                Binding binding = session.bind(TWO);
                OrtSession bare = environment.createSession(model.toString());
                OnnxTensor x =
                        OnnxTensor.createTensor(
                                environment, in, new long[] {1, 2}, OnnxJavaType.FLOAT);
                OnnxTensor y =
                        OnnxTensor.createTensor(
                                environment, out, new long[] {1, 2}, OnnxJavaType.FLOAT)) {
            Map<String, OnnxTensor> inputs = Map.of("x", x);
            Map<String, OnnxTensor> outputs = Map.of("y", y);
            long ours = allocatedBy(binding::run);
            long theirs = allocatedBy(() -> bare.run(inputs, outputs).close());
            assertTrue(ours <= theirs + 64, ours + " bytes per run, ONNX Runtime itself " + theirs);
        }
    }

    private interface Run {
        void run() throws Exception;
    }

    private static long allocatedBy(Run run) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int runs = 5000;
        long best = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 3; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < runs; i++) {
                run.run();
            }
            best = Math.min(best, (threads.getCurrentThreadAllocatedBytes() - before) / runs);
        }
        return best;
    }

    @Test
    void shapesThatDoNotFitAreRefusedNamingTheTensor() throws Exception {
        try (InferenceSession session = open(doubling())) {
            assertMismatch(session, Map.of(), "leaves dimensions open");
            assertMismatch(
                    session, Map.of("x", List.of(2L, 2L)), "input x is [1, -1], was given [2, 2]");
            assertMismatch(session, Map.of("x", List.of(1L)), "was given [1]");
            assertMismatch(
                    session, Map.of("x", List.of(1L, 2L), "z", List.of(1L)), "no input is named z");
            assertMismatch(session, Map.of("x", List.of(1L, Long.MAX_VALUE)), "larger than 2 GiB");
        }
        try (Binding binding = open(doubling()).bind(TWO)) {
            assertThrows(IllegalArgumentException.class, () -> binding.input("image"));
            assertThrows(IllegalArgumentException.class, () -> binding.output("image"));
        }
    }

    private static void assertMismatch(
            InferenceSession session, Map<String, List<Long>> shapes, String message) {
        assertRefused(Code.TENSOR_MISMATCH, message, () -> session.bind(shapes));
    }

    private static void assertRefused(Code code, String message, Run run) {
        InferenceException refused = assertThrows(InferenceException.class, run::run);
        assertEquals(code, refused.code(), refused.getMessage());
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void aModelThatCannotBeExecutedIsRefusedSayingWhy() throws Exception {
        assertRefused(Code.MODEL_REFUSED, "cannot read", () -> open(temp.resolve("absent.onnx")));
        Path empty = Files.createFile(temp.resolve("empty.onnx"));
        assertRefused(Code.MODEL_REFUSED, "is empty", () -> open(empty));
        Path garbage = Files.writeString(temp.resolve("garbage.onnx"), "not a model at all");
        assertRefused(Code.MODEL_REFUSED, "garbage.onnx", () -> open(garbage));
        GraphBuilder graph = new GraphBuilder("unknown");
        Value x = graph.input("x", DataType.FLOAT, 1);
        graph.output("y", graph.node("Clairvoyance", x), DataType.FLOAT, 1);
        Path unknown = write(graph);
        assertRefused(Code.MODEL_REFUSED, "Clairvoyance", () -> open(unknown));
        GraphBuilder doubles = new GraphBuilder("doubles");
        Value d = doubles.input("d", DataType.DOUBLE, 1);
        doubles.output("y", doubles.node("Add", d, d), DataType.DOUBLE, 1);
        Path ofDoubles = write(doubles);
        assertRefused(
                Code.MODEL_REFUSED, "input d has elements of type DOUBLE", () -> open(ofDoubles));
    }

    @Test
    void afterTheEngineStoppedEverythingSaysSo() throws Exception {
        Path model = doubling();
        InferenceSession session = open(model);
        Binding binding = session.bind(TWO);
        engine.close();
        assertRefused(Code.ENGINE_STOPPED, "stopped", () -> open(model));
        assertRefused(Code.ENGINE_STOPPED, "stopped", () -> session.bind(TWO));
        assertRefused(Code.ENGINE_STOPPED, "stopped", binding::run);
        assertEquals(1, session.inputs().size());
        binding.close();
        binding.close();
        session.close();
        engine.close();
    }

    @Test
    void closingASessionWaitsForItsRun() throws Exception {
        InferenceSession session = open(slow());
        Binding binding = session.bind(Map.of());
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Void> run = running(binding, started);
        assertTrue(started.await(60, TimeUnit.SECONDS));
        session.close();
        run.handle((done, failure) -> null).get(60, TimeUnit.SECONDS);
        assertRefused(Code.ENGINE_STOPPED, "stopped", binding::run);
        binding.close();
    }

    @Test
    void aSessionInUseAtTheDeadlineIsLeakedAndItsRunEnds() throws Exception {
        OnnxEngine impatient = engine(Duration.ofMillis(1));
        Binding binding = impatient.open(slow(), SessionOptions.SHARED_GATEWAY).bind(Map.of());
        CountDownLatch started = new CountDownLatch(1);
        CompletableFuture<Void> run = running(binding, started);
        assertTrue(started.await(60, TimeUnit.SECONDS));
        impatient.close();
        ExecutionException stopped =
                assertThrows(ExecutionException.class, () -> run.get(60, TimeUnit.SECONDS));
        assertEquals(Code.ENGINE_STOPPED, ((InferenceException) stopped.getCause()).code());
        binding.close();
    }

    /** Runs until the engine refuses. */
    private static CompletableFuture<Void> running(Binding binding, CountDownLatch started) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                while (true) {
                                    started.countDown();
                                    binding.run();
                                }
                            } catch (InferenceException | RuntimeException e) {
                                ended.completeExceptionally(e);
                            }
                        },
                        "running");
        thread.setDaemon(true);
        thread.start();
        return ended;
    }

    @Test
    void stoppingTheEngineUnderLoadEndsEveryRunCleanly() throws Exception {
        Path model = doubling();
        for (int round = 0; round < 25; round++) {
            OnnxEngine loaded = engine(Duration.ofSeconds(10));
            List<CompletableFuture<Void>> runs = new ArrayList<>();
            CountDownLatch started = new CountDownLatch(4);
            for (int i = 0; i < 2; i++) {
                InferenceSession session = loaded.open(model, SessionOptions.SHARED_GATEWAY);
                runs.add(running(session.bind(TWO), started));
                runs.add(running(session.bind(TWO), started));
            }
            assertTrue(started.await(60, TimeUnit.SECONDS));
            loaded.close();
            for (CompletableFuture<Void> run : runs) {
                try {
                    run.get(60, TimeUnit.SECONDS);
                    fail("a run went on after the stop");
                } catch (ExecutionException e) {
                    assertEquals(Code.ENGINE_STOPPED, ((InferenceException) e.getCause()).code());
                }
            }
        }
    }

    @Test
    void aGateCountsUsesAndOpensNeverAgain() {
        UseGate gate = new UseGate();
        assertTrue(gate.enter());
        assertTrue(gate.close());
        assertFalse(gate.close());
        assertFalse(gate.enter());
        assertFalse(gate.awaitUnused(Duration.ofMillis(5)));
        assertEquals(1, gate.uses());
        gate.exit();
        assertTrue(gate.awaitUnused(Duration.ZERO));
    }
}
