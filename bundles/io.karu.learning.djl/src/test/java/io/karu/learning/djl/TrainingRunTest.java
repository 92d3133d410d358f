package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.karu.learning.djl.TrainingPlan.Better;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
    private static final int SIZE = 8;
    private static final int CLASSES = 3;
    private static final int ITEMS = 48;

    @TempDir Path folder;

    private final byte[][] images = new byte[ITEMS][];
    private final long[] labels = new long[ITEMS];

    /** Bright rows, bright columns, or noise only. */
    TrainingRunTest() {
        Random random = new Random(5);
        for (int i = 0; i < ITEMS; i++) {
            labels[i] = i % CLASSES;
            images[i] = new byte[SIZE * SIZE];
            int line = random.nextInt(SIZE);
            for (int p = 0; p < SIZE * SIZE; p++) {
                boolean bright =
                        labels[i] == 0 && p / SIZE == line || labels[i] == 1 && p % SIZE == line;
                images[i][p] = (byte) (random.nextInt(60) + (bright ? 180 : 0));
            }
        }
    }

    private NDArray loss(Step step) {
        int batch = 16;
        byte[] pixels = new byte[batch * SIZE * SIZE];
        long[] classes = new long[batch];
        int[] picked = step.pick(ITEMS, batch);
        for (int i = 0; i < batch; i++) {
            byte[] image = images[picked[i]];
            System.arraycopy(image, 0, pixels, i * image.length, image.length);
            classes[i] = labels[picked[i]];
        }
        // Random on purpose: a resumed run must draw the same.
        pixels[step.random().nextInt(pixels.length)] ^= 0x40;
        NDArray logits = step.forward(step.pixels(pixels, batch, 1, SIZE, SIZE));
        return Losses.crossEntropy(
                logits, Losses.target(step.integers(classes, batch), CLASSES, 0.05));
    }

    private Map<String, Double> accuracy(TrainableGraph graph) {
        int right = 0;
        try (NDManager manager = graph.newManager()) {
            for (int i = 0; i < ITEMS; i++) {
                NDArray pixels =
                        new Feed(ai.djl.ndarray.types.DataType.UINT8, images[i], 1, 1, SIZE, SIZE)
                                .array(manager);
                NDArray logits = graph.predict(manager, Map.of("image", pixels)).get("logits");
                right += logits.argMax(1).getLong(0) == labels[i] ? 1 : 0;
            }
        }
        return Map.of("accuracy", right / (double) ITEMS);
    }

    private static TrainingPlan.Builder plan(Optimizer optimizer) {
        return TrainingPlan.builder()
                .seed(11)
                .epochs(4, 5)
                .optimizer(optimizer, 0.01, Schedule.cosine(0.1, 0.01))
                .clip(5);
    }

    @Test
    void aSmallNetworkLearnsToTellRowsFromColumns() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(12, 9)
                            .optimizer(Optimizer.adamW(0.01), 0.01, Schedule.cosine(0.1, 0))
                            .validate("accuracy", Better.HIGHER, this::accuracy)
                            .build();
            History history = new TrainingRun(graph, plan).run(this::loss);
            assertTrue(accuracy(graph).get("accuracy") > 0.95, history.curves().toString());
            assertEquals(12, history.epochs().size());
            assertTrue(
                    history.epochs().get(0).training().get("loss")
                            > history.epochs().get(11).training().get("loss"));
        }
    }

    @Test
    void aResumedRunEndsWithTheBitsOfAnUninterruptedOne() throws Exception {
        int variant = 0;
        for (Optimizer optimizer : List.of(Optimizer.sgd(1e-4), Optimizer.adamW(0.01))) {
            Map<String, float[]> whole;
            History expected;
            try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
                TrainingPlan plan =
                        plan(optimizer)
                                .averaging(0.9)
                                .validate("accuracy", Better.HIGHER, this::accuracy)
                                .build();
                expected = new TrainingRun(graph, plan).run(this::loss);
                whole = graph.values();
            }
            Path state = folder.resolve("state-" + variant++);
            int interruptions = 0;
            while (true) {
                // A new graph each time: nothing but the file carries over.
                AtomicLong steps = new AtomicLong();
                try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
                    TrainingPlan plan =
                            plan(optimizer)
                                    .averaging(0.9)
                                    .validate("accuracy", Better.HIGHER, this::accuracy)
                                    .checkpoints(state, Duration.ofHours(1))
                                    .cancelledWhen(() -> steps.incrementAndGet() == 7)
                                    .build();
                    History history = new TrainingRun(graph, plan).run(this::loss);
                    assertSame(whole, graph.values());
                    assertEquals(expected.best(), history.best());
                    for (int i = 0; i < expected.epochs().size(); i++) {
                        History.Epoch one = expected.epochs().get(i);
                        History.Epoch other = history.epochs().get(i);
                        assertEquals(one.training(), other.training());
                        assertEquals(one.validation(), other.validation());
                        assertEquals(one.rate(), other.rate());
                    }
                    break;
                } catch (CancellationException e) {
                    interruptions++;
                }
            }
            assertEquals(2, interruptions);
        }
    }

    private static void assertSame(Map<String, float[]> one, Map<String, float[]> other) {
        assertEquals(one.keySet(), other.keySet());
        one.forEach((name, values) -> assertArrayEquals(values, other.get(name), name));
    }

    @Test
    void aCheckpointOfAnotherPlanIsRefused() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            TrainingPlan plan = plan(Optimizer.sgd(0)).checkpoints(folder, Duration.ZERO).build();
            new TrainingRun(graph, plan).run(this::loss);
            TrainingPlan other =
                    plan(Optimizer.sgd(0)).seed(12).checkpoints(folder, Duration.ZERO).build();
            IOException refused =
                    assertThrows(
                            IOException.class, () -> new TrainingRun(graph, other).run(this::loss));
            assertTrue(refused.getMessage().contains("seed"), refused.getMessage());
        }
    }

    @Test
    void aFinishedRunIsNotRepeated() throws Exception {
        TrainingPlan plan =
                plan(Optimizer.sgd(0))
                        .validate("accuracy", Better.HIGHER, this::accuracy)
                        .checkpoints(folder, Duration.ofHours(1))
                        .build();
        History first;
        Map<String, float[]> trained;
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            first = new TrainingRun(graph, plan).run(this::loss);
            trained = graph.values();
        }
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            History again =
                    new TrainingRun(graph, plan)
                            .run(
                                    step -> {
                                        throw new AssertionError("trained again");
                                    });
            assertEquals(first.curves(), again.curves());
            assertSame(trained, graph.values());
        }
    }

    @Test
    void aDamagedCheckpointIsRefused() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            TrainingPlan plan = plan(Optimizer.sgd(0)).checkpoints(folder, Duration.ZERO).build();
            new TrainingRun(graph, plan).run(this::loss);
            Path file = folder.resolve(Checkpoint.FILE);
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 100] ^= 1;
            Files.write(file, bytes);
            IOException refused =
                    assertThrows(
                            IOException.class, () -> new TrainingRun(graph, plan).run(this::loss));
            assertTrue(refused.getMessage().contains("damaged"), refused.getMessage());
        }
    }

    @Test
    void frozenLayersKeepWeightsAndStatistics() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            graph.freeze("^(conv|bn)\\.");
            Map<String, float[]> before = graph.values();
            new TrainingRun(graph, plan(Optimizer.adamW(0.1)).build()).run(this::loss);
            Map<String, float[]> after = graph.values();
            before.forEach(
                    (name, values) ->
                            assertEquals(
                                    !name.startsWith("head"),
                                    Arrays.equals(values, after.get(name)),
                                    name));
        }
    }

    @Test
    void ratesDifferByThePatternOfAName() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            Map<String, float[]> before = graph.values();
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(1, 1)
                            .optimizer(Optimizer.adamW(0), 0.001, Schedule.constant())
                            .factor("^conv", 0.1)
                            .factor("^head", 10)
                            .build();
            new TrainingRun(graph, plan).run(this::loss);
            // The first step of Adam moves each weight by the learning rate.
            assertEquals(1e-4, moved(before, graph, "conv.weight"), 1e-6);
            assertEquals(1e-3, moved(before, graph, "bn.scale"), 1e-5);
            assertEquals(1e-2, moved(before, graph, "head.weight"), 1e-4);
        }
    }

    private static double moved(Map<String, float[]> before, TrainableGraph graph, String name) {
        float[] now = graph.values().get(name);
        double most = 0;
        for (int i = 0; i < now.length; i++) {
            most = Math.max(most, Math.abs(now[i] - before.get(name)[i]));
        }
        return most;
    }

    @Test
    void patienceEndsARunThatGetsNoBetterAndTheBestIsKept() throws Exception {
        List<Map<String, float[]>> seen = new ArrayList<>();
        double[] values = {0.5, 0.7, 0.6, 0.65, 0.9};
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(5, 2)
                            .validate(
                                    "score",
                                    Better.HIGHER,
                                    any -> {
                                        seen.add(any.values());
                                        return Map.of("score", values[seen.size() - 1]);
                                    })
                            .patience(2)
                            .build();
            History history = new TrainingRun(graph, plan).run(this::loss);
            assertEquals(4, history.epochs().size());
            assertEquals(2, history.best().getAsInt());
            assertSame(seen.get(1), graph.values());
        }
    }

    @Test
    void aLossThatIsNotFiniteEndsTheRunAndSaysWhere() {
        try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
            TrainingRun run = new TrainingRun(graph, plan(Optimizer.sgd(0)).build());
            ArithmeticException thrown =
                    assertThrows(
                            ArithmeticException.class,
                            () ->
                                    run.run(
                                            step ->
                                                    step.index() == 3
                                                            ? loss(step).mul(Double.NaN)
                                                            : loss(step)));
            assertTrue(thrown.getMessage().contains("epoch 1, step 4"), thrown.getMessage());
        }
    }

    @Test
    void eachItemIsPickedOncePerPassInAnotherOrder() {
        List<Integer> first = new ArrayList<>();
        List<Integer> second = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Step step = new Step(null, null, new Step.Place(3, i / 4, i % 4, 4));
            for (int item : step.pick(20, 5)) {
                (i < 4 ? first : second).add(item);
            }
        }
        assertFalse(first.equals(second));
        assertEquals(20, first.stream().distinct().count());
        assertEquals(20, second.stream().distinct().count());
    }

    /** A leak of what the optimizer remembers would cost 16 MB a round. */
    @Test
    void memoryStaysFlatOverFiftyRounds() throws Exception {
        Graph wide = wide();
        try (TrainableGraph graph = TrainableGraph.of(wide)) {
            for (int i = 0; i < 10; i++) {
                round(graph);
            }
            long before = residentBytes();
            for (int i = 0; i < 50; i++) {
                round(graph);
            }
            long grown = residentBytes() - before;
            assertTrue(grown < 100_000_000, "grown by " + grown + " bytes");
            try (NDManager manager = graph.newManager()) {
                assertEquals(
                        graph.names().size() + 2,
                        manager.getParentManager().getManagedArrays().size());
            }
        }
    }

    private static void round(TrainableGraph graph) throws Exception {
        TrainingPlan plan =
                TrainingPlan.builder()
                        .epochs(1, 1)
                        .optimizer(Optimizer.sgd(0), 1e-6, Schedule.constant())
                        .clip(1)
                        .build();
        new TrainingRun(graph, plan)
                .run(step -> step.forward(step.floats(new float[2048], 1, 2048)).square().mean());
    }

    private static Graph wide() {
        GraphBuilder graph = new GraphBuilder("wide");
        Value in = graph.input("in", DataType.FLOAT, "N", 2048);
        Value product =
                graph.node("MatMul", in, graph.constant("w", new float[2048 * 2048], 2048, 2048));
        graph.output(
                "out",
                graph.node(
                        "Mul",
                        graph.node("Sub", graph.constant("one", new float[] {1}, 1), product),
                        graph.scalar(2)),
                DataType.FLOAT,
                "N",
                2048);
        return graph.graph();
    }

    private static long residentBytes() throws IOException {
        System.gc();
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D+", ""));
            }
        }
        throw new IOException("no VmRSS");
    }
}
