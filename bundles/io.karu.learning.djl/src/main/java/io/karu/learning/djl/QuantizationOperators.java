package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Map;

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
