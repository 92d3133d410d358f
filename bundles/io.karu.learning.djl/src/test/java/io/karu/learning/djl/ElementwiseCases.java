package io.karu.learning.djl;

import io.karu.onnx.Constant;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;

/** Operators that work value by value, reductions and quantization. */
final class ElementwiseCases extends OperatorCases {
    ElementwiseCases() {
        elementwise();
        further();
        reductions();
        quantization();
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

    private void further() {
        long[] shape = shape(2, 3, 4, 5);
        add("ReduceProd", shape, unary("ReduceProd", ints("axes", 1, -1)));
        add("ReduceProd away", shape, unary("ReduceProd", ints("axes", 2), one("keepdims", 0)));
        positive("ReduceLogSum", shape, unary("ReduceLogSum", ints("axes", 1, -1)));
        add("ArgMin", shape, (g, x) -> g.node("Cast", List.of(g.node("ArgMin", x)), one("to", 1)));
        add(
                "CumSum reverse",
                shape,
                (g, x) ->
                        g.node(
                                "CumSum",
                                List.of(x, g.constant(new long[] {-1})),
                                one("reverse", 1),
                                one("exclusive", 1)));
        for (String operator : List.of("Atan", "Sinh", "Cosh", "Asinh", "Celu")) {
            add(operator, shape, unary(operator));
        }
        for (String operator : List.of("Tan", "Asin", "Acos", "Atanh")) {
            within(operator, -0.9, 0.9, shape, unary(operator));
        }
        within("Acosh", 1.1, 4, shape, unary("Acosh"));
        add("Celu alpha", shape, unary("Celu", real("alpha", 0.6)));
        add("ThresholdedRelu", shape, unary("ThresholdedRelu", real("alpha", 0.4)));
        add("Mod", shape, (g, x) -> g.node("Mod", List.of(x, g.scalar(0.7f)), one("fmod", 1)));
        add(
                "Mod of integers",
                shape,
                (g, x) -> {
                    Value rows = g.node("Gather", g.node("Shape", x), g.constant(new long[] {3}));
                    Value rest = g.node("Mod", rows, g.constant(new long[] {-3}));
                    return g.node("Mul", x, g.node("Cast", List.of(rest), one("to", 1)));
                });
        for (String operator : List.of("IsNaN", "IsInf")) {
            add(
                    operator,
                    shape,
                    (g, x) -> {
                        Value zero = g.node("Relu", x);
                        Value bad = g.node(operator, g.node("Div", zero, zero));
                        Value inf = g.node(operator, g.node("Div", g.scalar(1), zero));
                        return g.node("Where", g.node("Or", bad, inf), g.scalar(3), x);
                    });
        }
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
}
