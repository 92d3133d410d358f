package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.karu.onnx.proto.TensorProto;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Operators that work value by value, with broadcasting. */
final class ElementwiseOperators {
    private ElementwiseOperators() {}

    static void register(Map<String, Operator> operators) {
        arithmetic(operators);
        activations(operators);
        comparisons(operators);
    }

    private static void arithmetic(Map<String, Operator> operators) {
        binary(operators, "Add", NDArray::add);
        binary(operators, "Sub", NDArray::sub);
        binary(operators, "Mul", NDArray::mul);
        binary(operators, "Div", ElementwiseOperators::divide);
        binary(operators, "Pow", (x, y) -> x.pow(y.toType(x.getDataType(), false)));
        fold(operators, "Min", NDArrays::minimum);
        fold(operators, "Max", NDArrays::maximum);
        fold(operators, "Sum", NDArray::add);
        put(operators, "Mean", call -> sum(call).div(call.inputs().size()));
        unary(operators, "Abs", NDArray::abs);
        unary(operators, "Neg", NDArray::neg);
        unary(operators, "Sqrt", NDArray::sqrt);
        unary(operators, "Exp", NDArray::exp);
        unary(operators, "Log", NDArray::log);
        unary(operators, "Erf", NDArray::erf);
        unary(operators, "Sin", NDArray::sin);
        unary(operators, "Cos", NDArray::cos);
        unary(operators, "Tan", NDArray::tan);
        unary(operators, "Asin", NDArray::asin);
        unary(operators, "Acos", NDArray::acos);
        unary(operators, "Atan", NDArray::atan);
        unary(operators, "Sinh", NDArray::sinh);
        unary(operators, "Cosh", NDArray::cosh);
        unary(operators, "Asinh", x -> x.add(x.mul(x).add(1).sqrt()).log());
        unary(operators, "Acosh", x -> x.add(x.mul(x).sub(1).sqrt()).log());
        unary(operators, "Atanh", x -> x.add(1).div(x.neg().add(1)).log().mul(0.5));
        unary(operators, "Floor", NDArray::floor);
        unary(operators, "Ceil", NDArray::ceil);
        unary(operators, "Round", NDArray::round);
        unary(operators, "Sign", NDArray::sign);
        put(operators, "Mod", ElementwiseOperators::modulo);
        unary(operators, "Reciprocal", x -> x.pow(-1));
        unary(operators, "Identity", x -> x);
        put(operators, "Cast", call -> cast(call.in(0), type(call)));
        put(operators, "CastLike", call -> cast(call.in(0), call.in(1).getDataType()));
    }

    private static void activations(Map<String, Operator> operators) {
        unary(operators, "Relu", x -> x.getNDArrayInternal().relu());
        unary(operators, "Sigmoid", x -> x.getNDArrayInternal().sigmoid());
        unary(operators, "Tanh", NDArray::tanh);
        unary(operators, "Softplus", x -> x.getNDArrayInternal().softPlus());
        unary(operators, "Softsign", x -> x.getNDArrayInternal().softSign());
        unary(operators, "HardSwish", x -> x.mul(x.div(6).add(0.5).clip(0, 1)));
        unary(operators, "Mish", x -> x.mul(x.getNDArrayInternal().softPlus().tanh()));
        put(
                operators,
                "Gelu",
                call ->
                        call.node.text("approximate", "none").equals("tanh")
                                ? tanhGelu(call.in(0))
                                : call.in(0).getNDArrayInternal().gelu());
        put(
                operators,
                "HardSigmoid",
                call ->
                        call.in(0)
                                .mul(call.node.floating("alpha", 0.2f))
                                .add(call.node.floating("beta", 0.5f))
                                .clip(0, 1));
        put(
                operators,
                "LeakyRelu",
                call ->
                        call.in(0)
                                .getNDArrayInternal()
                                .leakyRelu(call.node.floating("alpha", 0.01f)));
        put(
                operators,
                "Elu",
                call -> call.in(0).getNDArrayInternal().elu(call.node.floating("alpha", 1)));
        unary(operators, "Selu", x -> x.getNDArrayInternal().selu());
        put(operators, "Celu", ElementwiseOperators::celu);
        put(
                operators,
                "ThresholdedRelu",
                call -> {
                    NDArray x = call.in(0);
                    NDArray above = x.gt(call.node.floating("alpha", 1));
                    return x.mul(above.toType(x.getDataType(), false));
                });
        put(
                operators,
                "PRelu",
                call ->
                        call.in(0)
                                .getNDArrayInternal()
                                .relu()
                                .sub(call.in(1).mul(call.in(0).neg().getNDArrayInternal().relu())));
        put(operators, "Clip", ElementwiseOperators::clip);
        put(operators, "Softmax", call -> softmax(call, false));
        put(operators, "LogSoftmax", call -> softmax(call, true));
        put(operators, "Dropout", ElementwiseOperators::dropout);
    }

