package io.karu.onnx;

import java.util.Arrays;
import java.util.List;

/** Matrix products and reductions of constants, summed in double precision. */
final class MatrixKernels {
    private static final long MOST_PRODUCTS = 1L << 30;

    private MatrixKernels() {}

    static List<Constant> matMul(Call call, List<Fact> outputs) {
        Constant a = call.constant(0);
        Constant b = call.constant(1);
        if (!ElementType.isFloating(a.type()) || a.shape().rank() < 2 || b.shape().rank() < 2) {
            return List.of();
        }
        long[] shape = outputs.get(0).shape().sizes();
        int rows = (int) a.shape().size(-2);
        int depth = (int) a.shape().size(-1);
        int columns = (int) b.shape().size(-1);
        if (Shape.elements(shape) * depth > MOST_PRODUCTS) {
            return List.of();
        }
        long[] batch = Arrays.copyOf(shape, shape.length - 2);
        int[] left = Indices.broadcast(leading(a), batch);
        int[] right = Indices.broadcast(leading(b), batch);
        double[] x = a.doubles();
        double[] y = b.doubles();
        double[] result = new double[(int) Shape.elements(shape)];
        for (int n = 0; n < left.length; n++) {
            for (int i = 0; i < rows; i++) {
                for (int k = 0; k < depth; k++) {
                    double factor = x[(left[n] * rows + i) * depth + k];
                    for (int j = 0; j < columns; j++) {
                        result[(n * rows + i) * columns + j] +=
                                factor * y[(right[n] * depth + k) * columns + j];
                    }
                }
            }
        }
        return List.of(Constant.of("", a.type(), result, shape));
    }

    private static long[] leading(Constant constant) {
        long[] sizes = constant.shape().sizes();
        return Arrays.copyOf(sizes, sizes.length - 2);
    }

    static List<Constant> reduce(Call call, List<Fact> outputs) {
        Constant x = call.constant(0);
        int[] axes = ReductionRules.axes(call);
        if (axes == null || !ElementType.isFloating(x.type()) && !sums(call)) {
            return List.of();
        }
        long[] shape = x.shape().sizes();
        long[] kept = shape.clone();
        for (int axis : axes) {
            kept[axis] = 1;
        }
        int[] target = Indices.broadcast(kept, shape);
        double[] values = x.doubles();
        double[] result = new double[(int) Shape.elements(kept)];
        String operator = call.node().operator();
        Arrays.fill(result, start(operator));
        for (int i = 0; i < values.length; i++) {
            result[target[i]] = step(operator, result[target[i]], values[i]);
        }
        double count = values.length == 0 ? 1 : (double) values.length / result.length;
        for (int i = 0; i < result.length; i++) {
            result[i] = finish(operator, result[i], count);
        }
        return List.of(Constant.of("", x.type(), result, outputs.get(0).shape().sizes()));
    }

    /** Integers are folded where doubles are exact enough: sizes and counts. */
    private static boolean sums(Call call) {
        return call.node().is("ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin")
                && call.constant(0).elements() <= Call.SMALL
                && Arrays.stream(call.constant(0).doubles()).allMatch(v -> Math.abs(v) < 1 << 20);
    }

    private static double start(String operator) {
        return switch (operator) {
            case "ReduceProd" -> 1;
            case "ReduceMax" -> Double.NEGATIVE_INFINITY;
            case "ReduceMin" -> Double.POSITIVE_INFINITY;
            default -> 0;
        };
    }

    private static double step(String operator, double so, double value) {
        return switch (operator) {
            case "ReduceProd" -> so * value;
            case "ReduceMax" -> Math.max(so, value);
            case "ReduceMin" -> Math.min(so, value);
            case "ReduceL1" -> so + Math.abs(value);
            case "ReduceL2", "ReduceSumSquare" -> so + value * value;
            default -> so + value;
        };
    }

    private static double finish(String operator, double so, double count) {
        return switch (operator) {
            case "ReduceMean" -> so / count;
            case "ReduceL2" -> Math.sqrt(so);
            default -> so;
        };
    }
}
