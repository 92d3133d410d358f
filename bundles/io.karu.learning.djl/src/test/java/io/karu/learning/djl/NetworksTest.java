package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.karu.onnx.Graph;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.VisionTransformer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whole networks: trained for some steps, written back, and compared with ONNX Runtime. */
class NetworksTest {
    private static final int SIZE = 32;
    private static final int CLASSES = 4;

    private static Map<String, Graph> networks() {
        Map<String, Graph> networks = new LinkedHashMap<>();
        networks.put(
                "ResNet-18", ResNet.eighteen().smallImages().classes(CLASSES).graph(SIZE, SIZE));
        networks.put(
                "MobileNetV2", new MobileNetV2().smallImages().classes(CLASSES).graph(SIZE, SIZE));
        networks.put(
                "vision transformer",
                new VisionTransformer()
                        .patch(8)
                        .width(64, 4)
                        .depth(3)
                        .classes(CLASSES)
                        .graph(SIZE));
        return networks;
    }

    @TestFactory
    Stream<DynamicTest> trainedNetworksReturnAsOnnxThatComputesTheSame() {
        return networks().entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> roundTrip(one.getValue())));
    }

    private static void roundTrip(Graph network) throws Exception {
        Map<String, Feed> feeds = Map.of("image", Feed.floats(4, -1, 1, 4, 3, SIZE, SIZE));
        RoundTripTest.agree(network, feeds);
        try (TrainableGraph graph = TrainableGraph.of(network)) {
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(2, 4)
                            .optimizer(Optimizer.sgd(1e-4), 0.01, Schedule.constant())
                            .clip(1)
                            .build();
            History history =
                    new TrainingRun(graph, plan)
                            .run(
                                    step -> {
                                        NDArray image = feeds.get("image").array(step.manager());
                                        NDArray target =
                                                Losses.target(
                                                        step.integers(new long[] {0, 1, 2, 3}, 4),
                                                        CLASSES,
                                                        0);
                                        return Losses.crossEntropy(step.forward(image), target);
                                    });
            assertTrue(
                    history.epochs().get(1).training().get("loss")
                            < history.epochs().get(0).training().get("loss"));
            Graph written = graph.writeBack();
            assertEquals(
                    network.nodes().stream().map(Object::toString).toList(),
                    written.nodes().stream().map(Object::toString).toList());
            RoundTripTest.agree(written, feeds);
            try (NDManager manager = graph.newManager()) {
                assertEquals(
                        graph.getOutputShapes(
                                        new ai.djl.ndarray.types.Shape[] {
                                            new ai.djl.ndarray.types.Shape(4, 3, SIZE, SIZE)
                                        })[0],
                        new ai.djl.ndarray.types.Shape(4, CLASSES));
                assertTrue(manager.getManagedArrays().isEmpty());
            }
        }
    }
}
