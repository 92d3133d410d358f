package io.karu.training.compression;

import io.karu.learning.backbone.KerasModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.Weights;
import io.karu.training.compression.StudentTeacher.Trunk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Networks that the benchmark measures on. */
final class Networks {
    private Networks() {}

    /** ResNet-18 to the end of its third stage, batch normalisation folded. */
    static Trunk resNet18(int side, long seed) {
        Graph graph = ResNet.eighteen().weights(Weights.seeded(seed)).graph(side, side);
        List<String> features = List.of("layer1.1.relu2", "layer2.1.relu2", "layer3.1.relu2");
        graph.setOutputs(List.of());
        graph.expose(features);
        graph.prune();
        Folding.fold(graph);
        return new Trunk(graph, features);
    }

    /**
     * The given MobileNetV1 to its fifth block, as trained on ImageNet.
     *
     * @param folder with {@code model.json} and weights
     */
    static Trunk mobileNetV1(Path folder, int side) throws IOException {
        GraphBuilder builder = new GraphBuilder("mobilenet-v1");
        Value image = builder.input("image", DataType.FLOAT, "N", 3, side, side);
        Map<String, Value> layers =
                KerasModel.read(folder).append(builder, image, "conv_pw_5_relu");
        List<String> features =
                List.of(layers.get("conv_pw_3_relu").name(), layers.get("conv_pw_5_relu").name());
        builder.output("end", layers.get("conv_pw_5_relu"), DataType.FLOAT);
        Graph graph = builder.graph();
        graph.bypass(graph.node("end").orElseThrow());
        graph.setOutputs(List.of());
        List<String> kept = new ArrayList<>();
        for (String feature : features) {
            kept.add(graph.has(feature) ? feature : "end");
        }
        graph.expose(kept);
        graph.prune();
        Folding.fold(graph);
        return new Trunk(graph, kept);
    }

    /** A student of plain convolutions that sees what MobileNetV1 sees at strides 4 and 8. */
    static Trunk plainStudent(int side, long seed) {
        GraphBuilder builder = new GraphBuilder("student");
        Weights weights = Weights.seeded(seed);
        Value at = builder.input("image", DataType.FLOAT, "N", 3, side, side);
        at = conv(builder, weights, "conv1", at, new int[] {3, 32, 2}, true);
        at = conv(builder, weights, "conv2", at, new int[] {32, 64, 2}, true);
        Value low = conv(builder, weights, "conv3", at, new int[] {64, 128, 1}, true);
        at = conv(builder, weights, "conv4", low, new int[] {128, 128, 2}, true);
        at = conv(builder, weights, "conv5", at, new int[] {128, 128, 1}, true);
        Value high = conv(builder, weights, "high", at, new int[] {128, 256, 1}, false);
        Value lower = conv(builder, weights, "low", low, new int[] {128, 128, 1}, false);
        builder.output("end", high, DataType.FLOAT);
        Graph graph = builder.graph();
        graph.remove(graph.node("end").orElseThrow());
        graph.setOutputs(List.of());
        graph.expose(List.of(lower.name(), high.name()));
        return new Trunk(graph, List.of(lower.name(), high.name()));
    }

    private static Value conv(
            GraphBuilder builder,
            Weights weights,
            String name,
            Value in,
            int[] form,
            boolean relu) {
        String weight = name + ".weight";
        String bias = name + ".bias";
        Value conv =
                builder.named(
                        name,
                        "Conv",
                        List.of(
                                in,
                                builder.constant(
                                        weight,
                                        weights.of(weight, form[1], form[0], 3, 3),
                                        form[1],
                                        form[0],
                                        3,
                                        3),
                                builder.constant(bias, new float[form[1]], form[1])),
                        Attribute.integers("kernel_shape", 3, 3),
                        Attribute.integers("strides", form[2], form[2]),
                        Attribute.integers("pads", 1, 1, 1, 1));
        return relu ? builder.named(name + ".relu", "Relu", List.of(conv)) : conv;
    }

    /** Eight 3 × 3 convolutions of 256 channels on 28 × 28 pixels: what int8 kernels do best. */
    static Graph convolutions() {
        GraphBuilder builder = new GraphBuilder("convolutions");
        Weights weights = Weights.seeded(1);
        Value at = builder.input("image", DataType.FLOAT, 1, 256, 28, 28);
        for (int i = 0; i < 8; i++) {
            at = conv(builder, weights, "conv" + i, at, new int[] {256, 256, 1}, true);
        }
        builder.output("end", at, DataType.FLOAT);
        Graph graph = builder.graph();
        graph.bypass(graph.node("end").orElseThrow());
        return graph;
    }
}
