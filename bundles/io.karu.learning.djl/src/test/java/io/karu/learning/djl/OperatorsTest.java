package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.OnnxException;
import io.karu.onnx.Value;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each operator in its forms, against ONNX Runtime. */
class OperatorsTest {
    private interface Body {
        Value build(GraphBuilder graph, Value input);
    }

    private record Case(String name, long opset, double low, double high, long[] shape, Body body) {
        Graph graph() {
            GraphBuilder graph = new GraphBuilder("case", opset);
            Object[] sizes = new Object[shape.length];
            for (int i = 0; i < shape.length; i++) {
                sizes[i] = shape[i];
            }
            Value input = graph.input("x", DataType.FLOAT, sizes);
            Value result = body.build(graph, input);
            Object[] open = {"any"};
            graph.output("y", result, DataType.FLOAT, open);
            Graph built = graph.graph();
            // The shape of the result is for ONNX Runtime to find.
            built.setOutputs(
                    List.of(
                            new io.karu.onnx.TensorType(
                                    "y", DataType.FLOAT, io.karu.onnx.Shape.UNRANKED)));
            return built;
        }
    }

    private final List<Case> cases = new ArrayList<>();

    private void add(String name, long opset, long[] shape, Body body) {
        cases.add(new Case(name, opset, -2, 2, shape, body));
    }

    private void add(String name, long[] shape, Body body) {
        add(name, 17, shape, body);
    }

    private void positive(String name, long[] shape, Body body) {
        cases.add(new Case(name, 17, 0.2, 3, shape, body));
    }

    private static long[] shape(long... sizes) {
        return sizes;
    }

