package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;

/** Shapes of operators that reduce axes. */
final class ReductionRules {
    private ReductionRules() {}

    static List<Fact> reduce(Call call) {
        // Axes are an input of ReduceSum since operator set 13, of the others since 18.
        boolean asInput = call.opset() >= 18 || call.node().is("ReduceSum");
        if (asInput && call.node().has("axes") || !asInput && call.has(1)) {
            throw call.refused(
                    Code.ATTRIBUTE,
                    "has its axes as "
                            + (asInput ? "attribute" : "input")
                            + ", in operator set "
                            + call.opset()
                            + " they are an "
                            + (asInput ? "input" : "attribute"));
        }
        boolean product = call.node().operator().equals("ReduceProd");
        List<Expression> elements =
                product && call.ranked(0) && call.shape(0).rank() == 1
                        ? Elements.product(call)
                        : null;
        return List.of(Fact.of(call.type(0), shape(call), elements));
    }

    /** The axes that a reduction removes, or null when they are not known. */
    static int[] axes(Call call) {
        int rank = call.shape(0).rank();
        long[] axes = call.has(1) ? call.longs(1) : call.node().integers("axes");
        if (axes == null) {
            return null;
        }
        if (axes.length == 0 && call.node().integer("noop_with_empty_axes", 0) == 0) {
            axes = LongStream.range(0, rank).toArray();
        }
        return call.axes(axes, rank);
    }

    private static Shape shape(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return Shape.UNRANKED;
        }
        boolean keep = call.node().integer("keepdims", 1) != 0;
        int[] axes = axes(call);
        if (axes == null) {
            return keep ? Shape.ofRank(x.rank()) : Shape.UNRANKED;
        }
        return without(x, axes, keep);
    }

    private static Shape without(Shape x, int[] axes, boolean keep) {
        Set<Integer> reduced = new HashSet<>();
        for (int axis : axes) {
            reduced.add(axis);
        }
        List<Dimension> out = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            if (!reduced.contains(i)) {
                out.add(x.dimension(i));
            } else if (keep) {
                out.add(Dimension.of(1));
            }
        }
        return Shape.of(out);
    }

    /** ArgMax, ArgMin. */
    static List<Fact> index(Call call) {
        Shape x = call.shape(0);
        if (x.isRanked()) {
            int axis = call.axis(call.node().integer("axis", 0), x.rank());
            x = without(x, new int[] {axis}, call.node().integer("keepdims", 1) != 0);
        }
        return List.of(Fact.of(DataType.INT64, x));
    }

    static List<Fact> topK(Call call) {
        Shape x = call.shape(0);
        if (x.isRanked()) {
            int axis = call.axis(call.node().integer("axis", -1), x.rank());
            List<Expression> k = call.elements(1);
            Expression count = k == null || k.size() != 1 ? Expression.UNKNOWN : k.get(0);
            if (count.isFixed() && (count.value() < 0 || over(count, x.dimension(axis)))) {
                throw call.refused(
                        Code.SHAPE,
                        "takes the " + count + " largest of " + x.dimension(axis) + " elements");
            }
            x = x.with(axis, call.dimension(count));
        }
        return List.of(Fact.of(call.type(0), x), Fact.of(DataType.INT64, x));
    }

    private static boolean over(Expression count, Dimension size) {
        return !size.isOpen() && count.value() > size.size();
    }

    static List<Fact> nonZero(Call call) {
        Dimension count = Dimension.open(call.node().output() + ".count");
        Dimension rank =
                call.ranked(0)
                        ? Dimension.of(Math.max(1, call.shape(0).rank()))
                        : Dimension.UNKNOWN;
        return List.of(Fact.of(DataType.INT64, Shape.of(List.of(rank, count))));
    }
}
