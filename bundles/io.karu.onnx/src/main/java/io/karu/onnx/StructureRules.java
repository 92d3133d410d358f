package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Shapes of operators that give a tensor another structure. */
final class StructureRules {
    private StructureRules() {}

    static List<Fact> reshape(Call call) {
        List<Expression> target = call.elements(1);
        if (target == null) {
            boolean counted = call.ranked(1) && !call.shape(1).dimension(0).isOpen();
            return moved(
                    call,
                    counted
                            ? Shape.ofRank((int) rank(call, call.shape(1).size(0)))
                            : Shape.UNRANKED);
        }
        boolean zeroIsZero = call.node().integer("allowzero", 0) != 0;
        List<Expression> out = new ArrayList<>();
        int open = -1;
        for (int i = 0; i < target.size(); i++) {
            Expression size = target.get(i);
            if (size.is(-1)) {
                if (open >= 0) {
                    throw call.misfit("leaves two dimensions open");
                }
                open = i;
                out.add(Expression.ONE);
            } else if (size.is(0) && !zeroIsZero) {
                out.add(kept(call, i));
            } else if (size.isFixed() && size.value() < 0) {
                throw call.misfit("has the size " + size + " in its target shape");
            } else {
                out.add(size);
            }
        }
        Expression total = product(call.ranked(0) ? call.expressions(call.shape(0)) : null);
        Expression others = product(out);
        if (open >= 0) {
            out.set(open, remaining(call, total, others));
        } else if (total.isFixed() && others.isFixed() && !total.equals(others)) {
            throw call.misfit(
                    "turns "
                            + call.shape(0)
                            + " into "
                            + out
                            + ", which has "
                            + others
                            + " elements, not "
                            + total);
        }
        return moved(call, call.shape(out));
    }

    private static long rank(Call call, long rank) {
        if (rank > 64) {
            throw call.misfit("gives a tensor " + rank + " dimensions");
        }
        return rank;
    }

    private static Expression kept(Call call, int axis) {
        if (!call.ranked(0)) {
            return Expression.UNKNOWN;
        }
        if (axis >= call.shape(0).rank()) {
            throw call.misfit("keeps the dimension " + axis + " of " + call.shape(0));
        }
        return call.expression(0, axis);
    }

    private static Expression remaining(Call call, Expression total, Expression others) {
        if (total.isFixed() && others.isFixed()) {
            if (others.is(0)) {
                return Expression.ZERO;
            }
            if (total.value() % others.value() != 0) {
                throw call.misfit("cannot divide " + total + " elements into parts of " + others);
            }
        }
        return total.over(others);
    }

    private static Expression product(List<Expression> sizes) {
        return sizes == null
                ? Expression.UNKNOWN
                : sizes.stream().reduce(Expression.ONE, Expression::times);
    }

