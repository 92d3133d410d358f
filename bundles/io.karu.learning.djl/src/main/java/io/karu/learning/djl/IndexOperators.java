package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Operators that address values by indices or letters. */
final class IndexOperators {
    private IndexOperators() {}

    static void register(Map<String, Operator> operators) {
        put(operators, "GatherElements", IndexOperators::gatherElements);
        put(operators, "GatherND", IndexOperators::gatherPlaces);
        put(operators, "ScatterElements", IndexOperators::scatterElements);
        put(operators, "OneHot", IndexOperators::oneHot);
        put(operators, "Trilu", IndexOperators::triangle);
        put(operators, "EyeLike", IndexOperators::eye);
        put(operators, "Einsum", IndexOperators::einsum);
        operators.put("TopK", IndexOperators::top);
    }

    private static NDArray gatherElements(Call call) {
        int axis = call.axis("axis", 0);
        return call.in(0).gather(counted(call.in(1), call.shape().get(axis)), axis);
    }

    private static NDArray scatterElements(Call call) {
        if (!call.node.text("reduction", "none").equals("none")) {
            throw call.unsupported("reduction");
        }
        int axis = call.axis("axis", 0);
        NDArray indices = counted(call.in(1), call.shape().get(axis));
        return call.in(0).scatter(indices, call.in(2), axis);
    }

    /** Indices from the end become indices from the start. */
    private static NDArray counted(NDArray indices, long size) {
        NDArray whole = indices.toType(DataType.INT64, false);
        return NDArrays.where(whole.lt(0), whole.add(size), whole);
    }

    /** Rows of indices become positions in the flattened array. */
    private static NDArray gatherPlaces(Call call) {
        if (call.node.integer("batch_dims", 0) != 0) {
            throw call.unsupported("batch_dims");
        }
        NDArray indices = call.in(1).toType(DataType.INT64, false);
        int depth = (int) indices.getShape().get(indices.getShape().dimension() - 1);
        Shape rest = call.shape().slice(depth);
        NDArray rows = indices.reshape(-1, depth);
        NDArray place = null;
        for (int i = 0; i < depth; i++) {
            NDArray own = counted(rows.get(":, " + i), call.shape().get(i));
            NDArray step = own.mul(call.shape().slice(i + 1, depth).size());
            place = place == null ? step : place.add(step);
        }
        Shape flat = new Shape(-1).addAll(rest);
        Shape result = indices.getShape().slice(0, indices.getShape().dimension() - 1).addAll(rest);
        return ShapeOperators.pick(call.in(0).reshape(flat), 0, place).reshape(result);
    }

    private static NDArray oneHot(Call call) {
        long depth = call.longs(1)[0];
        NDArray hot = counted(call.in(0), depth).oneHot((int) depth, DataType.FLOAT32);
        int rank = hot.getShape().dimension();
        int axis = (int) call.node.integer("axis", -1);
        int place = axis < 0 ? axis + rank : axis;
        int[] order =
                IntStream.range(0, rank)
                        .map(i -> i == place ? rank - 1 : i < place ? i : i - 1)
                        .toArray();
        NDArray off = call.in(2).get(0);
        NDArray on = call.in(2).get(1);
        return hot.transpose(order).mul(on.sub(off)).add(off);
    }

    private static NDArray triangle(Call call) {
        long k = call.has(1) ? call.longs(1)[0] : 0;
        boolean upper = call.node.integer("upper", 1) == 1;
        int rank = call.rank();
        int rows = (int) call.shape().get(rank - 2);
        int columns = (int) call.shape().get(rank - 1);
        boolean[] kept = new boolean[rows * columns];
        for (int i = 0; i < kept.length; i++) {
            long diagonal = i % columns - i / columns;
            kept[i] = upper ? diagonal >= k : diagonal <= k;
        }
        NDArray mask =
                call.session.manager().create(kept).reshape(rows, columns).broadcast(call.shape());
        return NDArrays.where(mask, call.in(0), call.in(0).zerosLike());
    }

    private static NDArray eye(Call call) {
        int rows = (int) call.shape().get(0);
        int columns = (int) call.shape().get(1);
        long k = call.node.integer("k", 0);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % columns - i / columns == k ? 1 : 0;
        }
        return call.constant(values, rows, columns).toType(call.in(0).getDataType(), false);
    }

    private static NDList top(Call call) {
        NDArray input = call.in(0);
        return input.topK(
                (int) call.longs(1)[0],
                call.axis("axis", -1),
                call.node.integer("largest", 1) == 1,
                call.node.integer("sorted", 1) == 1);
    }

    /** Factors are spread over all letters, multiplied, and what the result lacks is summed. */
    private static NDArray einsum(Call call) {
        String equation = call.node.text("equation", "").replace(" ", "");
        String[] sides = equation.split("->", -1);
        if (sides.length != 2 || equation.contains(".")) {
            throw call.unsupported("the equation " + equation + "; give -> and no ellipsis");
        }
        String[] factors = sides[0].split(",");
        Set<Character> letters = new LinkedHashSet<>();
        sides[1].chars().forEach(letter -> letters.add((char) letter));
        int kept = letters.size();
        sides[0].replace(",", "").chars().forEach(letter -> letters.add((char) letter));
        List<Character> order = new ArrayList<>(letters);
        NDArray product = null;
        for (int i = 0; i < factors.length; i++) {
            NDArray spread = spread(call, call.in(i), factors[i], order);
            product = product == null ? spread : product.mul(spread);
        }
        int[] summed = IntStream.range(kept, order.size()).toArray();
        return summed.length == 0 ? product : product.sum(summed, false);
    }

    private static NDArray spread(Call call, NDArray factor, String own, List<Character> order) {
        if (own.chars().distinct().count() != own.length()) {
            throw call.unsupported("a letter twice in one factor");
        }
        long[] shape = ConvolutionOperators.ones(order.size());
        int[] axes = new int[own.length()];
        int next = 0;
        for (int i = 0; i < shape.length; i++) {
            int axis = own.indexOf(order.get(i));
            if (axis >= 0) {
                axes[next++] = axis;
                shape[i] = factor.getShape().get(axis);
            }
        }
        boolean ordered = Arrays.equals(axes, IntStream.range(0, next).toArray());
        return (ordered ? factor : factor.transpose(axes)).reshape(shape);
    }

    private static void put(Map<String, Operator> operators, String name, Operator.Single single) {
        operators.put(name, single);
    }
}
