package io.karu.learning.inspect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.ClassificationInspector;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A graph whose first class is how bright the image is beside its template. */
class ClassificationInspectorTest {
    private static final OnnxEngine ENGINE = new OnnxEngine(OrtEnvironment.getEnvironment());
    private static final List<Long> SHAPE = List.of(-1L, 1L, 8L, 8L);

    @TempDir Path temp;
    private ModelVersionFolder version;

    @BeforeEach
    void write() throws Exception {
        ModelCard card =
                new ModelCard(
                        "brighter",
                        "1",
                        ModelCard.Task.CLASSIFICATION,
                        List.of("brighter", "darker"),
                        List.of(
                                new TensorInfo("image", ElementType.UINT8, SHAPE),
                                new TensorInfo("template", ElementType.UINT8, SHAPE)),
                        List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(-1L, 2L))),
                        new Preprocessing(
                                Preprocessing.Color.GRAY,
                                Preprocessing.Scaling.AREA,
                                Preprocessing.Fit.STRETCH,
                                0),
                        Map.of("threshold", 0.5, "accept.darker", 1.0),
                        "for tests");
        List<Long> one = List.of(1L, 1L, 8L, 8L);
        byte[] bright = new byte[64];
        Arrays.fill(bright, (byte) 200);
        version =
                new TrainedModel(card, graph())
                        .golden(
                                Map.of(
                                        "image", new TrainedModel.Input(one, bright),
                                        "template", new TrainedModel.Input(one, new byte[64])))
                        .write(ENGINE, temp.resolve("brighter-1"));
    }

    @AfterAll
    static void close() {
        ENGINE.close();
    }

    @Test
    void goldenOutputsAreWhatTheEngineComputed() throws IOException {
        byte[] output =
                Files.readAllBytes(version.root().resolve("golden/case-1.out.probability.bin"));
        assertEquals(2 * Float.BYTES, output.length);
        float first =
                java.nio.ByteBuffer.wrap(output).order(java.nio.ByteOrder.LITTLE_ENDIAN).getFloat();
        assertTrue(first > 0.99, "probability " + first);
        assertArrayEquals(
                new long[] {1, 2},
                version.golden().get(0).shape("probability").stream()
                        .mapToLong(Long::longValue)
                        .toArray());
    }

    @Test
    void aFolderOfSomethingElseIsNotOverwritten() throws Exception {
        Path home = Files.createDirectories(temp.resolve("home"));
        Files.writeString(home.resolve("letter.txt"), "dear");
        TrainedModel model =
                new TrainedModel(version.card(), graph())
                        .golden(
                                Map.of(
                                        "image",
                                        new TrainedModel.Input(
                                                List.of(1L, 1L, 8L, 8L), new byte[64])));
        assertThrows(IOException.class, () -> model.write(ENGINE, home));
        assertTrue(Files.exists(home.resolve("letter.txt")));
    }

    @Test
    void theRejectingClassesDecide() throws Exception {
        try (InferenceSession session =
                        ENGINE.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                ClassificationInspector inspector = new ClassificationInspector(Set.of())) {
            inspector.prepare(version.card(), session, 30, 20);
            assertTrue(inspector.comparesWithTemplate());
            inspector.fill(plain(180), plain(20));
            inspector.run();
            assertEquals("brighter", inspector.findings(0.5).get(0).label());
            assertEquals(0, inspector.mostProbable());
            inspector.fill(plain(20), plain(180));
            inspector.run();
            assertEquals(List.of(), inspector.findings(0.5));
            assertTrue(inspector.highestBelow() < 0.01);
            assertThrows(IllegalArgumentException.class, () -> inspector.fill(plain(1)));
        }
    }

    @Test
    void onceWarmOnlyFindingsAreAllocated() throws Exception {
        try (InferenceSession session =
                        ENGINE.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                ClassificationInspector inspector = new ClassificationInspector(Set.of())) {
            GrayImage image = plain(20);
            GrayImage template = plain(180);
            var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < 50; i++) {
                inspector.prepare(version.card(), session, 30, 20);
                long before = threads.getCurrentThreadAllocatedBytes();
                inspector.fill(image, template);
                inspector.findings(0.5);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                inspector.run();
            }
            assertTrue(least < 256, least + " bytes in one frame");
        }
    }

    private static GrayImage plain(int value) {
        byte[] pixels = new byte[30 * 20];
        Arrays.fill(pixels, (byte) value);
        return new GrayImage(30, 20, pixels);
    }

    private static byte[] graph() {
        GraphBuilder graph = new GraphBuilder("brighter");
        Value image = floating(graph, graph.input("image", DataType.UINT8, "N", 1, 8, 8));
        Value template = floating(graph, graph.input("template", DataType.UINT8, "N", 1, 8, 8));
        Value more = graph.node("Sub", image, template);
        Value mean = graph.node("Flatten", graph.node("GlobalAveragePool", more));
        Value scores =
                graph.node("MatMul", mean, graph.constant(new float[] {0.05f, -0.05f}, 1, 2));
        graph.output("probability", graph.node("Softmax", scores), DataType.FLOAT, "N", 2);
        return graph.build().toByteArray();
    }

    private static Value floating(GraphBuilder graph, Value value) {
        return graph.node(
                "Cast", List.of(value), Attribute.integer("to", DataType.FLOAT.getNumber()));
    }
}
