package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;

/** What slides over the spatial axes: kernel, strides, dilations and pads of a node. */
record Window(long[] kernel, long[] strides, long[] dilations, long[] begins, long[] ends) {

    static Window of(Call call, long[] kernel) {
        int rank = kernel.length;
        long[] strides = orOnes(call.integers("strides"), rank);
        long[] dilations = orOnes(call.integers("dilations"), rank);
        long[] pads = call.integers("pads");
        long[] begins = pads == null ? new long[rank] : Arrays.copyOf(pads, rank);
        long[] ends = pads == null ? new long[rank] : Arrays.copyOfRange(pads, rank, 2 * rank);
        String automatic = call.node.text("auto_pad", "NOTSET");
        if (automatic.startsWith("SAME")) {
            for (int i = 0; i < rank; i++) {
                long size = call.shape().get(i + 2);
                long out = (size + strides[i] - 1) / strides[i];
                long reach = dilations[i] * (kernel[i] - 1) + 1;
                long total = Math.max(0, (out - 1) * strides[i] + reach - size);
                begins[i] = automatic.equals("SAME_UPPER") ? total / 2 : total - total / 2;
                ends[i] = total - begins[i];
            }
        }
        return new Window(kernel, strides, dilations, begins, ends);
    }

    int rank() {
        return kernel.length;
    }

    boolean pads() {
        return Arrays.stream(begins).sum() + Arrays.stream(ends).sum() != 0;
    }

    boolean symmetric() {
        return Arrays.equals(begins, ends);
    }

    /** PyTorch pools with pads of at most half the kernel. */
    boolean atMostHalf() {
        for (int i = 0; i < kernel.length; i++) {
            if (2 * begins[i] > kernel[i]) {
                return false;
            }
        }
        return true;
    }

    /** The maximum over the window, place of the kernel by place: for dilated windows. */
    NDArray maximum(NDArray array) {
        NDArray padded = pad(array, Double.NEGATIVE_INFINITY);
        long places = Arrays.stream(kernel).reduce(1, (a, b) -> a * b);
        NDArray most = null;
        for (long place = 0; place < places; place++) {
            NDArray part = padded;
            long rest = place;
            for (int i = kernel.length - 1; i >= 0; i--) {
                long offset = rest % kernel[i] * dilations[i];
                rest /= kernel[i];
                long reach = dilations[i] * (kernel[i] - 1);
                long end = padded.getShape().get(i + 2) - reach + offset;
                part = JniUtils.slice((PtNDArray) part, i + 2, offset, end, strides[i]);
            }
            most = most == null ? part : NDArrays.maximum(most, part);
        }
        return most;
    }

    NDArray pad(NDArray array, double value) {
        return pad(array, begins, ends, value);
    }

    /** Pads the last axes; negative pads cut. PyTorch counts axes from the last. */
    static NDArray pad(NDArray array, long[] begins, long[] ends, double value) {
        int rank = begins.length;
        long[] torch = new long[2 * rank];
        for (int i = 0; i < rank; i++) {
            torch[2 * i] = begins[rank - 1 - i];
            torch[2 * i + 1] = ends[rank - 1 - i];
        }
        return array.pad(new Shape(torch), value);
    }

    private static long[] orOnes(long[] values, int rank) {
        return values == null ? ConvolutionOperators.ones(rank) : values;
    }
}
