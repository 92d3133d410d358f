package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Shapes of convolutions and pools over {@code [N,C,spatial…]}. */
final class ConvolutionRules {
    private ConvolutionRules() {}

    static List<Fact> conv(Call call) {
        return List.of(Fact.of(call.type(0), conv(call, 0, 1)));
    }

    /** ConvInteger, QLinearConv: the weight's place and the output's type differ. */
    static Shape conv(Call call, int input, int weight) {
        Shape x = call.shape(input);
        Shape w = call.shape(weight);
        if (!x.isRanked()) {
            return Shape.UNRANKED;
        }
        wantSpatial(call, input);
        call.wantRank(weight, x.rank());
        int spatial = x.rank() - 2;
        if (!w.isRanked()) {
            return Shape.ofRank(x.rank()).with(0, x.dimension(0));
        }
        long group = positive(call, "group", call.node().integer("group", 1));
        Dimension channels = w.dimension(1);
        if (!channels.isOpen() && !x.dimension(1).isOpen()) {
            if (x.size(1) != Math.multiplyExact(channels.size(), group)) {
                throw call.misfit(
                        "has "
                                + x.size(1)
                                + " channels, its weight "
                                + w
                                + " in "
                                + group
                                + " groups wants "
                                + channels.size() * group);
            }
        }
        if (!w.dimension(0).isOpen() && w.size(0) % group != 0) {
            throw call.misfit("has " + w.size(0) + " filters for " + group + " groups");
        }
        long[] declared = call.node().integers("kernel_shape");
        List<Expression> kernel = new ArrayList<>();
        for (int i = 0; i < spatial; i++) {
            kernel.add(call.expression(weight, i + 2));
            if (declared.length == spatial
                    && !w.dimension(i + 2).isOpen()
                    && declared[i] != w.size(i + 2)) {
                throw call.misfit(
                        "declares the kernel "
                                + Arrays.toString(declared)
                                + ", its weight is "
                                + w);
            }
        }
        List<Dimension> out = new ArrayList<>(List.of(x.dimension(0), w.dimension(0)));
        out.addAll(window(call, input, kernel, false));
        return Shape.of(out);
    }

