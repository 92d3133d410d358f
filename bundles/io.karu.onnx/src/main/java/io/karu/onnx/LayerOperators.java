package io.karu.onnx;

import static io.karu.onnx.Operators.operator;

/** Convolutions, pools and matrix products. */
final class LayerOperators {
    private static final String[] WINDOW = {
        "auto_pad:s", "dilations:is", "kernel_shape:is", "pads:is", "strides:is"
    };

    private LayerOperators() {}

    static void define() {
        operator("Conv", ConvolutionRules::conv)
                .inputs(2, 3)
                .attributes(WINDOW)
                .attributes("group:i");
        operator("ConvTranspose", ConvolutionRules::convTranspose)
                .inputs(2, 3)
                .attributes(WINDOW)
                .attributes("group:i", "output_padding:is", "output_shape:is");
        operator("MaxPool", ConvolutionRules::pool)
                .outputs(1, 2)
                .attributes(WINDOW)
                .attributes("ceil_mode:b", "storage_order:b");
        operator("AveragePool", ConvolutionRules::pool)
                .attributes("auto_pad:s", "dilations:is@19", "kernel_shape:is", "pads:is")
                .attributes("strides:is")
                .attributes("ceil_mode:b", "count_include_pad:b");
        operator("LpPool", ConvolutionRules::pool)
                .attributes("auto_pad:s", "dilations:is@18", "kernel_shape:is", "pads:is")
                .attributes("strides:is", "ceil_mode:b@18", "p:i");
        operator("GlobalAveragePool", ConvolutionRules::globalPool);
        operator("GlobalMaxPool", ConvolutionRules::globalPool);
        operator("Gemm", MatrixRules::gemm)
                .inputs(2, 3)
                .attributes("alpha:f", "beta:f", "transA:b", "transB:b");
        operator("MatMul", MatrixRules::matMul).inputs(2, 2).folds(MatrixKernels::matMul);
        operator("Einsum", MatrixRules::einsum)
                .inputs(1, Operators.MANY)
                .attributes("equation:s!")
                .note("equations with ->, without ellipsis");
    }
}
