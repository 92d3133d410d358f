package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/** Element-wise operators over constants: floats in double precision, integers in 64 bits. */
final class ElementwiseKernels {
    private static final Map<String, DoubleUnaryOperator> UNARY =
            Map.ofEntries(
                    Map.entry("Relu", x -> Math.max(0, x)),
                    Map.entry("Sigmoid", x -> 1 / (1 + Math.exp(-x))),
                    Map.entry("Tanh", Math::tanh),
                    Map.entry("HardSwish", x -> x * Math.max(0, Math.min(1, x / 6 + 0.5))),
                    Map.entry("Softsign", x -> x / (1 + Math.abs(x))),
                    Map.entry("Abs", Math::abs),
                    Map.entry("Neg", x -> -x),
                    Map.entry("Sign", Math::signum),
                    Map.entry("Floor", Math::floor),
                    Map.entry("Ceil", Math::ceil),
                    Map.entry("Round", Math::rint),
                    Map.entry("Exp", Math::exp),
                    Map.entry("Log", Math::log),
                    Map.entry("Sqrt", Math::sqrt),
                    Map.entry("Reciprocal", x -> 1 / x),
                    Map.entry("Sin", Math::sin),
                    Map.entry("Cos", Math::cos));

    private static final Map<String, LongUnaryOperator> INTEGER_UNARY =
            Map.of(
                    "Relu", x -> Math.max(0, x),
                    "Abs", Math::abs,
                    "Neg", x -> -x,
                    "Sign", Long::signum,
                    "Not", x -> 1 - x);

    private static final Map<String, DoubleBinaryOperator> BINARY =
            Map.of(
                    "Add", Double::sum,
                    "Sum", Double::sum,
                    "Mean", Double::sum,
                    "Sub", (x, y) -> x - y,
                    "Mul", (x, y) -> x * y,
                    "Div", (x, y) -> x / y,
                    "Max", Math::max,
                    "Min", Math::min,
                    "Pow", Math::pow);

    private static final Map<String, LongBinaryOperator> INTEGER_BINARY =
            Map.ofEntries(
                    Map.entry("Add", Long::sum),
                    Map.entry("Sub", (x, y) -> x - y),
                    Map.entry("Mul", (x, y) -> x * y),
                    Map.entry("Div", (x, y) -> x / y),
                    Map.entry("Mod", Math::floorMod),
                    Map.entry("Max", Math::max),
                    Map.entry("Min", Math::min),
                    Map.entry("And", (x, y) -> x & y),
                    Map.entry("Or", (x, y) -> x | y),
                    Map.entry("Xor", (x, y) -> x ^ y));

    private interface Comparison {
        boolean holds(double x, double y);
    }

    private static final Map<String, Comparison> COMPARISONS =
            Map.of(
                    "Equal", (x, y) -> x == y,
                    "Greater", (x, y) -> x > y,
                    "Less", (x, y) -> x < y,
                    "GreaterOrEqual", (x, y) -> x >= y,
                    "LessOrEqual", (x, y) -> x <= y);

    private ElementwiseKernels() {}

    static boolean isUnary(String operator) {
        return UNARY.containsKey(operator) || INTEGER_UNARY.containsKey(operator);
    }

    static List<Constant> unary(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        String operator = call.node().operator();
        if (ElementType.isFloating(x.type())) {
            double[] values = x.doubles();
            DoubleUnaryOperator function = UNARY.get(operator);
            if (function == null) {
                return List.of();
            }
            for (int i = 0; i < values.length; i++) {
                values[i] = function.applyAsDouble(values[i]);
            }
            return List.of(Constant.of("", x.type(), values, x.shape().sizes()));
        }
        LongUnaryOperator function = INTEGER_UNARY.get(operator);
        if (function == null) {
            return List.of();
        }
        long[] values = x.longs();
        for (int i = 0; i < values.length; i++) {
            values[i] = function.applyAsLong(values[i]);
        }
        return List.of(Constant.of("", x.type(), values, x.shape().sizes()));
    }

    static List<Constant> identity(Call call, List<Fact> outputs) {
        return outputs.size() == 1 ? List.of(call.constant(0)) : List.of();
    }

