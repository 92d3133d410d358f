package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Map;

/** Operators that reduce axes. */
final class ReductionOperators {
    private interface Reduction {
        NDArray apply(NDArray input, int[] axes, boolean keep);
    }

    private ReductionOperators() {}

    static void register(Map<String, Operator> operators) {
        put(operators, "ReduceSum", NDArray::sum);
        put(operators, "ReduceMean", ReductionOperators::mean);
        put(operators, "ReduceMax", ReductionOperators::maximum);
        put(operators, "ReduceMin", (input, axes, keep) -> maximum(input.neg(), axes, keep).neg());
        put(operators, "ReduceL1", (input, axes, keep) -> input.abs().sum(axes, keep));
        put(operators, "ReduceL2", (input, axes, keep) -> squares(input, axes, keep).sqrt());
        put(operators, "ReduceSumSquare", ReductionOperators::squares);
        put(operators, "ReduceLogSum", (input, axes, keep) -> input.sum(axes, keep).log());
        put(
                operators,
                "ReduceProd",
                (input, axes, keep) -> {
                    NDArray result = input;
                    for (int axis : axes) {
                        result = result.prod(new int[] {axis}, true);
                    }
                    return keep ? result : result.squeeze(axes);
                });
        put(
                operators,
                "ReduceLogSumExp",
                (input, axes, keep) -> {
                    NDArray top = maximum(input, axes, true).stopGradient();
                    NDArray sum = input.sub(top).exp().sum(axes, true).log().add(top);
                    return keep ? sum : sum.squeeze(axes);
                });
        operators.put("ArgMax", (Operator.Single) call -> extreme(call, call.in(0)));
        operators.put("ArgMin", (Operator.Single) call -> extreme(call, call.in(0).neg()));
        operators.put("CumSum", (Operator.Single) ReductionOperators::cumulated);
    }

    private static NDArray extreme(Call call, NDArray input) {
        if (call.node.integer("select_last_index", 0) == 1) {
            throw call.unsupported("select_last_index");
        }
        int axis = call.axis("axis", 0);
        NDArray index = input.argMax(axis);
        return call.node.integer("keepdims", 1) == 1 ? index.expandDims(axis) : index;
    }

    private static NDArray cumulated(Call call) {
        int axis = call.axis(call.longs(1)[0]);
        boolean reverse = call.node.integer("reverse", 0) == 1;
        NDArray input = reverse ? call.in(0).flip(axis) : call.in(0);
        NDArray sum = input.cumSum(axis);
        NDArray result = call.node.integer("exclusive", 0) == 1 ? sum.sub(input) : sum;
        return reverse ? result.flip(axis) : result;
    }

    static NDArray mean(NDArray input, int[] axes, boolean keep) {
        long count = 1;
        for (int axis : axes) {
            count *= input.getShape().get(axis);
        }
        return input.sum(axes, keep).div(count);
    }

    static NDArray maximum(NDArray input, int[] axes, boolean keep) {
        NDArray result = input;
        for (int axis : axes) {
            result = result.max(new int[] {axis}, true);
        }
        return keep ? result : result.squeeze(axes);
    }

    private static NDArray squares(NDArray input, int[] axes, boolean keep) {
        return input.mul(input).sum(axes, keep);
    }

    private static void put(Map<String, Operator> operators, String name, Reduction reduction) {
        operators.put(
                name,
                (Operator.Single)
                        call -> {
                            long[] given = call.longs("axes", 1);
                            if ((given == null || given.length == 0)
                                    && call.node.integer("noop_with_empty_axes", 0) == 1) {
                                return call.in(0);
                            }
                            boolean keep = call.node.integer("keepdims", 1) == 1;
                            DataType type = call.in(0).getDataType();
                            NDArray result = reduction.apply(call.in(0), axes(call, given), keep);
                            return result.toType(type, false);
                        });
    }

    private static int[] axes(Call call, long[] given) {
        if (given == null || given.length == 0) {
            int[] all = new int[call.rank()];
            Arrays.setAll(all, i -> i);
            return all;
        }
        return Arrays.stream(given).mapToInt(call::axis).sorted().toArray();
    }
}