    private static void comparisons(Map<String, Operator> operators) {
        binary(operators, "Equal", NDArray::eq);
        binary(operators, "Greater", NDArray::gt);
        binary(operators, "GreaterOrEqual", NDArray::gte);
        binary(operators, "Less", NDArray::lt);
        binary(operators, "LessOrEqual", NDArray::lte);
        binary(operators, "And", NDArray::logicalAnd);
        binary(operators, "Or", NDArray::logicalOr);
        binary(operators, "Xor", NDArray::logicalXor);
        unary(operators, "Not", NDArray::logicalNot);
        unary(operators, "IsNaN", NDArray::isNaN);
        unary(operators, "IsInf", NDArray::isInfinite);
        put(operators, "Where", ElementwiseOperators::where);
    }

    private static NDArray divide(NDArray x, NDArray y) {
        return x.getDataType().isFloating()
                ? x.div(y)
                : x.toType(DataType.FLOAT64, false).div(y).trunc().toType(x.getDataType(), false);
    }

    /** With {@code fmod} the sign is the dividend's, without it the divisor's. */
    private static NDArray modulo(Call call) {
        NDArray x = call.in(0);
        NDArray y = call.in(1);
        return call.node.integer("fmod", 0) == 1 ? x.sub(x.div(y).trunc().mul(y)) : x.mod(y);
    }

    private static NDArray where(Call call) {
        Shape shape =
                ShapeOperators.broadcast(
                        ShapeOperators.broadcast(call.shape(), call.in(1).getShape()),
                        call.in(2).getShape());
        return NDArrays.where(
                call.in(0).broadcast(shape),
                call.in(1).broadcast(shape),
                call.in(2).broadcast(shape));
    }

    private static NDArray celu(Call call) {
        float alpha = call.node.floating("alpha", 1);
        NDArray below = call.in(0).div(alpha).clip(Float.NEGATIVE_INFINITY, 0);
        return call.in(0).getNDArrayInternal().relu().add(below.exp().sub(1).mul(alpha));
    }

    private static NDArray sum(Call call) {
        return call.inputs().stream().reduce(NDArray::add).orElseThrow();
    }

    private static NDArray tanhGelu(NDArray x) {
        NDArray inner = x.pow(3).mul(0.044715).add(x).mul(Math.sqrt(2 / Math.PI));
        return x.mul(inner.tanh().add(1)).mul(0.5);
    }

    private static DataType type(Call call) {
        int number = (int) call.node.integer("to", 1);
        return Tensors.type(TensorProto.DataType.forNumber(number), call.node.output());
    }

    /** ONNX rounds a float toward zero when it becomes an integer, as PyTorch does. */
    private static NDArray cast(NDArray x, DataType type) {
        return x.getDataType() == type ? x : x.toType(type, true);
    }

    private static NDArray clip(Call call) {
        double low = call.number("min", 1, Double.NEGATIVE_INFINITY);
        double high = call.number("max", 2, Double.POSITIVE_INFINITY);
        NDArray x = call.in(0);
        if (x.getDataType().isFloating()) {
            return x.clip(low, high);
        }
        long floor = low == Double.NEGATIVE_INFINITY ? Long.MIN_VALUE : (long) low;
        long ceiling = high == Double.POSITIVE_INFINITY ? Long.MAX_VALUE : (long) high;
        return x.clip(floor, ceiling);
    }

    /** Before operator set 13 the axes from the given one on are taken together. */
    private static NDArray softmax(Call call, boolean logarithm) {
        NDArray x = call.in(0);
        boolean together = call.session.opset() < 13;
        int axis = call.axis("axis", together ? 1 : -1);
        if (together && axis < call.rank() - 1) {
            NDArray flat = x.reshape(x.getShape().slice(0, axis).add(-1));
            NDArray result = logarithm ? flat.logSoftmax(axis) : flat.softmax(axis);
            return result.reshape(x.getShape());
        }
        return logarithm ? x.logSoftmax(axis) : x.softmax(axis);
    }

    /** Active in training only, with the ratio the graph states. */
    private static NDArray dropout(Call call) {
        double ratio = call.number("ratio", 1, 0.5);
        return call.training && ratio > 0
                ? call.in(0)
                        .getNDArrayInternal()
                        .dropout(call.in(0), (float) ratio, true)
                        .singletonOrThrow()
                : call.in(0);
    }

    private static void put(Map<String, Operator> operators, String name, Operator.Single single) {
        operators.put(name, single);
    }

    private static void unary(
            Map<String, Operator> operators, String name, UnaryOperator<NDArray> function) {
        put(operators, name, call -> function.apply(call.in(0)));
    }

    private static void binary(
            Map<String, Operator> operators, String name, BinaryOperator<NDArray> function) {
        put(operators, name, call -> function.apply(call.in(0), call.in(1)));
    }

    private static void fold(
            Map<String, Operator> operators, String name, BinaryOperator<NDArray> function) {
        put(operators, name, call -> call.inputs().stream().reduce(function).orElseThrow());
    }
}
