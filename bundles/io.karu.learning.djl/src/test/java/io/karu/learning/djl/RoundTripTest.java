package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoundTripTest {
    private static final float TOLERANCE = 1e-4f;

    private static float[] random(long seed, int count, double scale) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }

    /** Pixels, normalised inside, through convolution, normalisation, pooling and a product. */
    static Graph small() {
        GraphBuilder graph = new GraphBuilder("small");
        Value image = graph.input("image", DataType.UINT8, "N", 1, 8, 8);
        Value pixels = graph.node("Cast", List.of(image), Attribute.integer("to", 1));
        Value centred =
                graph.node("Sub", pixels, graph.constant("mean", new float[] {128}, 1, 1, 1, 1));
        Value scaled = graph.node("Mul", centred, graph.scalar(1 / 64f));
        Value conv =
                graph.node(
                        "Conv",
                        List.of(
                                scaled,
                                graph.constant("conv.weight", random(1, 36, 0.5), 4, 1, 3, 3),
                                graph.constant("conv.bias", new float[4], 4)),
                        Attribute.integers("pads", 1, 1, 1, 1));
        Value normal =
                graph.node(
                        "BatchNormalization",
                        conv,
                        graph.constant("bn.scale", new float[] {1, 1.5f, 0.5f, 1}, 4),
                        graph.constant("bn.bias", new float[4], 4),
                        graph.constant("bn.mean", new float[] {0, 0.1f, 0, -0.2f}, 4),
                        graph.constant("bn.var", new float[] {1, 2, 1, 0.5f}, 4));
        Value active = graph.node("Relu", normal);
        Value pooled =
                graph.node(
                        "MaxPool",
                        List.of(active),
                        Attribute.integers("kernel_shape", 2, 2),
                        Attribute.integers("strides", 2, 2));
        Value flat = graph.node("Flatten", pooled);
        Value logits =
                graph.node(
                        "Gemm",
                        List.of(
                                flat,
                                graph.constant("head.weight", random(2, 3 * 64, 0.1), 3, 64),
                                graph.constant("head.bias", new float[3], 3)),
                        Attribute.integer("transB", 1));
        graph.output("logits", logits, DataType.FLOAT, "N", 3);
        return graph.graph();
    }

    @Test
    void aSmallNetworkComputesWhatOnnxRuntimeComputes() throws Exception {
        agree(small(), Map.of("image", Feed.bytes(3, 2, 1, 8, 8)));
    }

    @Test
    void weightsAreTrainedAndWrittenBackUnderTheirNames() throws Exception {
        Graph source = small();
        Map<String, Feed> feeds = Map.of("image", Feed.bytes(3, 4, 1, 8, 8));
        try (TrainableGraph graph = TrainableGraph.of(source)) {
            assertEquals(
                    List.of(
                            "conv.weight",
                            "conv.bias",
                            "bn.scale",
                            "bn.bias",
                            "bn.mean",
                            "bn.var",
                            "head.weight",
                            "head.bias"),
                    graph.names());
            Map<String, float[]> before = graph.values();
            try (NDManager step = graph.newManager()) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    NDArray logits =
                            graph.forward(step, arrays(step, feeds), Mode.TRAIN).get("logits");
                    collector.backward(logits.square().sum());
                }
                graph.trained()
                        .forEach(
                                (name, array) -> {
                                    try (NDArray gradient = array.getGradient()) {
                                        array.subi(gradient.mul(0.01));
                                    }
                                });
            }
            Graph written = graph.writeBack();
            for (String name : graph.names()) {
                float[] now = written.constant(name).orElseThrow().floats();
                assertFalse(java.util.Arrays.equals(before.get(name), now), name);
            }
            assertArrayEquals(new float[] {128}, written.constant("mean").orElseThrow().floats());
            agree(written, feeds);
        }
    }

    private static Map<String, NDArray> arrays(NDManager manager, Map<String, Feed> feeds) {
        Map<String, NDArray> arrays = new HashMap<>();
        feeds.forEach((name, feed) -> arrays.put(name, feed.array(manager)));
        return arrays;
    }

    static void agree(Graph graph, Map<String, Feed> feeds) throws Exception {
        Map<String, float[]> expected = Peer.run(graph, feeds);
        try (TrainableGraph trainable = TrainableGraph.of(graph);
                NDManager step = trainable.newManager()) {
            Map<String, NDArray> actual = trainable.predict(step, arrays(step, feeds));
            assertEquals(expected.keySet(), actual.keySet());
            expected.forEach(
                    (name, values) -> {
                        float[] own =
                                actual.get(name)
                                        .toType(ai.djl.ndarray.types.DataType.FLOAT32, false)
                                        .toFloatArray();
                        assertEquals(values.length, own.length, name);
                        assertArrayEquals(values, own, TOLERANCE, name);
                    });
        }
    }
}
