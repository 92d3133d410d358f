package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.VisionTransformer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Transfer learning and distillation. */
class TransferTest {
    private static final int SIZE = 32;

    @TestFactory
    Stream<DynamicTest> aHeadIsReplacedByOneOfOtherClasses() {
        return Map.of(
                        "ResNet", ResNet.eight().graph(SIZE, SIZE),
                        "MobileNetV2", new MobileNetV2().smallImages().graph(SIZE, SIZE),
                        "transformer",
                                new VisionTransformer()
                                        .patch(8)
                                        .width(32, 2)
                                        .depth(1)
                                        .classes(10)
                                        .graph(SIZE))
                .entrySet()
                .stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> replaced(one.getValue())));
    }

    private static void replaced(Graph network) throws Exception {
        Graph other = Head.replace(network, "logits", 3, 1);
        assertEquals(3, other.outputs().get(0).shape().size(1));
        Map<String, Feed> feeds = Map.of("image", Feed.floats(1, 0, 1, 2, 3, SIZE, SIZE));
        assertEquals(2 * 3, Peer.run(other, feeds).get("logits").length);
        RoundTripTest.agree(other, feeds);
        assertEquals(
                network.constants().stream().map(each -> each.name()).toList(),
                other.constants().stream().map(each -> each.name()).toList());
    }

    @Test
    void aConvolutionOfOnePlaceAndItsReshapeAreAHeadToo() throws Exception {
        GraphBuilder graph = new GraphBuilder("head");
        Value image = graph.input("image", DataType.FLOAT, "N", 4, 1, 1);
        Value scores =
                graph.node(
                        "Conv",
                        image,
                        graph.constant("w", new float[7 * 4], 7, 4, 1, 1),
                        graph.constant("b", new float[7], 7));
        Value flat = graph.node("Reshape", scores, graph.vector(-1, 7));
        graph.output("scores", graph.node("Softmax", flat), DataType.FLOAT, "N", 7);
        Graph replaced = Head.replace(graph.graph(), "scores", 2, 1);
        Map<String, Feed> feeds = Map.of("image", Feed.floats(1, 0, 1, 3, 4, 1, 1));
        assertEquals(3 * 2, Peer.run(replaced, feeds).get("scores").length);
    }

    @Test
    void aGraphWithoutAClassifierIsRefused() {
        GraphBuilder graph = new GraphBuilder("none");
        Value in = graph.input("in", DataType.FLOAT, 2);
        graph.output("out", graph.node("Relu", in), DataType.FLOAT, 2);
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Head.replace(graph.graph(), "out", 2, 1));
        assertTrue(refused.getMessage().contains("out"), refused.getMessage());
    }

    /** A teacher with other weights: logits and features between nodes come nearer. */
    @Test
    void aStudentComesNearerToItsTeachersLogitsAndFeatures() throws Exception {
        Graph network = RoundTripTest.small();
        List<String> values = List.of("logits", feature(network));
        try (TrainableGraph student = TrainableGraph.of(network);
                TrainableGraph teacher = TrainableGraph.of(Head.replace(network, "logits", 3, 9))) {
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(6, 10)
                            .optimizer(Optimizer.adamW(0), 0.01, Schedule.cosine(0.05, 0.1))
                            .build();
            Map<String, float[]> before = teacher.values();
            History history =
                    new TrainingRun(student, plan)
                            .run(
                                    step -> {
                                        byte[] pixels = new byte[8 * 64];
                                        for (int i = 0; i < pixels.length; i++) {
                                            pixels[i] = (byte) step.random().nextInt(256);
                                        }
                                        Map<String, NDArray> feeds =
                                                Map.of("image", step.pixels(pixels, 8, 1, 8, 8));
                                        NDManager manager = step.manager();
                                        var wanted = teacher.predict(manager, feeds, values);
                                        var got = step.forward(feeds, values);
                                        NDArray logits =
                                                Losses.distillation(
                                                        got.get("logits"), wanted.get("logits"), 2);
                                        NDArray features =
                                                Losses.cosine(
                                                        got.get(values.get(1)),
                                                        wanted.get(values.get(1)));
                                        return logits.add(features);
                                    });
            double first = history.epochs().get(0).training().get("loss");
            double last = history.epochs().get(5).training().get("loss");
            assertTrue(last < 0.6 * first, first + " became " + last);
            Map<String, float[]> after = teacher.values();
            before.forEach((name, weights) -> assertArrayEquals(weights, after.get(name), name));
        }
    }

    private static String feature(Graph network) {
        return network.nodes().stream()
                .filter(node -> node.is("MaxPool"))
                .findFirst()
                .orElseThrow()
                .output();
    }
}
