package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import io.karu.learning.backbone.KerasModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Graphs as others write them. */
class ExportedGraphsTest {
    private static final Path BACKBONE =
            Path.of("../../../shared/data/backbones/mobilenet_v1_1.0_224_tfjs");

    private static float[] numbers(int count) {
        return OperatorCases.numbers(count);
    }

    /** As PyTorch exports {@code view(x.size(0), -1)}: sizes are computed in the graph. */
    private static Graph pytorch() {
        GraphBuilder graph = new GraphBuilder("main_graph", 17);
        Value image = graph.input("input.1", DataType.FLOAT, "batch", 1, 6, 6);
        Value weight =
                graph.node(
                        "Constant",
                        List.of(),
                        Attribute.tensor("value", Constant.of("", numbers(36), 4, 1, 3, 3)));
        Value conv =
                graph.node("Conv", image, weight, graph.constant("features.0.bias", numbers(4), 4));
        Value active = graph.node("Clip", conv, graph.scalar(0), graph.scalar(Float.MAX_VALUE));
        Value batch =
                graph.node(
                        "Gather",
                        List.of(graph.node("Shape", active), graph.constant(new long[] {0})),
                        Attribute.integer("axis", 0));
        Value shape =
                graph.node(
                        "Concat",
                        List.of(graph.node("Unsqueeze", batch, graph.vector(0)), graph.vector(-1)),
                        Attribute.integer("axis", 0));
        Value flat = graph.node("Reshape", active, shape);
        Value product =
                graph.node("MatMul", flat, graph.constant("fc.weight", numbers(64 * 2), 64, 2));
        graph.output(
                "output",
                graph.node("Add", graph.constant("fc.bias", numbers(2), 2), product),
                DataType.FLOAT,
                "batch",
                2);
        return graph.graph();
    }

    /** As tf2onnx exports: NHWC outside, transposed around the convolution. */
    private static Graph tensorflow() {
        GraphBuilder graph = new GraphBuilder("tf2onnx", 15);
        Value image = graph.input("x:0", DataType.FLOAT, "unk__1", 7, 7, 3);
        Value first =
                graph.node("Transpose", List.of(image), Attribute.integers("perm", 0, 3, 1, 2));
        Value conv =
                graph.node(
                        "Conv",
                        List.of(first, graph.constant("model/conv/W", numbers(54), 2, 3, 3, 3)),
                        Attribute.text("auto_pad", "SAME_UPPER"),
                        Attribute.integers("strides", 2, 2));
        Value bias =
                graph.node("Add", conv, graph.constant("model/conv/b", numbers(2), 1, 2, 1, 1));
        Value last =
                graph.node(
                        "Transpose",
                        List.of(graph.node("Relu", bias)),
                        Attribute.integers("perm", 0, 2, 3, 1));
        Value mean =
                graph.node(
                        "ReduceMean",
                        List.of(last),
                        Attribute.integers("axes", 1, 2),
                        Attribute.integer("keepdims", 0));
        graph.output("Identity:0", mean, DataType.FLOAT, "unk__1", 2);
        return graph.graph();
    }

    @Test
    void graphsOfPyTorchAreTrainedAndReturn() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(pytorch())) {
            assertEquals(4, graph.trained().size());
            assertTrue(graph.names().containsAll(List.of("fc.weight", "fc.bias")));
        }
        trained(pytorch(), "input.1", 3, 1, 6, 6);
    }

    @Test
    void graphsOfTensorFlowAreTrainedAndReturn() throws Exception {
        try (TrainableGraph graph = TrainableGraph.of(tensorflow())) {
            assertEquals(List.of("model/conv/W", "model/conv/b"), graph.names());
        }
        trained(tensorflow(), "x:0", 3, 7, 7, 3);
    }

    @Test
    void theGivenMobileNetIsTrainedAndReturns() throws Exception {
        assumeTrue(Files.isDirectory(BACKBONE), BACKBONE + " is absent");
        GraphBuilder graph = new GraphBuilder("mobilenet");
        Value image = graph.input("image", DataType.FLOAT, "N", 3, 64, 64);
        Map<String, Value> layers =
                KerasModel.read(BACKBONE).append(graph, image, "conv_pw_6_relu");
        Value mean = graph.node("GlobalAveragePool", layers.get("conv_pw_6_relu"));
        graph.output("features", mean, DataType.FLOAT, "N", 512, 1, 1);
        trained(graph.graph(), "image", 2, 3, 64, 64);
    }

    private static Graph trained(Graph source, String input, long... shape) throws Exception {
        Map<String, Feed> feeds = Map.of(input, Feed.floats(8, -1, 1, shape));
        RoundTripTest.agree(source, feeds);
        try (TrainableGraph graph = TrainableGraph.of(source)) {
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(2, 3)
                            .optimizer(Optimizer.sgd(0), 1e-3, Schedule.constant())
                            .clip(1)
                            .build();
            History history =
                    new TrainingRun(graph, plan)
                            .run(
                                    step -> {
                                        NDArray image = feeds.get(input).array(step.manager());
                                        NDArray output = step.forward(image);
                                        return Losses.squared(output, output.onesLike());
                                    });
            double first = history.epochs().get(0).training().get("loss");
            double last = history.epochs().get(1).training().get("loss");
            assertTrue(last < first, first + " became " + last);
            Graph written = graph.writeBack();
            RoundTripTest.agree(written, feeds);
            return written;
        }
    }
}