    static List<Fact> flatten(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), Shape.ofRank(2)));
        }
        long axis = call.node().integer("axis", 1);
        int at = axis == x.rank() ? x.rank() : call.axis(axis, Math.max(1, x.rank()));
        List<Expression> sizes = call.expressions(x);
        return List.of(
                Fact.of(
                        call.type(0),
                        call.shape(
                                List.of(
                                        product(sizes.subList(0, at)),
                                        product(sizes.subList(at, sizes.size()))))));
    }

    static List<Fact> transpose(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), x));
        }
        List<Dimension> out = new ArrayList<>();
        for (int axis : permutation(call)) {
            out.add(x.dimension(axis));
        }
        return List.of(Fact.of(call.type(0), Shape.of(out)));
    }

    static int[] permutation(Call call) {
        int rank = call.shape(0).rank();
        long[] given = call.node().integers("perm");
        if (given.length == 0) {
            return IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        }
        if (given.length != rank) {
            throw call.misfit(
                    "has perm " + Arrays.toString(given) + " for the input " + call.shape(0));
        }
        return call.axes(given, rank);
    }

    static List<Fact> squeeze(Call call) {
        Shape x = call.shape(0);
        long[] axes = call.has(1) ? call.longs(1) : new long[0];
        if (!x.isRanked() || axes == null) {
            return moved(call, Shape.UNRANKED);
        }
        boolean all = axes.length == 0;
        boolean[] gone = new boolean[x.rank()];
        for (int axis : call.axes(axes, x.rank())) {
            if (!x.dimension(axis).isOpen() && x.size(axis) != 1) {
                throw call.misfit("removes axis " + axis + " of " + x + ", which is not of size 1");
            }
            gone[axis] = true;
        }
        List<Dimension> out = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            if (all && x.dimension(i).isOpen()) {
                return moved(call, Shape.UNRANKED);
            }
            if (all ? x.size(i) != 1 : !gone[i]) {
                out.add(x.dimension(i));
            }
        }
        return moved(call, Shape.of(out));
    }

    static List<Fact> unsqueeze(Call call) {
        Shape x = call.shape(0);
        long[] axes = call.longs(1);
        if (!x.isRanked() || axes == null) {
            return moved(call, Shape.UNRANKED);
        }
        int rank = x.rank() + axes.length;
        boolean[] added = new boolean[rank];
        for (int axis : call.axes(axes, rank)) {
            added[axis] = true;
        }
        List<Dimension> out = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < rank; i++) {
            out.add(added[i] ? Dimension.of(1) : x.dimension(from++));
        }
        return moved(call, Shape.of(out));
    }

    private static List<Fact> moved(Call call, Shape shape) {
        List<Expression> elements = shape.isRanked() && shape.rank() <= 1 ? call.elements(0) : null;
        return List.of(Fact.of(call.type(0), shape, elements));
    }

    static List<Fact> expand(Call call) {
        List<Expression> sizes = call.elements(1);
        if (sizes == null) {
            return List.of(Fact.of(call.type(0), Shape.UNRANKED));
        }
        sizes.stream()
                .filter(size -> size.isFixed() && size.value() < 0)
                .findAny()
                .ifPresent(
                        size -> {
                            throw call.misfit("expands to the size " + size);
                        });
        return List.of(
                Fact.of(
                        call.type(0),
                        ElementwiseRules.broadcast(call, call.shape(0), call.shape(sizes))));
    }

    static List<Fact> tile(Call call) {
        Shape x = call.shape(0);
        List<Expression> repeats = call.elements(1);
        if (!x.isRanked() || repeats == null) {
            return List.of(
                    Fact.of(call.type(0), x.isRanked() ? Shape.ofRank(x.rank()) : Shape.UNRANKED));
        }
        if (repeats.size() != x.rank()) {
            throw call.misfit("repeats " + repeats + " for the input " + x);
        }
        List<Expression> out = new ArrayList<>();
        for (int i = 0; i < x.rank(); i++) {
            if (repeats.get(i).isFixed() && repeats.get(i).value() < 0) {
                throw call.misfit("repeats " + repeats);
            }
            out.add(call.expression(0, i).times(repeats.get(i)));
        }
        return List.of(Fact.of(call.type(0), call.shape(out)));
    }

    static List<Fact> concat(Call call) {
        Shape shape = Shape.UNRANKED;
        Expression along = Expression.ZERO;
        for (int i = 0; i < call.inputs(); i++) {
            Shape part = call.shape(i);
            if (!part.isRanked()) {
                along = Expression.UNKNOWN;
                continue;
            }
            int axis = call.axis(call.node().integer("axis", 0), part.rank());
            along = along.plus(call.expression(i, axis));
            shape = shape.isRanked() ? merged(call, shape, part, axis) : part;
        }
        if (!shape.isRanked()) {
            return List.of(Fact.of(call.type(0), shape));
        }
        int axis = call.axis(call.node().integer("axis", 0), shape.rank());
        return List.of(
                Fact.of(
                        call.type(0),
                        shape.with(axis, call.dimension(along)),
                        shape.rank() == 1 ? Elements.concat(call) : null));
    }

    private static Shape merged(Call call, Shape shape, Shape part, int axis) {
        if (shape.rank() != part.rank()) {
            throw call.misfit("joins " + shape + " and " + part);
        }
        Shape merged = shape;
        for (int i = 0; i < shape.rank(); i++) {
            if (i != axis) {
                merged =
                        merged.with(
                                i,
                                call.same(
                                        shape.dimension(i),
                                        part.dimension(i),
                                        "sizes along axis " + i + " beside the joined axis"));
            }
        }
        return merged;
    }

    static List<Fact> split(Call call) {
        Shape x = call.shape(0);
        if (!x.isRanked()) {
            return Collections.nCopies(call.outputs(), Fact.of(call.type(0), x));
        }
        int axis = call.axis(call.node().integer("axis", 0), x.rank());
        long[] sizes = parts(call, x.dimension(axis));
        List<Fact> out = new ArrayList<>();
        for (int i = 0; i < call.outputs(); i++) {
            Dimension size =
                    sizes != null
                            ? Dimension.of(sizes[i])
                            : call.has(1)
                                    ? Dimension.UNKNOWN
                                    : call.dimension(part(call, call.expression(0, axis), i));
            out.add(Fact.of(call.type(0), x.with(axis, size)));
        }
        return out;
    }

    /** Size of an equal part of an open axis; from operator set 18 on the last may be smaller. */
    private static Expression part(Call call, Expression whole, int index) {
        int count = call.outputs();
        Expression each = whole.over(count, call.opset() >= 18);
        return index == count - 1 ? whole.minus(each.times(count - 1)) : each;
    }

    /** Sizes of the parts along an axis, or null when they are not known. */
    static long[] parts(Call call, Dimension whole) {
        int count = call.outputs();
        if (call.has(1)) {
            long[] sizes = call.longs(1);
            if (sizes != null
                    && (sizes.length != count
                            || Arrays.stream(sizes).anyMatch(size -> size < 0)
                            || !whole.isOpen() && Arrays.stream(sizes).sum() != whole.size())) {
                throw call.misfit("splits " + whole + " elements into " + Arrays.toString(sizes));
            }
            return sizes;
        }
        long declared = call.node().integer("num_outputs", count);
        if (declared != count) {
            throw call.refused(
                    Code.ATTRIBUTE, "has num_outputs " + declared + " and " + count + " outputs");
        }
        if (whole.isOpen()) {
            return null;
        }
        long each = (whole.size() + count - 1) / count;
        if (whole.size() % count != 0 && call.opset() < 18) {
            throw call.misfit("splits " + whole + " elements into " + count + " equal parts");
        }
        long[] sizes = new long[count];
        Arrays.fill(sizes, each);
        sizes[count - 1] = whole.size() - each * (count - 1);
        if (sizes[count - 1] <= 0 && whole.size() > 0) {
            throw call.misfit("splits " + whole + " elements into " + count + " parts");
        }
        return sizes;
    }

    static List<Fact> pad(Call call) {
        Shape x = call.shape(0);
        List<Expression> pads = call.elements(1);
        long[] axes = call.has(3) ? call.longs(3) : null;
        if (call.has(3) && call.opset() < 18) {
            throw call.refused(Code.OPSET, "has axes: an input since operator set 18");
        }
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), x));
        }
        if (pads == null || call.has(3) && axes == null) {
            return List.of(Fact.of(call.type(0), Shape.ofRank(x.rank())));
        }
        int[] padded =
                axes == null ? IntStream.range(0, x.rank()).toArray() : call.axes(axes, x.rank());
        if (pads.size() != 2 * padded.length) {
            throw call.misfit("has " + pads.size() + " pads for " + padded.length + " axes");
        }
        List<Expression> out = call.expressions(x);
        for (int i = 0; i < padded.length; i++) {
            Expression size =
                    out.get(padded[i]).plus(pads.get(i)).plus(pads.get(i + padded.length));
            if (size.isFixed() && size.value() < 0) {
                throw call.misfit("cuts " + x + " to the size " + size);
            }
            out.set(padded[i], size);
        }
        return List.of(Fact.of(call.type(0), call.shape(out)));
    }

    static List<Fact> depthToSpace(Call call) {
        Shape x = call.shape(0);
        long block = block(call);
        call.wantRank(0, 4);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), Shape.ofRank(4)));
        }
        if (!x.dimension(1).isOpen() && x.size(1) % (block * block) != 0) {
            throw call.misfit("has " + x.size(1) + " channels for blocks of " + block);
        }
        return List.of(
                Fact.of(
                        call.type(0),
                        call.shape(
                                List.of(
                                        call.expression(0, 0),
                                        call.expression(0, 1).over(block * block),
                                        call.expression(0, 2).times(block),
                                        call.expression(0, 3).times(block)))));
    }

    static List<Fact> spaceToDepth(Call call) {
        Shape x = call.shape(0);
        long block = block(call);
        call.wantRank(0, 4);
        if (!x.isRanked()) {
            return List.of(Fact.of(call.type(0), Shape.ofRank(4)));
        }
        for (int axis = 2; axis < 4; axis++) {
            if (!x.dimension(axis).isOpen() && x.size(axis) % block != 0) {
                throw call.misfit("divides " + x + " into blocks of " + block);
            }
        }
        return List.of(
                Fact.of(
                        call.type(0),
                        call.shape(
                                List.of(
                                        call.expression(0, 0),
                                        call.expression(0, 1).times(block * block),
                                        call.expression(0, 2).over(block),
                                        call.expression(0, 3).over(block)))));
    }

    private static long block(Call call) {
        long block = call.node().integer("blocksize", 0);
        if (block < 1 || block > 1 << 15) {
            throw call.refused(Code.ATTRIBUTE, "has the blocksize " + block);
        }
        return block;
    }
}
