package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.jni.JniUtils;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.Map;
import java.util.Optional;

/**
 * QuantizeLinear and DequantizeLinear with the straight-through estimator: rounding passes the
 * gradient, clipping stops it. A trainable scale therefore receives the gradient of learned step
 * sizes (Esser et al. 2020, LSQ, eq. 3).
 */
final class QuantizationOperators {
    private QuantizationOperators() {}

    static void register(Map<String, Operator> operators) {
        operators.put("QuantizeLinear", (Operator.Single) QuantizationOperators::quantize);
        operators.put("DequantizeLinear", (Operator.Single) QuantizationOperators::dequantize);
    }

    /** The integers stay FLOAT32 so that a gradient can pass. */
    private static NDArray quantize(Call call) {
        NDArray scaled = call.in(0).div(along(call, call.in(1)));
        NDArray rounded = scaled.add(scaled.round().sub(scaled).stopGradient());
        DataType type = call.has(2) ? call.in(2).getDataType() : DataType.UINT8;
        NDArray shifted = call.has(2) ? rounded.add(zero(call)) : rounded;
        return type == DataType.INT8 ? shifted.clip(-128, 127) : shifted.clip(0, 255);
    }

    private static NDArray dequantize(Call call) {
        NDArray input = call.in(0).toType(DataType.FLOAT32, false);
        NDArray centred = call.has(2) ? input.sub(zero(call)) : input;
        return centred.mul(along(call, call.in(1)));
    }

    /** The QuantizeLinear that a DequantizeLinear undoes, where nothing else sees its integers. */
    static Optional<Node> partner(Graph graph, Node dequantize) {
        if (!dequantize.is("DequantizeLinear")) {
            return Optional.empty();
        }
        return graph.producer(dequantize.input(0))
                .filter(node -> node.is("QuantizeLinear"))
                .filter(node -> node.input(1).equals(dequantize.input(1)))
                .filter(node -> node.input(2).equals(dequantize.input(2)))
                .filter(node -> node.integer("axis", 1) == dequantize.integer("axis", 1));
    }

    /**
     * A pair as one operation: the input and what rounding adds to it, which needs no gradient of
     * its own. For scales that are not trained.
     *
     * @param quantize inputs and attributes of the QuantizeLinear
     */
    static NDArray pair(Call quantize) {
        NDArray scale = along(quantize, quantize.in(1));
        NDArray zero = quantize.has(2) ? zero(quantize) : null;
        DataType type = quantize.has(2) ? quantize.in(2).getDataType() : DataType.UINT8;
        NDArray low = bound(type == DataType.INT8 ? -128 : 0, zero, scale);
        NDArray high = bound(type == DataType.INT8 ? 127 : 255, zero, scale);
        NDArray input = quantize.in(0);
        NDArray inside =
                scale.size() == 1
                        ? input.clip(low.getFloat(), high.getFloat())
                        : NDArrays.minimum(NDArrays.maximum(input, low), high);
        boolean gradients = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try {
            // A zero point is whole: it does not change what is rounded.
            NDArray rounded = inside.div(scale).round().muli(scale);
            NDArray rounding = rounded.subi(inside);
            JniUtils.setGradMode(gradients);
            return inside.add(rounding);
        } finally {
            JniUtils.setGradMode(gradients);
        }
    }

    private static NDArray bound(int level, NDArray zero, NDArray scale) {
        return zero == null ? scale.mul(level) : zero.sub(level).neg().mul(scale);
    }

    private static NDArray zero(Call call) {
        return along(call, call.in(2).toType(DataType.FLOAT32, false));
    }

    private static NDArray along(Call call, NDArray values) {
        if (values.size() == 1) {
            return values;
        }
        long[] shape = ConvolutionOperators.ones(call.rank());
        shape[call.axis("axis", 1)] = -1;
        return values.reshape(shape);
    }
}
