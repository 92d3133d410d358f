package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;

/** Shapes of operators that quantize, and of those that work on quantized tensors. */
final class QuantizationRules {
    private QuantizationRules() {}

    static List<Fact> quantize(Call call) {
        wantScales(call);
        long declared = call.node().integer("output_dtype", 0);
        DataType type =
                call.has(2)
                        ? call.type(2)
                        : declared == 0 ? DataType.UINT8 : DataType.forNumber((int) declared);
        return List.of(Fact.of(type == null ? DataType.UNDEFINED : type, call.shape(0)));
    }

    static List<Fact> dequantize(Call call) {
        wantScales(call);
        return List.of(Fact.of(call.type(1), call.shape(0)));
    }

    /** A scale is a scalar, or one per slice along the axis, or (opset 21) one per block. */
    private static void wantScales(Call call) {
        if (call.has(2) && call.ranked(1, 2) && call.shape(1).rank() != call.shape(2).rank()) {
            throw call.misfit(
                    "has the scale " + call.shape(1) + " and the zero point " + call.shape(2));
        }
        if (!call.ranked(0, 1) || call.shape(1).rank() != 1 || call.shape(1).size(0) == 1) {
            return;
        }
        int axis = call.axis(call.node().integer("axis", 1), call.shape(0).rank());
        call.same(
                call.shape(0).dimension(axis),
                call.shape(1).dimension(0),
                "size along axis " + axis + " and number of scales");
    }

    static List<Fact> dynamicQuantize(Call call) {
        return List.of(
                Fact.of(DataType.UINT8, call.shape(0)),
                Fact.of(DataType.FLOAT, Shape.SCALAR),
                Fact.of(DataType.UINT8, Shape.SCALAR));
    }

    static List<Fact> qLinearConv(Call call) {
        return List.of(Fact.of(call.type(7), ConvolutionRules.conv(call, 0, 3)));
    }

    static List<Fact> convInteger(Call call) {
        return List.of(Fact.of(DataType.INT32, ConvolutionRules.conv(call, 0, 1)));
    }
}