    static List<Fact> pool(Call call) {
        Shape x = call.shape(0);
        Fact indices = Fact.of(DataType.INT64, x);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), x), indices);
        }
        wantSpatial(call, 0);
        long[] declared = call.node().integers("kernel_shape");
        if (declared.length != x.rank() - 2) {
            throw call.refused(
                    Code.ATTRIBUTE,
                    "has kernel_shape " + Arrays.toString(declared) + " for the input " + x);
        }
        List<Expression> kernel = new ArrayList<>();
        for (long size : declared) {
            kernel.add(Expression.of(positive(call, "kernel_shape", size)));
        }
        long[] pads = pads(call, declared.length);
        for (int i = 0; i < pads.length; i++) {
            if (pads[i] >= declared[i % declared.length]) {
                throw call.refused(
                        Code.ATTRIBUTE,
                        "has pads "
                                + Arrays.toString(pads)
                                + " for windows of "
                                + Arrays.toString(declared));
            }
        }
        List<Dimension> out = new ArrayList<>(List.of(x.dimension(0), x.dimension(1)));
        out.addAll(window(call, 0, kernel, call.node().integer("ceil_mode", 0) != 0));
        Shape shape = Shape.of(out);
        return List.of(Fact.of(call.type(0), shape), Fact.of(indices.type(), shape));
    }

    static List<Fact> globalPool(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), x));
        }
        wantSpatial(call, 0);
        Shape out = x;
        for (int i = 2; i < x.rank(); i++) {
            out = out.with(i, Dimension.of(1));
        }
        return List.of(Fact.of(call.type(0), out));
    }

    static List<Fact> convTranspose(Call call) {
        Shape x = call.shape(0);
        Shape w = call.shape(1);
        if (!x.isRanked() || !w.isRanked()) {
            return List.of(Fact.of(call.type(0), Shape.UNRANKED));
        }
        wantSpatial(call, 0);
        call.wantRank(1, x.rank());
        call.same(x.dimension(1), w.dimension(0), "channels of the input and of the weight");
        int spatial = x.rank() - 2;
        Node node = call.node();
        long group = positive(call, "group", node.integer("group", 1));
        long[] strides = per(call, "strides", spatial, 1);
        long[] dilations = per(call, "dilations", spatial, 1);
        long[] extra = per(call, "output_padding", spatial, 0);
        long[] pads = pads(call, spatial);
        long[] sizes = node.integers("output_shape");
        boolean same = node.text("auto_pad", "NOTSET").startsWith("SAME");
        List<Expression> out = new ArrayList<>();
        out.add(call.expression(0, 0));
        out.add(call.expression(1, 1).times(group));
        for (int i = 0; i < spatial; i++) {
            Expression size = call.expression(0, i + 2);
            if (sizes.length == spatial) {
                out.add(Expression.of(sizes[i]));
            } else {
                Expression reach = call.expression(1, i + 2).plus(-1).times(dilations[i]).plus(1);
                long padding = same ? 0 : pads[i] + pads[i + spatial];
                Expression whole =
                        size.plus(-1).times(strides[i]).plus(reach).plus(extra[i] - padding);
                // Padding to the same size cuts, it never adds.
                boolean cut = same && !(reach.isFixed() && reach.value() < strides[i]);
                out.add(cut ? size.times(strides[i]) : whole);
            }
        }
        return List.of(Fact.of(call.type(0), call.shape(out)));
    }

    private static List<Dimension> window(
            Call call, int input, List<Expression> kernel, boolean ceil) {
        int spatial = kernel.size();
        long[] strides = per(call, "strides", spatial, 1);
        long[] dilations = per(call, "dilations", spatial, 1);
        long[] pads = pads(call, spatial);
        String automatic = call.node().text("auto_pad", "NOTSET");
        List<Dimension> out = new ArrayList<>();
        for (int i = 0; i < spatial; i++) {
            Expression size = call.expression(input, i + 2);
            if (automatic.startsWith("SAME")) {
                out.add(call.dimension(size.over(strides[i], true)));
                continue;
            }
            long padding = automatic.equals("VALID") ? 0 : pads[i] + pads[i + spatial];
            Expression reach = kernel.get(i).plus(-1).times(dilations[i]).plus(1);
            Expression left = size.plus(padding).minus(reach);
            if (left.isFixed() && left.value() < 0) {
                throw call.misfit(
                        "has a window of "
                                + reach
                                + " over "
                                + size.plus(padding)
                                + " elements along axis "
                                + (i + 2));
            }
            Expression steps = left.over(strides[i], ceil).plus(1);
            if (ceil && size.isFixed()) {
                // A last window that would start in the padding behind is left out.
                long start = (steps.value() - 1) * strides[i];
                steps = start >= size.value() + pads[i] ? steps.plus(-1) : steps;
            }
            out.add(call.dimension(steps));
        }
        return out;
    }

    private static long[] per(Call call, String attribute, int spatial, long otherwise) {
        long[] values = call.node().integers(attribute);
        if (values.length == 0) {
            long[] all = new long[spatial];
            Arrays.fill(all, otherwise);
            return all;
        }
        if (values.length != spatial) {
            throw call.refused(
                    Code.ATTRIBUTE,
                    "has " + values.length + " " + attribute + " for " + spatial + " axes");
        }
        for (long value : values) {
            if (value < otherwise) {
                throw call.refused(
                        Code.ATTRIBUTE, "has " + attribute + " " + Arrays.toString(values));
            }
        }
        return values;
    }

    private static long[] pads(Call call, int spatial) {
        long[] pads = call.node().integers("pads");
        if (pads.length == 0) {
            return new long[2 * spatial];
        }
        if (pads.length != 2 * spatial) {
            throw call.refused(
                    Code.ATTRIBUTE, "has " + pads.length + " pads for " + spatial + " axes");
        }
        if (Arrays.stream(pads).anyMatch(pad -> pad < 0)) {
            throw call.refused(Code.ATTRIBUTE, "has pads " + Arrays.toString(pads));
        }
        return pads;
    }

    private static long positive(Call call, String attribute, long value) {
        if (value < 1) {
            throw call.refused(Code.ATTRIBUTE, "has " + attribute + " " + value);
        }
        return value;
    }

    private static void wantSpatial(Call call, int input) {
        if (call.shape(input).rank() < 3) {
            throw call.misfit(
                    "has the input " + call.shape(input) + ", must be [N,C,…] with spatial axes");
        }
    }
}
