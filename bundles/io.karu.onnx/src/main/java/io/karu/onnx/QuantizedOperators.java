package io.karu.onnx;

import static io.karu.onnx.Operators.operator;

/** Quantization, and layers over integers. */
final class QuantizedOperators {
    private QuantizedOperators() {}

    static void define() {
        operator("QuantizeLinear", QuantizationRules::quantize)
                .inputs(2, 3)
                .attributes("axis:i", "block_size:i@21", "output_dtype:i@21", "saturate:b@19")
                .attributes("precision:i@23");
        operator("DequantizeLinear", QuantizationRules::dequantize)
                .inputs(2, 3)
                .attributes("axis:i", "block_size:i@21", "output_dtype:i@23");
        operator("DynamicQuantizeLinear", QuantizationRules::dynamicQuantize).outputs(3, 3);
        operator("QLinearConv", QuantizationRules::qLinearConv)
                .inputs(8, 9)
                .attributes("auto_pad:s", "dilations:is", "group:i", "kernel_shape:is", "pads:is")
                .attributes("strides:is");
        operator("ConvInteger", QuantizationRules::convInteger)
                .inputs(2, 4)
                .attributes("auto_pad:s", "dilations:is", "group:i", "kernel_shape:is", "pads:is")
                .attributes("strides:is");
        operator("QLinearMatMul", MatrixRules::qLinearMatMul).inputs(8, 8);
        operator("MatMulInteger", MatrixRules::matMulInteger).inputs(2, 4);
    }
}