    private static float[] numbers(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.sin(1.7 * i + 0.3);
        }
        return values;
    }

    private static Value numbers(GraphBuilder graph, String name, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        return graph.constant(name, numbers(count), shape);
    }

    private static Body unary(String operator, AttributeProto... attributes) {
        return (graph, x) -> graph.node(operator, List.of(x), attributes);
    }

    private static AttributeProto ints(String name, long... values) {
        return Attribute.integers(name, values);
    }

    private static AttributeProto one(String name, long value) {
        return Attribute.integer(name, value);
    }

    private static AttributeProto text(String name, String value) {
        return Attribute.text(name, value);
    }

    private static AttributeProto real(String name, double value) {
        return Attribute.floating(name, (float) value);
    }

    private void elementwise() {
        long[] shape = shape(2, 3, 4, 5);
        for (String operator :
                List.of(
                        "Abs",
                        "Neg",
                        "Exp",
                        "Erf",
                        "Sin",
                        "Cos",
                        "Floor",
                        "Ceil",
                        "Round",
                        "Sign",
                        "Identity",
                        "Relu",
                        "Sigmoid",
                        "Tanh",
                        "Softplus",
                        "Softsign",
                        "HardSwish",
                        "HardSigmoid",
                        "LeakyRelu",
                        "Elu",
                        "Selu")) {
            add(operator, shape, unary(operator));
        }
        for (String operator : List.of("Sqrt", "Log", "Reciprocal")) {
            positive(operator, shape, unary(operator));
        }
        add("Mish", 18, shape, unary("Mish"));
        add("Gelu", 20, shape, unary("Gelu"));
        add("Gelu tanh", 20, shape, unary("Gelu", text("approximate", "tanh")));
        add("LeakyRelu alpha", shape, unary("LeakyRelu", real("alpha", 0.2)));
        add("Elu alpha", shape, unary("Elu", real("alpha", 0.7)));
        add("HardSigmoid form", shape, unary("HardSigmoid", real("alpha", 0.3), real("beta", 0.4)));
        for (String operator : List.of("Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean")) {
            positive(operator, shape, (g, x) -> g.node(operator, x, numbers(g, "c", 3, 1, 1)));
            positive(
                    operator + " reversed",
                    shape,
                    (g, x) -> g.node(operator, numbers(g, "c", 4, 5), x));
        }
        positive("Pow", shape, (g, x) -> g.node("Pow", x, g.scalar(1.7f)));
        add("Pow integer exponent", shape, (g, x) -> g.node("Pow", x, g.constant(new long[] {3})));
        add("PRelu", shape, (g, x) -> g.node("PRelu", x, numbers(g, "slope", 3, 1, 1)));
        add("Clip", shape, (g, x) -> g.node("Clip", x, g.scalar(-0.5f), g.scalar(1)));
        add("Clip low only", shape, (g, x) -> g.node("Clip", x, g.scalar(-0.5f)));
        add("Clip 6", 6, shape, unary("Clip", real("min", 0), real("max", 1.5)));
        add("Softmax", shape, unary("Softmax", one("axis", 1)));
        add("Softmax last", shape, unary("Softmax"));
        add("Softmax 11", 11, shape, unary("Softmax", one("axis", 1)));
        add("LogSoftmax", shape, unary("LogSoftmax", one("axis", -2)));
        add("Dropout", shape, unary("Dropout"));
        add(
                "Cast there and back",
                shape,
                (g, x) ->
                        g.node(
                                "Cast",
                                List.of(g.node("Cast", List.of(x), one("to", 7))),
                                one("to", 1)));
        add("CastLike", 19, shape, (g, x) -> g.node("CastLike", x, g.scalar(1)));
        for (String operator :
                List.of("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")) {
            add(
                    operator + " Where",
                    shape,
                    (g, x) ->
                            g.node("Where", g.node(operator, x, g.scalar(0.3f)), x, g.scalar(-1)));
        }
        for (String operator : List.of("And", "Or", "Xor")) {
            add(
                    operator + " Not",
                    shape,
                    (g, x) -> {
                        Value above = g.node("Greater", x, g.scalar(1));
                        Value below = g.node("Less", x, g.scalar(0.5f));
                        Value both = g.node("Not", g.node(operator, above, below));
                        return g.node("Where", both, x, g.scalar(7));
                    });
        }
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
        add("LpNormalization", image, unary("LpNormalization", one("axis", 1)));
        add("LpNormalization 1", image, unary("LpNormalization", one("axis", -1), one("p", 1)));
    }

    private void reductions() {
        long[] image = shape(2, 3, 4, 5);
        for (String operator :
                List.of(
                        "ReduceMean",
                        "ReduceMax",
                        "ReduceMin",
                        "ReduceL1",
                        "ReduceL2",
                        "ReduceSumSquare",
                        "ReduceLogSumExp")) {
            add(operator, image, unary(operator, ints("axes", 2, -1)));
            add(operator + " away", image, unary(operator, ints("axes", 1), one("keepdims", 0)));
            add(operator + " all", image, unary(operator));
            add(operator + " 18", 18, image, (g, x) -> g.node(operator, x, g.vector(1, 3)));
        }
        add("ReduceSum", image, (g, x) -> g.node("ReduceSum", x, g.vector(1, -1)));
        add("ReduceSum none", image, unary("ReduceSum", one("noop_with_empty_axes", 1)));
        add(
                "ArgMax",
                image,
                (g, x) ->
                        g.node(
                                "Cast",
                                List.of(g.node("ArgMax", List.of(x), one("axis", 1))),
                                one("to", 1)));
        add("CumSum", image, (g, x) -> g.node("CumSum", x, g.constant(new long[] {2})));
    }

    private void shapes() {
        long[] image = shape(2, 4, 6, 4);
        add("Reshape", image, (g, x) -> g.node("Reshape", x, g.vector(0, -1, 4)));
        add("Flatten", image, unary("Flatten", one("axis", 2)));
        add("Squeeze", shape(2, 1, 3, 1), (g, x) -> g.node("Squeeze", x, g.vector(1)));
        add("Squeeze all", shape(2, 1, 3, 1), unary("Squeeze"));
        add("Squeeze 11", 11, shape(2, 1, 3, 1), unary("Squeeze", ints("axes", 1, 3)));
        add("Unsqueeze", shape(2, 3), (g, x) -> g.node("Unsqueeze", x, g.vector(0, -1)));
        add("Transpose", image, unary("Transpose", ints("perm", 0, 2, 3, 1)));
        add("Transpose all", image, unary("Transpose"));
        add(
                "Slice",
                image,
                (g, x) -> g.node("Slice", x, g.vector(1, -3), g.vector(4, 99), g.vector(1, 2)));
        add(
                "Slice steps",
                image,
                (g, x) ->
                        g.node(
                                "Slice",
                                x,
                                g.vector(0, -1),
                                g.vector(4, -99),
                                g.vector(1, 2),
                                g.vector(2, -2)));
        add(
                "Slice 9",
                9,
                image,
                unary("Slice", ints("starts", 1, 0), ints("ends", 3, -1), ints("axes", 1, 3)));
        add(
                "Gather",
                image,
                (g, x) ->
                        g.node(
                                "Gather",
                                List.of(x, g.constant(new long[] {2, 0, -1, 2}, 2, 2)),
                                one("axis", 1)));
        add(
                "Gather scalar",
                image,
                (g, x) -> g.node("Gather", List.of(x, g.constant(new long[] {1})), one("axis", 2)));
        add(
                "GatherElements",
                shape(2, 3),
                (g, x) ->
                        g.node(
                                "GatherElements",
                                List.of(x, g.constant(new long[] {0, 2, 1, 1}, 2, 2)),
                                one("axis", 1)));
        add(
                "Pad",
                image,
                (g, x) -> g.node("Pad", x, g.vector(0, 1, 2, 0, 0, 0, 1, 3), g.scalar(0.5f)));
        for (String mode : List.of("reflect", "edge")) {
            add(
                    "Pad " + mode,
                    image,
                    (g, x) ->
                            g.node(
                                    "Pad",
                                    List.of(x, g.vector(0, 0, 2, 1, 0, 0, 1, 3)),
                                    text("mode", mode)));
        }
        add(
                "Pad wrap",
                19,
                image,
                (g, x) ->
                        g.node(
                                "Pad",
                                List.of(x, g.vector(0, 0, 2, 1, 0, 0, 1, 3)),
                                text("mode", "wrap")));
        add("Expand", shape(2, 1, 3), (g, x) -> g.node("Expand", x, g.vector(4, 1, 5, 3)));
        add("Tile", shape(2, 3), (g, x) -> g.node("Tile", x, g.vector(2, 3)));
        add("DepthToSpace", image, unary("DepthToSpace", one("blocksize", 2)));
        add(
                "DepthToSpace CRD",
                image,
                unary("DepthToSpace", one("blocksize", 2), text("mode", "CRD")));
        add("SpaceToDepth", image, unary("SpaceToDepth", one("blocksize", 2)));
        add(
                "Concat",
                image,
                (g, x) ->
                        g.node(
                                "Concat",
                                List.of(x, g.node("Neg", x), numbers(g, "c", 2, 1, 6, 4)),
                                one("axis", 1)));
        add(
                "Split",
                image,
                (g, x) -> {
                    List<Value> parts =
                            g.nodes(
                                    "split",
                                    "Split",
                                    List.of(x, g.vector(1, 3)),
                                    2,
                                    one("axis", 1));
                    return g.node("Mul", parts.get(0), parts.get(1));
                });
        add(
                "Split even",
                image,
                (g, x) -> {
                    List<Value> parts = g.nodes("split", "Split", List.of(x), 2, one("axis", 1));
                    return g.node("Sub", parts.get(0), parts.get(1));
                });
        add(
                "Shape Size Range ConstantOfShape",
                image,
                (g, x) -> {
                    Value rows = g.node("Gather", g.node("Shape", x), g.constant(new long[] {2}));
                    Value range =
                            g.node(
                                    "Range",
                                    g.constant(new long[] {0}),
                                    rows,
                                    g.constant(new long[] {1}));
                    Value ramp =
                            g.node(
                                    "Reshape",
                                    g.node("Cast", List.of(range), one("to", 1)),
                                    g.vector(-1, 1));
                    Value size = g.node("Cast", List.of(g.node("Size", x)), one("to", 1));
                    Value ones =
                            g.node(
                                    "ConstantOfShape",
                                    List.of(g.node("Shape", x)),
                                    Attribute.tensor(
                                            "value", Constant.of("v", new float[] {2}, 1)));
                    return g.node("Add", g.node("Add", g.node("Add", x, ramp), size), ones);
                });
        add(
                "integer Div",
                image,
                (g, x) -> {
                    Value rows = g.node("Gather", g.node("Shape", x), g.constant(new long[] {2}));
                    Value half = g.node("Div", rows, g.constant(new long[] {4}));
                    return g.node("Mul", x, g.node("Cast", List.of(half), one("to", 1)));
                });
    }

    private void resizes() {
        long[] image = shape(1, 2, 6, 7);
        Value[] none = {new Value("")};
        for (String mode : List.of("nearest", "linear", "cubic")) {
            for (String coordinates :
                    List.of("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")) {
                add(
                        "Resize " + mode + " " + coordinates + " up",
                        image,
                        (g, x) ->
                                g.node(
                                        "Resize",
                                        List.of(
                                                x,
                                                none[0],
                                                g.constant("scales", new float[] {1, 1, 2, 2}, 4)),
                                        text("mode", mode),
                                        text("coordinate_transformation_mode", coordinates)));
                add(
                        "Resize " + mode + " " + coordinates + " sizes",
                        image,
                        (g, x) ->
                                g.node(
                                        "Resize",
                                        List.of(x, none[0], none[0], g.vector(1, 2, 4, 11)),
                                        text("mode", mode),
                                        text("coordinate_transformation_mode", coordinates)));
            }
        }
        for (String rounding : List.of("floor", "ceil", "round_prefer_ceil")) {
            add(
                    "Resize nearest " + rounding,
                    image,
                    (g, x) ->
                            g.node(
                                    "Resize",
                                    List.of(
                                            x,
                                            none[0],
                                            g.constant(
                                                    "scales", new float[] {1, 1, 1.5f, 0.7f}, 4)),
                                    text("mode", "nearest"),
                                    text("nearest_mode", rounding)));
        }
        add(
                "Resize cubic form",
                image,
                (g, x) ->
                        g.node(
                                "Resize",
                                List.of(
                                        x,
                                        none[0],
                                        g.constant("scales", new float[] {1, 1, 2, 0.5f}, 4)),
                                text("mode", "cubic"),
                                real("cubic_coeff_a", -0.5),
                                one("exclude_outside", 1)));
        add(
                "Upsample",
                9,
                image,
                (g, x) ->
                        g.node(
                                "Upsample",
                                List.of(x, g.constant("scales", new float[] {1, 1, 2, 2}, 4)),
                                text("mode", "nearest")));
    }

    private void quantization() {
        add(
                "QuantizeLinear DequantizeLinear",
                shape(2, 3, 4, 5),
                (g, x) -> {
                    Value scale = g.constant("scale", new float[] {0.03f});
                    Value zero =
                            g.constant(
                                    Constant.of("zero", DataType.UINT8, new byte[] {(byte) 120}));
                    return g.node(
                            "DequantizeLinear",
                            g.node("QuantizeLinear", x, scale, zero),
                            scale,
                            zero);
                });
        add(
                "QuantizeLinear clipped INT8",
                shape(2, 3, 4, 5),
                (g, x) -> {
                    Value scale = g.constant("scale", new float[] {0.008f});
                    Value zero = g.constant(Constant.of("zero", DataType.INT8, new byte[] {3}));
                    return g.node(
                            "DequantizeLinear",
                            g.node("QuantizeLinear", x, scale, zero),
                            scale,
                            zero);
                });
        add(
                "QuantizeLinear per axis",
                shape(2, 3, 4, 5),
                (g, x) -> {
                    Value scale = g.constant("scale", new float[] {0.03f, 0.01f, 0.1f}, 3);
                    Value zero = g.constant(Constant.of("zero", DataType.INT8, new byte[3], 3));
                    Value quantized =
                            g.node("QuantizeLinear", List.of(x, scale, zero), one("axis", 1));
                    return g.node(
                            "DequantizeLinear", List.of(quantized, scale, zero), one("axis", 1));
                });
        add(
                "DequantizeLinear of a weight",
                shape(2, 3),
                (g, x) -> {
                    Value weight =
                            g.constant(
                                    Constant.of(
                                            "w",
                                            DataType.INT8,
                                            new byte[] {-128, 127, 5, 0, -7, 80},
                                            3,
                                            2));
                    Value real =
                            g.node(
                                    "DequantizeLinear",
                                    List.of(weight, numbers(g, "scale", 2)),
                                    one("axis", 1));
                    return g.node("MatMul", x, real);
                });
    }

    private List<Case> all() {
        if (cases.isEmpty()) {
            elementwise();
            convolutions();
            normalizations();
            reductions();
            shapes();
            resizes();
            quantization();
        }
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> everyFormComputesWhatOnnxRuntimeComputes() {
        return all().stream()
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.name(),
                                        () ->
                                                RoundTripTest.agree(
                                                        one.graph(),
                                                        Map.of(
                                                                "x",
                                                                Feed.floats(
                                                                        9,
                                                                        one.low(),
                                                                        one.high(),
                                                                        one.shape())))));
    }

    @Test
    void everySupportedOperatorIsCompared() {
        Set<String> compared = new HashSet<>();
        for (Case one : all()) {
            one.graph().nodes().forEach(node -> compared.add(node.operator()));
        }
        Set<String> missing = new TreeSet<>(Operators.all().keySet());
        missing.removeAll(compared);
        assertEquals(Set.of(), missing);
    }

    /** A difference quotient along the gradient, in every form that has one. */
    @TestFactory
    Stream<DynamicTest> gradientsAgreeWithDifferences() {
        Set<String> flat =
                Set.of(
                        "Equal Where",
                        "Floor",
                        "Ceil",
                        "Round",
                        "Sign",
                        "ArgMax",
                        "QuantizeLinear per axis",
                        "QuantizeLinear DequantizeLinear",
                        "QuantizeLinear clipped INT8",
                        "Cast there and back");
        return all().stream()
                .filter(one -> !flat.contains(one.name()))
                .map(one -> DynamicTest.dynamicTest(one.name(), () -> gradient(one)));
    }

    private static void gradient(Case one) throws Exception {
        Feed feed = Feed.floats(9, one.low(), one.high(), one.shape());
        try (TrainableGraph graph = TrainableGraph.of(one.graph());
                NDManager manager = graph.newManager()) {
            NDArray x = Tensors.own(feed.array(manager));
            x.setRequiresGradient(true);
            NDArray gradient;
            try (GradientCollector collector = Torch.engine().newGradientCollector()) {
                collector.backward(score(graph, manager, x));
                gradient = x.getGradient().duplicate();
            }
            double length = gradient.square().sum().getFloat();
            assertTrue(length > 0, "no gradient");
            double small = 1e-3 / Math.max(1, Math.sqrt(length));
            NDArray step = gradient.mul((float) small);
            NDArray plain = x.stopGradient();
            double up = value(graph, manager, plain.add(step));
            double down = value(graph, manager, plain.sub(step));
            double expected = 2 * small * length;
            assertEquals(1, (up - down) / expected, 0.05);
        }
    }

    private static NDArray score(TrainableGraph graph, NDManager manager, NDArray x) {
        NDArray y = graph.forward(manager, Map.of("x", x), Mode.EVALUATE).get("y");
        // Uneven weights: a plain sum would hide what is exchanged.
        return y.mul(manager.create(numbers((int) y.size()), y.getShape())).sum();
    }

    private static double value(TrainableGraph graph, NDManager manager, NDArray x) {
        return score(graph, manager, x).getFloat();
    }

    @Test
    void anUnknownOperatorIsRefusedNamingItsNode() {
        GraphBuilder graph = new GraphBuilder("unknown");
        Value x = graph.input("x", DataType.FLOAT, 1);
        graph.output("y", graph.node("Det", x), DataType.FLOAT, 1);
        OnnxException refused =
                assertThrows(OnnxException.class, () -> TrainableGraph.of(graph.graph()));
        assertTrue(refused.getMessage().contains("Det"), refused.getMessage());
        assertEquals("det_1", refused.node().split(" ")[0].replace("\"", ""));
    }
}
