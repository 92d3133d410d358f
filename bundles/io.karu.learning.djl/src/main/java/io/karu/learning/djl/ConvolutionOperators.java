package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Map;

/** Convolution, pooling and matrix products. */
final class ConvolutionOperators {
    private ConvolutionOperators() {}

    static void register(Map<String, Operator> operators) {
        operators.put("Conv", (Operator.Single) ConvolutionOperators::convolve);
        operators.put("ConvTranspose", (Operator.Single) ConvolutionOperators::transposed);
        operators.put("MaxPool", (Operator.Single) ConvolutionOperators::maximum);
        operators.put("AveragePool", (Operator.Single) ConvolutionOperators::average);
        operators.put("LpPool", (Operator.Single) ConvolutionOperators::power);
        operators.put("GlobalAveragePool", (Operator.Single) call -> global(call, false));
        operators.put("GlobalMaxPool", (Operator.Single) call -> global(call, true));
        operators.put("Gemm", (Operator.Single) ConvolutionOperators::gemm);
        operators.put("MatMul", (Operator.Single) call -> call.in(0).matMul(call.in(1)));
    }

    private static NDArray convolve(Call call) {
        Window window = Window.of(call, kernel(call));
        NDArray input = window.symmetric() ? call.in(0) : window.pad(call.in(0), 0);
        return convolution(
                input,
                call.in(1),
                call.optional(2),
                window.strides(),
                window.symmetric() ? window.begins() : new long[window.rank()],
                window.dilations(),
                (int) call.node.integer("group", 1));
    }

    private static NDArray convolution(
            NDArray input,
            NDArray weight,
            NDArray bias,
            long[] strides,
            long[] pads,
            long[] dilations,
            int groups) {
        return input.getNDArrayInternal()
                .convolution(
                        input,
                        weight,
                        bias,
                        new Shape(strides),
                        new Shape(pads),
                        new Shape(dilations),
                        groups)
                .singletonOrThrow();
    }

    /** A transposed convolution is a convolution of the input spread by its strides. */
    private static NDArray transposed(Call call) {
        Window window = Window.of(call, kernel(call));
        int rank = window.rank();
        if (call.node.has("output_shape")
                || !call.node.text("auto_pad", "NOTSET").equals("NOTSET")) {
            throw call.unsupported("output_shape and auto_pad are not read; give pads");
        }
        int groups = (int) call.node.integer("group", 1);
        NDArray input = spread(call.in(0), window.strides());
        long[] extra = call.integers("output_padding");
        long[] begins = new long[rank];
        long[] ends = new long[rank];
        for (int i = 0; i < rank; i++) {
            long reach = window.dilations()[i] * (window.kernel()[i] - 1);
            begins[i] = reach - window.begins()[i];
            ends[i] = reach - window.ends()[i] + (extra == null ? 0 : extra[i]);
        }
        return convolution(
                Window.pad(input, begins, ends, 0),
                mirrored(call.in(1), groups),
                call.optional(2),
                ones(rank),
                new long[rank],
                window.dilations(),
                groups);
    }

    /** Weight [C, M/g, k…] becomes [M, C/g, k…], mirrored along each kernel axis. */
    private static NDArray mirrored(NDArray weight, int groups) {
        long[] shape = weight.getShape().getShape();
        int rank = shape.length - 2;
        int[] axes = new int[rank];
        Arrays.setAll(axes, i -> i + 2);
        long[] split = new long[shape.length + 1];
        split[0] = groups;
        split[1] = shape[0] / groups;
        System.arraycopy(shape, 1, split, 2, shape.length - 1);
        int[] order = new int[split.length];
        Arrays.setAll(order, i -> i);
        order[1] = 2;
        order[2] = 1;
        long[] turned = shape.clone();
        turned[0] = groups * shape[1];
        turned[1] = shape[0] / groups;
        return weight.flip(axes).reshape(split).transpose(order).reshape(turned);
    }

    private static NDArray spread(NDArray input, long[] strides) {
        NDArray result = input;
        for (int i = 0; i < strides.length; i++) {
            if (strides[i] > 1) {
                result = spread(result, i + 2, strides[i]);
            }
        }
        return result;
    }

