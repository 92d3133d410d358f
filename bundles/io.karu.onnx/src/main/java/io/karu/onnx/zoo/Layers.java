package io.karu.onnx.zoo;

import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.util.List;

/** Layers of the architectures, named as torchvision names them. */
final class Layers {
    static final float EPSILON = 1e-5f;

    private final GraphBuilder graph;
    private final Weights weights;

    Layers(GraphBuilder graph, Weights weights) {
        this.graph = graph;
        this.weights = weights;
    }

    /** What a convolution does to its input; padding keeps the size but for the stride. */
    record Kernel(int channels, int size, int stride, int groups) {}

    /** Convolution without bias. */
    Value conv(String name, Value in, int channels, Kernel kernel) {
        Value weight =
                parameter(
                        name + ".weight",
                        kernel.channels(),
                        channels / kernel.groups(),
                        kernel.size(),
                        kernel.size());
        int pad = kernel.size() / 2;
        return graph.named(
                name,
                "Conv",
                List.of(in, weight),
                Attribute.integers("kernel_shape", kernel.size(), kernel.size()),
                Attribute.integers("strides", kernel.stride(), kernel.stride()),
                Attribute.integers("pads", pad, pad, pad, pad),
                Attribute.integer("group", kernel.groups()));
    }

    Value batchNorm(String name, Value in, int channels) {
        return graph.named(
                name,
                "BatchNormalization",
                List.of(
                        in,
                        parameter(name + ".weight", channels),
                        parameter(name + ".bias", channels),
                        parameter(name + ".running_mean", channels),
                        parameter(name + ".running_var", channels)),
                Attribute.floating("epsilon", EPSILON));
    }

    Value relu(String name, Value in) {
        return graph.named(name, "Relu", List.of(in));
    }

    Value relu6(String name, Value in) {
        return graph.named(name, "Clip", List.of(in, graph.scalar(0), graph.scalar(6)));
    }

    Value add(String name, Value first, Value second) {
        return graph.named(name, "Add", List.of(first, second));
    }

    /** {@code [N,C,H,W]} to the mean of each channel, {@code [N,C]}. */
    Value pooled(Value in) {
        Value mean = graph.named("avgpool", "GlobalAveragePool", List.of(in));
        return graph.named("flatten", "Flatten", List.of(mean));
    }

    /** {@code [N,in]} to {@code [N,out]}, with bias. */
    Value classifier(String name, Value in, int from, int to) {
        return graph.named(
                name,
                "Gemm",
                List.of(in, parameter(name + ".weight", to, from), parameter(name + ".bias", to)),
                Attribute.integer("transB", 1));
    }

    /** {@code […,in]} to {@code […,out]}, with bias, as exporters write linear layers. */
    Value linear(String name, Value in, int from, int to) {
        float[] rows = weights.of(name + ".weight", to, from);
        float[] columns = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            columns[i % from * to + i / from] = rows[i];
        }
        Value product =
                graph.named(
                        name + ".matmul",
                        "MatMul",
                        List.of(in, graph.constant(name + ".weight", columns, from, to)));
        return add(name, product, parameter(name + ".bias", to));
    }

    Value layerNorm(String name, Value in, int width) {
        return graph.named(
                name,
                "LayerNormalization",
                List.of(in, parameter(name + ".weight", width), parameter(name + ".bias", width)),
                Attribute.floating("epsilon", 1e-6f));
    }

    Value parameter(String name, long... shape) {
        return graph.constant(name, weights.of(name, shape), shape);
    }
}