    static List<Constant> clip(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        if (!ElementType.isFloating(x.type())) {
            return List.of();
        }
        double least = call.has(1) ? call.constant(1).doubles()[0] : Double.NEGATIVE_INFINITY;
        double most = call.has(2) ? call.constant(2).doubles()[0] : Double.POSITIVE_INFINITY;
        double[] values = x.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.min(most, Math.max(least, values[i]));
        }
        return List.of(Constant.of("", x.type(), values, x.shape().sizes()));
    }

    /** Cast, CastLike; declines floats that do not fit an integer type. */
    static List<Constant> cast(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        DataType type = outputs.get(0).type();
        long[] shape = x.shape().sizes();
        if (ElementType.isInteger(x.type()) && ElementType.isInteger(type)) {
            return List.of(Constant.of("", type, x.longs(), shape));
        }
        double[] values = x.doubles();
        if (ElementType.isInteger(type) && type != DataType.BOOL) {
            double most = Math.scalb(1.0, Math.min(ElementType.bits(type) - 1, 62));
            for (double value : values) {
                if (!(Math.abs(value) < most) || value < 0 && ElementType.isUnsigned(type)) {
                    return List.of();
                }
            }
        }
        return List.of(Constant.of("", type, values, shape));
    }

    /** Arithmetic and logic of any number of inputs, from left to right. */
    static List<Constant> binary(Call call, List<Fact> outputs) {
        Fact output = outputs.get(0);
        String operator = call.node().operator();
        long[] shape = output.shape().sizes();
        if (ElementType.isFloating(output.type())) {
            DoubleBinaryOperator function = BINARY.get(operator);
            if (function == null) {
                return List.of();
            }
            double[] result = spread(call, 0, shape);
            for (int k = 1; k < call.inputs(); k++) {
                double[] next = spread(call, k, shape);
                for (int i = 0; i < result.length; i++) {
                    result[i] = function.applyAsDouble(result[i], next[i]);
                }
            }
            if (operator.equals("Mean")) {
                for (int i = 0; i < result.length; i++) {
                    result[i] /= call.inputs();
                }
            }
            return List.of(Constant.of("", output.type(), result, shape));
        }
        return integers(call, output);
    }

    private static List<Constant> integers(Call call, Fact output) {
        LongBinaryOperator function = INTEGER_BINARY.get(call.node().operator());
        if (function == null
                || output.type() == DataType.UINT64
                || call.node().integer("fmod", 0) != 0) {
            return List.of();
        }
        long[] shape = output.shape().sizes();
        long[] result = spreadIntegers(call, 0, shape);
        for (int k = 1; k < call.inputs(); k++) {
            long[] next = spreadIntegers(call, k, shape);
            for (int i = 0; i < result.length; i++) {
                boolean divides = call.node().is("Div", "Mod");
                if (divides && next[i] == 0) {
                    throw call.misfit("divides by 0");
                }
                result[i] = function.applyAsLong(result[i], next[i]);
            }
        }
        return List.of(Constant.of("", output.type(), result, shape));
    }

    static List<Constant> comparison(Call call, List<Fact> outputs) {
        long[] shape = outputs.get(0).shape().sizes();
        Comparison comparison = COMPARISONS.get(call.node().operator());
        boolean[] result = new boolean[(int) Shape.elements(shape)];
        if (ElementType.isFloating(call.type(0))) {
            double[] x = spread(call, 0, shape);
            double[] y = spread(call, 1, shape);
            for (int i = 0; i < result.length; i++) {
                result[i] = comparison.holds(x[i], y[i]);
            }
        } else {
            long[] x = spreadIntegers(call, 0, shape);
            long[] y = spreadIntegers(call, 1, shape);
            for (int i = 0; i < result.length; i++) {
                result[i] = comparison.holds(Long.compare(x[i], y[i]), 0);
            }
        }
        byte[] bytes = new byte[result.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (result[i] ? 1 : 0);
        }
        return List.of(Constant.of("", DataType.BOOL, bytes, shape));
    }

    static List<Constant> where(Call call, List<Fact> outputs) {
        Fact output = outputs.get(0);
        long[] shape = output.shape().sizes();
        long[] condition = spreadIntegers(call, 0, shape);
        int[] yes = Indices.broadcast(call.constant(1).shape().sizes(), shape);
        int[] no = Indices.broadcast(call.constant(2).shape().sizes(), shape);
        return List.of(
                Indices.pick(
                        output.type(),
                        shape,
                        List.of(call.constant(1), call.constant(2)),
                        i -> condition[i] != 0 ? 0 : 1,
                        i -> condition[i] != 0 ? yes[i] : no[i]));
    }

    private static double[] spread(Call call, int input, long[] shape) {
        double[] values = call.constant(input).doubles();
        int[] from = Indices.broadcast(call.constant(input).shape().sizes(), shape);
        double[] all = new double[from.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = values[from[i]];
        }
        return all;
    }

    private static long[] spreadIntegers(Call call, int input, long[] shape) {
        long[] values = call.constant(input).longs();
        int[] from = Indices.broadcast(call.constant(input).shape().sizes(), shape);
        long[] all = new long[from.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = values[from[i]];
        }
        return all;
    }
}