    private static NDArray spread(NDArray input, int axis, long stride) {
        long[] shape = input.getShape().getShape();
        NDArray apart = input.expandDims(axis + 1);
        long[] begins = new long[shape.length - 1];
        long[] ends = begins.clone();
        ends[axis - 1] = stride - 1;
        long[] wide = shape.clone();
        wide[axis] *= stride;
        NDArray spread = Window.pad(apart, begins, ends, 0).reshape(wide);
        return ai.djl.pytorch.jni.JniUtils.slice(
                (ai.djl.pytorch.engine.PtNDArray) spread, axis, 0, wide[axis] - stride + 1, 1);
    }

    private static NDArray maximum(Call call) {
        if (call.node.outputs().size() > 1) {
            throw call.unsupported("indices as second output");
        }
        Window window = Window.of(call, call.integers("kernel_shape"));
        boolean ceil = call.node.integer("ceil_mode", 0) == 1;
        if (!Arrays.equals(window.dilations(), ones(window.rank()))) {
            if (ceil) {
                throw call.unsupported("ceil_mode with dilations");
            }
            return window.maximum(call.in(0));
        }
        boolean inside = window.symmetric() && window.atMostHalf();
        NDArray input = inside ? call.in(0) : window.pad(call.in(0), Double.NEGATIVE_INFINITY);
        return input.getNDArrayInternal()
                .maxPool(
                        new Shape(window.kernel()),
                        new Shape(window.strides()),
                        new Shape(inside ? window.begins() : new long[window.rank()]),
                        ceil);
    }

    private static NDArray average(Call call) {
        Window window = Window.of(call, call.integers("kernel_shape"));
        if (!Arrays.equals(window.dilations(), ones(window.rank()))) {
            throw call.unsupported("dilations");
        }
        boolean ceil = call.node.integer("ceil_mode", 0) == 1;
        boolean counted = call.node.integer("count_include_pad", 0) == 1;
        boolean inside = window.symmetric() && window.atMostHalf();
        if (!inside && ceil) {
            throw call.unsupported("ceil_mode with asymmetric pads");
        }
        long[] pads = inside ? window.begins() : new long[window.rank()];
        NDArray input = inside ? call.in(0) : window.pad(call.in(0), 0);
        NDArray mean = pool(input, window, pads, ceil);
        if (counted || !window.pads()) {
            return mean;
        }
        NDArray ones = call.in(0).stopGradient().onesLike();
        NDArray real = inside ? ones : window.pad(ones, 0);
        return mean.div(pool(real, window, pads, ceil));
    }

    private static NDArray power(Call call) {
        Window window = Window.of(call, call.integers("kernel_shape"));
        if (call.node.integer("ceil_mode", 0) == 1
                || !Arrays.equals(window.dilations(), ones(window.rank()))) {
            throw call.unsupported("ceil_mode and dilations");
        }
        long p = call.node.integer("p", 2);
        NDArray powers = window.pad(call.in(0).abs().pow(p), 0);
        NDArray mean = pool(powers, window, new long[window.rank()], false);
        return mean.mul(Arrays.stream(window.kernel()).reduce(1, (a, b) -> a * b)).pow(1.0 / p);
    }

    /** PyTorch's binding counts padded places whatever it is told. */
    private static NDArray pool(NDArray input, Window window, long[] pads, boolean ceil) {
        return input.getNDArrayInternal()
                .avgPool(
                        new Shape(window.kernel()),
                        new Shape(window.strides()),
                        new Shape(pads),
                        ceil,
                        true);
    }

    private static NDArray global(Call call, boolean maximum) {
        NDArray result = call.in(0);
        int[] axes = new int[call.rank() - 2];
        Arrays.setAll(axes, i -> i + 2);
        return maximum
                ? ReductionOperators.maximum(result, axes, true)
                : ReductionOperators.mean(result, axes, true);
    }

    private static NDArray gemm(Call call) {
        NDArray a = call.node.integer("transA", 0) == 1 ? call.in(0).transpose() : call.in(0);
        NDArray b = call.node.integer("transB", 0) == 1 ? call.in(1).transpose() : call.in(1);
        float alpha = call.node.floating("alpha", 1);
        float beta = call.node.floating("beta", 1);
        NDArray product = a.matMul(b);
        NDArray scaled = alpha == 1 ? product : product.mul(alpha);
        return call.has(2) ? scaled.add(beta == 1 ? call.in(2) : call.in(2).mul(beta)) : scaled;
    }

    private static long[] kernel(Call call) {
        long[] weight = call.in(1).getShape().getShape();
        return Arrays.copyOfRange(weight, 2, weight.length);
    }

    static long[] ones(int rank) {
        long[] ones = new long[rank];
        Arrays.fill(ones, 1);
        return ones;
    }
}
