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
        put(
                operators,
                "ReduceLogSumExp",
                (input, axes, keep) -> {
                    NDArray top = maximum(input, axes, true).stopGradient();
                    NDArray sum = input.sub(top).exp().sum(axes, true).log().add(top);
                    return keep ? sum : sum.squeeze(axes);
                });
        operators.put(
                "ArgMax",
                (Operator.Single)
                        call -> {
                            int axis = call.axis("axis", 0);
                            NDArray index = call.in(0).argMax(axis);
                            return call.node.integer("keepdims", 1) == 1
                                    ? index.expandDims(axis)
                                    : index;
                        });
        operators.put(
                "CumSum",
                (Operator.Single)
                        call -> {
                            if (call.node.integer("exclusive", 0) == 1
                                    || call.node.integer("reverse", 0) == 1) {
                                throw call.unsupported("exclusive and reverse");
                            }
                            return call.in(0).cumSum(call.axis(call.longs(1)[0]));
                        });
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
