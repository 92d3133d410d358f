package io.karu.learning.djl;

import io.karu.onnx.proto.AttributeProto;
import java.util.List;

/** Convolutions, pooling, products, normalisations. */
final class ConvolutionCases extends OperatorCases {
    ConvolutionCases() {
        convolutions();
        normalizations();
    }

    private void convolutions() {
        long[] image = shape(2, 4, 9, 10);
        add("Conv", image, conv(new long[] {6, 4, 3, 3}, ints("pads", 1, 1, 1, 1)));
        add("Conv stride", image, conv(new long[] {6, 4, 3, 3}, ints("strides", 2, 1)));
        add(
                "Conv dilated",
                image,
                conv(new long[] {6, 4, 3, 3}, ints("dilations", 2, 3), ints("pads", 2, 3, 2, 3)));
        add("Conv grouped", image, conv(new long[] {6, 2, 3, 3}, one("group", 2)));
        add(
                "Conv depthwise",
                image,
                conv(new long[] {4, 1, 3, 3}, one("group", 4), ints("pads", 1, 1, 1, 1)));
        add("Conv asymmetric", image, conv(new long[] {6, 4, 3, 2}, ints("pads", 0, 1, 2, 0)));
        add(
                "Conv SAME_UPPER",
                image,
                conv(
                        new long[] {6, 4, 3, 3},
                        text("auto_pad", "SAME_UPPER"),
                        ints("strides", 2, 2)));
        add(
                "Conv SAME_LOWER",
                image,
                conv(
                        new long[] {6, 4, 2, 2},
                        text("auto_pad", "SAME_LOWER"),
                        ints("strides", 2, 2)));
        add("Conv no bias", image, (g, x) -> g.node("Conv", x, numbers(g, "w", 5, 4, 1, 1)));
        add("Conv 1-D", shape(2, 3, 11), (g, x) -> g.node("Conv", x, numbers(g, "w", 5, 3, 3)));
        add("ConvTranspose", image, transposed(new long[] {4, 5, 3, 3}));
        add(
                "ConvTranspose stride",
                image,
                transposed(
                        new long[] {4, 5, 4, 4}, ints("strides", 2, 2), ints("pads", 1, 1, 1, 1)));
        add(
                "ConvTranspose form",
                image,
                transposed(
                        new long[] {4, 3, 3, 2},
                        one("group", 2),
                        ints("strides", 3, 2),
                        ints("pads", 0, 1, 1, 0),
                        ints("output_padding", 1, 1),
                        ints("dilations", 1, 2)));
        add(
                "MaxPool",
                image,
                unary(
                        "MaxPool",
                        ints("kernel_shape", 3, 3),
                        ints("strides", 2, 2),
                        ints("pads", 1, 1, 1, 1)));
        add(
                "MaxPool asymmetric",
                image,
                unary("MaxPool", ints("kernel_shape", 2, 3), ints("pads", 0, 1, 1, 0)));
        add(
                "MaxPool ceil",
                image,
                unary(
                        "MaxPool",
                        ints("kernel_shape", 2, 2),
                        ints("strides", 2, 2),
                        one("ceil_mode", 1)));
        add(
                "MaxPool SAME",
                image,
                unary("MaxPool", ints("kernel_shape", 2, 2), text("auto_pad", "SAME_UPPER")));
        add(
                "AveragePool",
                image,
                unary(
                        "AveragePool",
                        ints("kernel_shape", 3, 3),
                        ints("strides", 2, 2),
                        ints("pads", 1, 1, 1, 1)));
        add(
                "AveragePool counting",
                image,
                unary(
                        "AveragePool",
                        ints("kernel_shape", 3, 3),
                        ints("pads", 1, 1, 1, 1),
                        one("count_include_pad", 1)));
        add(
                "AveragePool asymmetric",
                image,
                unary("AveragePool", ints("kernel_shape", 3, 2), ints("pads", 1, 0, 2, 1)));
        add(
                "AveragePool asymmetric counting",
                image,
                unary(
                        "AveragePool",
                        ints("kernel_shape", 3, 2),
                        ints("pads", 1, 0, 2, 1),
                        one("count_include_pad", 1)));
        add("GlobalAveragePool", image, unary("GlobalAveragePool"));
        add("GlobalMaxPool", image, unary("GlobalMaxPool"));
        add(
                "Gemm",
                shape(3, 4),
                (g, x) -> g.node("Gemm", x, numbers(g, "w", 4, 5), numbers(g, "b", 5)));
        add(
                "Gemm form",
                shape(4, 3),
                (g, x) ->
                        g.node(
                                "Gemm",
                                List.of(x, numbers(g, "w", 5, 4), numbers(g, "b", 3, 1)),
                                one("transA", 1),
                                one("transB", 1),
                                real("alpha", 0.5),
                                real("beta", 2)));
        add("MatMul", shape(2, 3, 4), (g, x) -> g.node("MatMul", x, numbers(g, "w", 4, 5)));
        add(
                "MatMul batches",
                shape(2, 1, 3, 4),
                (g, x) -> g.node("MatMul", x, numbers(g, "w", 3, 4, 2)));
        add("MatMul vector", shape(2, 3, 4), (g, x) -> g.node("MatMul", x, numbers(g, "w", 4)));
    }

