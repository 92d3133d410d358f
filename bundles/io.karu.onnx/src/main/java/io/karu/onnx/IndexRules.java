package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Shapes of operators that pick elements, and of those that make tensors out of sizes. */
final class IndexRules {
    private IndexRules() {}

    static List<Fact> shape(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return List.of(Fact.of(DataType.INT64, Shape.ofRank(1)));
        }
        int rank = x.rank();
        int start = within(call.node().integer("start", 0), rank);
        int end = within(call.node().integer("end", rank), rank);
        List<Expression> sizes = call.expressions(x).subList(start, Math.max(start, end));
        return List.of(Fact.of(DataType.INT64, Shape.of(sizes.size()), List.copyOf(sizes)));
    }

    private static int within(long axis, int rank) {
        return (int) Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
    }

    static List<Fact> size(Call call) {
        List<Expression> elements =
                call.ranked(0)
                        ? List.of(
                                call.expressions(call.shape(0)).stream()
                                        .reduce(Expression.ONE, Expression::times))
                        : null;
        return List.of(Fact.of(DataType.INT64, Shape.SCALAR, elements));
    }

    static List<Fact> constantOfShape(Call call) {
        DataType type = call.node().tensor("value").map(Constant::type).orElse(DataType.FLOAT);
        return List.of(Fact.of(type, sized(call, 0)));
    }

    /** The shape whose sizes an input holds. */
    private static Shape sized(Call call, int index) {
        List<Expression> sizes = call.elements(index);
        if (sizes != null) {
            for (Expression size : sizes) {
                if (size.isFixed() && size.value() < 0) {
                    throw call.misfit("has the size " + size);
                }
            }
            return call.shape(sizes);
        }
        boolean counted =
                call.ranked(index)
                        && call.shape(index).rank() == 1
                        && !call.shape(index).dimension(0).isOpen()
                        && call.shape(index).size(0) <= 64;
        return counted ? Shape.ofRank((int) call.shape(index).size(0)) : Shape.UNRANKED;
    }

    static List<Fact> range(Call call) {
        List<Expression> start = call.elements(0);
        List<Expression> limit = call.elements(1);
        List<Expression> delta = call.elements(2);
        Expression count = Expression.UNKNOWN;
        if (start != null && limit != null && delta != null && delta.get(0).isFixed()) {
            long step = delta.get(0).value();
            if (step == 0) {
                throw call.misfit("has the step 0");
            }
            Expression span = limit.get(0).minus(start.get(0));
            count =
                    step > 0
                            ? span.over(step, true)
                            : Expression.ZERO.minus(span).over(-step, true);
        }
        return List.of(Fact.of(call.type(0), Shape.of(List.of(call.dimension(count)))));
    }

    static List<Fact> gather(Call call) {
        Shape x = call.shape(0);
        Shape indices = call.shape(1);
        if (!x.isRanked() || !indices.isRanked()) {
            return List.of(Fact.of(call.type(0), Shape.UNRANKED));
        }
        int axis = call.axis(call.node().integer("axis", 0), x.rank());
        List<Dimension> out = new ArrayList<>(x.dimensions().subList(0, axis));
        out.addAll(indices.dimensions());
        out.addAll(x.dimensions().subList(axis + 1, x.rank()));
        inRange(call, x.dimension(axis));
        return List.of(Fact.of(call.type(0), Shape.of(out), Elements.gather(call)));
    }

    private static void inRange(Call call, Dimension size) {
        long[] indices = call.longs(1);
        if (indices == null || size.isOpen()) {
            return;
        }
        for (long index : indices) {
            if (index < -size.size() || index >= size.size()) {
                throw call.misfit("takes the element " + index + " of " + size + " elements");
            }
        }
    }

    /** GatherElements: the shape of the indices. */
    static List<Fact> likeIndices(Call call) {
        if (call.ranked(0, 1)) {
            call.wantRank(1, call.shape(0).rank());
            call.axis(call.node().integer("axis", 0), call.shape(0).rank());
        }
        return List.of(Fact.of(call.type(0), call.shape(1)));
    }

    static List<Fact> gatherNd(Call call) {
        Shape x = call.shape(0);
        Shape indices = call.shape(1);
        int batch = (int) call.node().integer("batch_dims", 0);
        if (!x.isRanked() || !indices.isRanked() || indices.dimension(-1).isOpen()) {
            return List.of(Fact.of(call.type(0), Shape.UNRANKED));
        }
        long depth = indices.size(-1);
        if (batch < 0 || depth + batch > x.rank()) {
            throw call.misfit("indexes " + depth + " axes of " + x);
        }
        List<Dimension> out = new ArrayList<>(indices.dimensions().subList(0, indices.rank() - 1));
        out.addAll(x.dimensions().subList((int) depth + batch, x.rank()));
        return List.of(Fact.of(call.type(0), Shape.of(out)));
    }

    static List<Fact> slice(Call call) {
        Shape x = call.shape(0);
        List<Expression> starts = call.elements(1);
        List<Expression> ends = call.elements(2);
        long[] axes = call.has(3) ? call.longs(3) : null;
        long[] steps = call.has(4) ? call.longs(4) : null;
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), x));
        }
        boolean known = !(call.has(3) && axes == null || call.has(4) && steps == null);
        if (!known || starts == null && ends == null) {
            return List.of(Fact.of(call.type(0), untouched(call, x, axes, known)));
        }
        int count = starts != null ? starts.size() : ends.size();
        long[] all = axes != null ? axes : LongStream.range(0, count).toArray();
        if (all.length != count
                || ends != null && ends.size() != count
                || steps != null && steps.length != count) {
            throw call.misfit("has " + count + " starts for the axes " + Arrays.toString(all));
        }
        int[] sliced = call.axes(all, x.rank());
        Shape out = x;
        for (int i = 0; i < sliced.length; i++) {
            Expression start = starts == null ? Expression.UNKNOWN : starts.get(i);
            Expression end = ends == null ? Expression.UNKNOWN : ends.get(i);
            long step = steps == null ? 1 : steps[i];
            if (step == 0) {
                throw call.misfit("has the step 0");
            }
            Expression size = Span.size(call.expression(0, sliced[i]), start, end, step);
            out = out.with(sliced[i], call.dimension(size));
        }
        return List.of(Fact.of(call.type(0), out, elements(call, starts, ends, steps)));
    }

    private static Shape untouched(Call call, Shape x, long[] axes, boolean known) {
        if (!known || axes == null) {
            return Shape.ofRank(x.rank());
        }
        Shape out = x;
        for (int axis : call.axes(axes, x.rank())) {
            out = out.with(axis, Dimension.UNKNOWN);
        }
        return out;
    }

    private static List<Expression> elements(
            Call call, List<Expression> starts, List<Expression> ends, long[] steps) {
        boolean fixed =
                call.elements(0) != null
                        && call.shape(0).rank() == 1
                        && starts != null
                        && ends != null
                        && starts.size() == 1
                        && starts.get(0).isFixed()
                        && ends.get(0).isFixed();
        if (!fixed) {
            return null;
        }
        long size = call.elements(0).size();
        Span span =
                Span.of(
                        size,
                        starts.get(0).value(),
                        ends.get(0).value(),
                        steps == null ? 1 : steps[0]);
        return Elements.slice(call, span.start(), span.end(), span.step());
    }

    static List<Fact> oneHot(Call call) {
        Shape x = call.shape(0);
        List<Expression> depth = call.elements(1);
        if (depth != null && depth.size() == 1 && depth.get(0).isFixed()) {
            if (depth.get(0).value() < 1) {
                throw call.misfit("has the depth " + depth.get(0));
            }
        }
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(2), x));
        }
        int axis = call.axis(call.node().integer("axis", -1), x.rank() + 1);
        List<Dimension> out = new ArrayList<>(x.dimensions());
        out.add(
                axis,
                depth == null || depth.size() != 1
                        ? Dimension.UNKNOWN
                        : call.dimension(depth.get(0)));
        return List.of(Fact.of(call.type(2), Shape.of(out)));
    }

    static List<Fact> eyeLike(Call call) {
        call.wantRank(0, 2);
        long to = call.node().integer("dtype", call.type(0).getNumber());
        DataType type = DataType.forNumber((int) to);
        if (type == null) {
            throw call.refused(Code.UNSUPPORTED, "makes elements of the type " + to);
        }
        return List.of(Fact.of(type, call.shape(0)));
    }

    /** GridSample: {@code [N,C,…]} at {@code [N,out…,axes]}. */
    static List<Fact> gridSample(Call call) {
        Shape x = call.shape(0);
        Shape grid = call.shape(1);
        if (!x.isRanked() || !grid.isRanked()) {
            return List.of(Fact.of(call.type(0), Shape.UNRANKED));
        }
        call.wantRank(1, x.rank());
        List<Dimension> out = new ArrayList<>();
        out.add(call.same(x.dimension(0), grid.dimension(0), "batch sizes"));
        out.add(x.dimension(1));
        call.same(grid.dimension(-1), Dimension.of(x.rank() - 2), "coordinates and axes");
        out.addAll(grid.dimensions().subList(1, grid.rank() - 1));
        return List.of(Fact.of(call.type(0), Shape.of(out)));
    }

    static List<Fact> nonMaxSuppression(Call call) {
        Dimension count = Dimension.open(call.node().output() + ".count");
        return List.of(Fact.of(DataType.INT64, Shape.of(List.of(count, Dimension.of(3)))));
    }
}
