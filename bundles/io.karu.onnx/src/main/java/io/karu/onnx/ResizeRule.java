package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import java.util.List;
import java.util.stream.IntStream;

/** Shape of Resize: each resized axis is scaled or given a size. */
final class ResizeRule {
    private ResizeRule() {}

    static List<Fact> infer(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), x));
        }
        long[] given = call.node().integers("axes");
        int[] axes =
                given.length == 0
                        ? IntStream.range(0, x.rank()).toArray()
                        : call.axes(given, x.rank());
        boolean sized = call.has(3);
        boolean scaled = call.has(2) && !empty(call.constant(2));
        if (sized == scaled) {
            throw call.misfit("must have either scales or sizes");
        }
        List<Expression> out = call.expressions(x);
        if (sized) {
            sized(call, axes, out);
        } else {
            scaled(call, axes, out);
        }
        return List.of(Fact.of(call.type(0), call.shape(out)));
    }

    private static boolean empty(Constant constant) {
        return constant != null && constant.shape().elements() == 0;
    }

    private static void sized(Call call, int[] axes, List<Expression> out) {
        List<Expression> sizes = call.elements(3);
        if (sizes != null) {
            wantPerAxis(call, sizes.size(), axes.length);
            for (Expression size : sizes) {
                if (size.isFixed() && size.value() < 1) {
                    throw call.refused(Code.SHAPE, "resizes to the size " + size);
                }
            }
        }
        String policy = call.node().text("keep_aspect_ratio_policy", "stretch");
        double scale = policy.equals("stretch") ? 0 : scale(policy, axes, sizes, out);
        for (int i = 0; i < axes.length; i++) {
            Expression size = out.get(axes[i]);
            if (policy.equals("stretch")) {
                out.set(axes[i], sizes == null ? Expression.UNKNOWN : sizes.get(i));
            } else {
                out.set(
                        axes[i],
                        Double.isNaN(scale)
                                ? Expression.UNKNOWN
                                : Expression.of((long) Math.floor(scale * size.value() + 0.5)));
            }
        }
    }

    /** The one scale that keeps the aspect ratio, NaN when it is not known. */
    private static double scale(
            String policy, int[] axes, List<Expression> sizes, List<Expression> out) {
        double scale = Double.NaN;
        for (int i = 0; i < axes.length; i++) {
            Expression from = out.get(axes[i]);
            if (sizes == null || !from.isFixed() || !sizes.get(i).isFixed()) {
                return Double.NaN;
            }
            double own = (float) sizes.get(i).value() / (float) from.value();
            scale =
                    Double.isNaN(scale)
                            ? own
                            : policy.equals("not_larger")
                                    ? Math.min(scale, own)
                                    : Math.max(scale, own);
        }
        return scale;
    }

    private static void scaled(Call call, int[] axes, List<Expression> out) {
        Constant scales = call.constant(2);
        Constant roi = call.constant(1);
        boolean crops =
                call.node()
                        .text("coordinate_transformation_mode", "half_pixel")
                        .equals("tf_crop_and_resize");
        if (scales != null) {
            wantPerAxis(call, scales.elements(), axes.length);
        }
        for (int i = 0; i < axes.length; i++) {
            Expression from = out.get(axes[i]);
            Expression to = Expression.UNKNOWN;
            if (scales != null && (!crops || roi != null)) {
                float part = crops ? roi.floats()[i + axes.length] - roi.floats()[i] : 1;
                to = scaled(call, from, scales.floats()[i] * part);
            }
            out.set(axes[i], to);
        }
    }

    private static Expression scaled(Call call, Expression from, float scale) {
        if (!(scale > 0)) {
            throw call.refused(Code.SHAPE, "has the scale " + scale);
        }
        if (from.isFixed()) {
            return Expression.of((long) Math.floor(scale * from.value()));
        }
        if (scale == Math.rint(scale)) {
            return from.times((long) scale);
        }
        float inverse = 1 / scale;
        return inverse == Math.rint(inverse) ? from.over((long) inverse) : Expression.UNKNOWN;
    }

    private static void wantPerAxis(Call call, int values, int axes) {
        if (values != axes) {
            throw call.misfit("has " + values + " scales or sizes for " + axes + " axes");
        }
    }
}
