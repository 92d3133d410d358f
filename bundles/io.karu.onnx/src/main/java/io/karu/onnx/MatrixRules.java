package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Shapes of matrix products. */
final class MatrixRules {
    private MatrixRules() {}

    static List<Fact> gemm(Call call) {
        call.wantRank(0, 2);
        call.wantRank(1, 2);
        if (!call.ranked(0, 1)) {
            return List.of(Fact.of(call.type(0), Shape.ofRank(2)));
        }
        boolean flipA = call.node().integer("transA", 0) != 0;
        boolean flipB = call.node().integer("transB", 0) != 0;
        Shape a = call.shape(0);
        Shape b = call.shape(1);
        call.same(a.dimension(flipA ? 0 : 1), b.dimension(flipB ? 1 : 0), "sizes that are summed");
        Shape out = Shape.of(List.of(a.dimension(flipA ? 1 : 0), b.dimension(flipB ? 0 : 1)));
        if (call.has(2) && call.ranked(2)) {
            ElementwiseRules.wantWithin(call, call.shape(2), out);
        }
        return List.of(Fact.of(call.type(0), out));
    }

    static List<Fact> matMul(Call call) {
        return List.of(Fact.of(call.type(0), product(call, 0, 1)));
    }

    static List<Fact> matMulInteger(Call call) {
        return List.of(Fact.of(DataType.INT32, product(call, 0, 1)));
    }

    static List<Fact> qLinearMatMul(Call call) {
        return List.of(Fact.of(call.type(7), product(call, 0, 3)));
    }

    private static Shape product(Call call, int first, int second) {
        Shape a = call.shape(first);
        Shape b = call.shape(second);
        if (!a.isRanked() || !b.isRanked()) {
            return Shape.UNRANKED;
        }
        if (a.rank() == 0 || b.rank() == 0) {
            throw call.misfit("multiplies a scalar");
        }
        call.same(a.dimension(-1), b.dimension(b.rank() == 1 ? 0 : -2), "sizes that are summed");
        Shape rows = batch(a, a.rank() == 1 ? 1 : 2);
        Shape columns = batch(b, b.rank() == 1 ? 1 : 2);
        List<Dimension> out =
                new ArrayList<>(ElementwiseRules.broadcast(call, rows, columns).dimensions());
        if (a.rank() > 1) {
            out.add(a.dimension(-2));
        }
        if (b.rank() > 1) {
            out.add(b.dimension(-1));
        }
        return Shape.of(out);
    }

    private static Shape batch(Shape shape, int without) {
        return Shape.of(shape.dimensions().subList(0, shape.rank() - without));
    }

    /** Einsum without ellipsis, as exporters write attention. */
    static List<Fact> einsum(Call call) {
        String equation = call.node().text("equation", "").replace(" ", "");
        String[] sides = equation.split("->", -1);
        String[] terms = sides[0].split(",", -1);
        if (sides.length != 2 || terms.length != call.inputs() || equation.contains(".")) {
            throw call.refused(
                    OnnxException.Code.UNSUPPORTED,
                    "has the equation " + equation + ": write it out with ->, without ellipsis");
        }
        Map<Character, Dimension> sizes = new HashMap<>();
        for (int i = 0; i < terms.length; i++) {
            call.wantRank(i, terms[i].length());
            for (int axis = 0; axis < terms[i].length(); axis++) {
                Dimension size = call.ranked(i) ? call.shape(i).dimension(axis) : Dimension.UNKNOWN;
                sizes.merge(
                        terms[i].charAt(axis),
                        size,
                        (x, y) -> call.same(x, y, "sizes of one letter in " + equation));
            }
        }
        List<Dimension> out = new ArrayList<>();
        for (char letter : sides[1].toCharArray()) {
            if (!sizes.containsKey(letter)) {
                throw call.misfit("has the letter " + letter + " only on the right");
            }
            out.add(sizes.get(letter));
        }
        return List.of(Fact.of(call.type(0), Shape.of(out)));
    }
}