    private static Body conv(long[] weight, AttributeProto... attributes) {
        return (g, x) ->
                g.node(
                        "Conv",
                        List.of(x, numbers(g, "w", weight), numbers(g, "b", weight[0])),
                        attributes);
    }

    private static Body transposed(long[] weight, AttributeProto... attributes) {
        return (g, x) -> g.node("ConvTranspose", List.of(x, numbers(g, "w", weight)), attributes);
    }

    private void normalizations() {
        long[] image = shape(2, 4, 5, 6);
        add(
                "BatchNormalization",
                image,
                (g, x) ->
                        g.node(
                                "BatchNormalization",
                                List.of(
                                        x,
                                        numbers(g, "s", 4),
                                        numbers(g, "b", 4),
                                        numbers(g, "m", 4),
                                        g.constant("v", new float[] {0.5f, 1, 2, 0.1f}, 4)),
                                real("epsilon", 1e-3)));
        add(
                "LayerNormalization",
                shape(2, 3, 8),
                (g, x) -> g.node("LayerNormalization", x, numbers(g, "s", 8), numbers(g, "b", 8)));
        add(
                "LayerNormalization axis",
                shape(2, 3, 8),
                (g, x) ->
                        g.node(
                                "LayerNormalization",
                                List.of(x, numbers(g, "s", 3, 8)),
                                one("axis", 1),
                                real("epsilon", 1e-3)));
        add(
                "InstanceNormalization",
                image,
                (g, x) ->
                        g.node("InstanceNormalization", x, numbers(g, "s", 4), numbers(g, "b", 4)));
        add(
                "GroupNormalization",
                21,
                image,
                (g, x) ->
                        g.node(
                                "GroupNormalization",
                                List.of(x, numbers(g, "s", 4), numbers(g, "b", 4)),
                                one("num_groups", 2)));
        add("LRN", image, unary("LRN", one("size", 3), real("alpha", 0.5), real("bias", 2)));
        add("MeanVarianceNormalization", image, unary("MeanVarianceNormalization"));
        add(
                "LpPool",
                image,
                unary("LpPool", ints("kernel_shape", 3, 2), ints("strides", 2, 1), one("p", 3)));
        add(
                "LpPool padded",
                image,
                unary("LpPool", ints("kernel_shape", 2, 2), ints("pads", 1, 0, 0, 1)));
        add(
                "MaxPool dilated",
                image,
                unary(
                        "MaxPool",
                        ints("kernel_shape", 2, 3),
                        ints("dilations", 2, 2),
                        ints("strides", 1, 2),
                        ints("pads", 1, 1, 1, 1)));
        add("LpNormalization", image, unary("LpNormalization", one("axis", 1)));
        add("LpNormalization 1", image, unary("LpNormalization", one("axis", -1), one("p", 1)));
    }
}
