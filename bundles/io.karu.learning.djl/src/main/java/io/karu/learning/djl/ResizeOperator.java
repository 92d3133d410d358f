package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.Map;

/**
 * Resize and Upsample: each resized axis is a product with a constant matrix, which covers every
 * coordinate transformation, rounding and cubic coefficient of ONNX. Not covered: {@code
 * tf_crop_and_resize}, {@code antialias}, {@code keep_aspect_ratio_policy}.
 */
final class ResizeOperator {
    private ResizeOperator() {}

    static void register(Map<String, Operator> operators) {
        operators.put("Resize", (Operator.Single) ResizeOperator::resize);
        operators.put("Upsample", (Operator.Single) ResizeOperator::upsample);
    }

    private static NDArray upsample(Call call) {
        return apply(call, scales(call, 1), null, "asymmetric");
    }

    private static NDArray resize(Call call) {
        if (call.node.integer("antialias", 0) == 1
                || !call.node.text("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
            throw call.unsupported("antialias and keep_aspect_ratio_policy");
        }
        long[] sizes = call.longs(3);
        float[] scales = sizes == null ? scales(call, 2) : null;
        String coordinates = call.node.text("coordinate_transformation_mode", "half_pixel");
        return apply(call, scales, sizes, coordinates);
    }

    private static float[] scales(Call call, int index) {
        return call.node.has("scales") ? call.node.floats("scales") : call.in(index).toFloatArray();
    }

    private static NDArray apply(Call call, float[] scales, long[] sizes, String coordinates) {
        long[] axes = call.integers("axes");
        int given = sizes == null ? scales.length : sizes.length;
        NDArray result = call.in(0);
        for (int i = 0; i < given; i++) {
            int axis = axes == null ? i : call.axis(axes[i]);
            int in = (int) call.shape().get(axis);
            int out = (int) (sizes == null ? Math.floor((double) in * scales[i]) : sizes[i]);
            double scale = sizes == null ? scales[i] : (double) out / in;
            if (out != in || scale != 1) {
                float[] weights = weights(call, in, out, scale, coordinates);
                result = along(result, axis, call.constant(weights, in, out));
            }
        }
        return result;
    }

    private static NDArray along(NDArray input, int axis, NDArray weights) {
        int rank = input.getShape().dimension();
        return axis == rank - 1
                ? input.matMul(weights)
                : input.swapAxes(axis, rank - 1).matMul(weights).swapAxes(axis, rank - 1);
    }

    /** Row-major [in, out]. */
    private static float[] weights(Call call, int in, int out, double scale, String coordinates) {
        float[] weights = new float[in * out];
        String mode = call.node.text("mode", "nearest");
        for (int x = 0; x < out; x++) {
            double place = source(call, x, in, out, scale, coordinates);
            switch (mode) {
                case "nearest" -> {
                    int i = nearest(call, place);
                    weights[clamp(i, in) * out + x] = 1;
                }
                case "linear" -> {
                    double inside = Math.max(0, Math.min(in - 1, place));
                    int low = (int) Math.floor(inside);
                    float part = (float) (inside - low);
                    weights[low * out + x] += 1 - part;
                    weights[clamp(low + 1, in) * out + x] += part;
                }
                case "cubic" -> cubic(call, weights, in, out, x, place);
                default -> throw call.unsupported("mode " + mode);
            }
        }
        return weights;
    }

    private static void cubic(Call call, float[] weights, int in, int out, int x, double place) {
        double a = call.node.floating("cubic_coeff_a", -0.75f);
        boolean exclude = call.node.integer("exclude_outside", 0) == 1;
        int low = (int) Math.floor(place);
        double[] taps = new double[4];
        for (int k = 0; k < 4; k++) {
            int i = low - 1 + k;
            double distance = Math.abs(place - i);
            double tap =
                    distance <= 1
                            ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
                            : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
            taps[k] = exclude && (i < 0 || i >= in) ? 0 : tap;
        }
        double sum = exclude ? Arrays.stream(taps).sum() : 1;
        for (int k = 0; k < 4; k++) {
            weights[clamp(low - 1 + k, in) * out + x] += (float) (taps[k] / sum);
        }
    }

    private static int clamp(int i, int size) {
        return Math.max(0, Math.min(size - 1, i));
    }

    private static double source(
            Call call, int x, int in, int out, double scale, String coordinates) {
        return switch (coordinates) {
            case "half_pixel" -> (x + 0.5) / scale - 0.5;
            case "pytorch_half_pixel" -> out > 1 ? (x + 0.5) / scale - 0.5 : 0;
            case "asymmetric" -> x / scale;
            case "align_corners" -> out == 1 ? 0 : x * (in - 1.0) / (out - 1.0);
            case "half_pixel_symmetric" -> {
                double adjustment = out / (scale * in);
                double offset = in / 2.0 * (1 - adjustment);
                yield offset + (x + 0.5) / scale - 0.5;
            }
            default -> throw call.unsupported("coordinate_transformation_mode " + coordinates);
        };
    }

    private static int nearest(Call call, double place) {
        String otherwise = call.node.operator().equals("Upsample") ? "floor" : "round_prefer_floor";
        return (int)
                switch (call.node.text("nearest_mode", otherwise)) {
                    case "floor" -> Math.floor(place);
                    case "ceil" -> Math.ceil(place);
                    case "round_prefer_ceil" -> Math.floor(place + 0.5);
                    default -> Math.ceil(place - 0.5);
                };
    }
}
