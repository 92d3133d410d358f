package io.karu.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/** Integers that shapes are made of, followed through the operators that exporters use for them. */
final class Elements {
    private Elements() {}

    static List<Expression> arithmetic(Call call) {
        BinaryOperator<Expression> operation =
                switch (call.node().operator()) {
                    case "Add" -> Expression::plus;
                    case "Sub" -> Expression::minus;
                    case "Mul" -> Expression::times;
                    case "Div" -> Expression::over;
                    default -> null;
                };
        if (operation == null || call.inputs() != 2) {
            return null;
        }
        return paired(call.elements(0), call.elements(1), operation);
    }

    private static List<Expression> paired(
            List<Expression> first, List<Expression> second, BinaryOperator<Expression> operation) {
        if (first == null || second == null) {
            return null;
        }
        int size = Math.max(first.size(), second.size());
        if (first.size() != size && first.size() != 1
                || second.size() != size && second.size() != 1) {
            return null;
        }
        List<Expression> result = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            result.add(
                    operation.apply(
                            first.get(first.size() == 1 ? 0 : i),
                            second.get(second.size() == 1 ? 0 : i)));
        }
        return result;
    }

    /** Where with a known condition: what exporters write around Expand. */
    static List<Expression> where(Call call) {
        long[] condition = call.longs(0);
        List<Expression> yes = call.elements(1);
        List<Expression> no = call.elements(2);
        if (condition == null || yes == null || no == null) {
            return null;
        }
        if (yes.size() != condition.length || no.size() != condition.length) {
            return null;
        }
        List<Expression> result = new ArrayList<>();
        for (int i = 0; i < condition.length; i++) {
            result.add(condition[i] != 0 ? yes.get(i) : no.get(i));
        }
        return result;
    }

    static List<Expression> concat(Call call) {
        List<Expression> all = new ArrayList<>();
        for (int i = 0; i < call.inputs(); i++) {
            List<Expression> part = call.elements(i);
            if (part == null || call.shape(i).rank() != 1 || all.size() > Call.SMALL) {
                return null;
            }
            all.addAll(part);
        }
        return all;
    }

    static List<Expression> gather(Call call) {
        List<Expression> from = call.elements(0);
        long[] indices = call.longs(1);
        if (from == null || indices == null || call.shape(0).rank() != 1) {
            return null;
        }
        List<Expression> result = new ArrayList<>();
        for (long index : indices) {
            long at = index < 0 ? index + from.size() : index;
            if (at < 0 || at >= from.size()) {
                throw call.misfit(
                        "gathers the element " + index + " of " + from.size() + " elements");
            }
            result.add(from.get((int) at));
        }
        return result;
    }

    static List<Expression> slice(Call call, long start, long end, long step) {
        List<Expression> from = call.elements(0);
        if (from == null || call.shape(0).rank() != 1) {
            return null;
        }
        List<Expression> result = new ArrayList<>();
        for (long i = start; step > 0 ? i < end : i > end; i += step) {
            result.add(from.get((int) i));
        }
        return result;
    }

    static List<Expression> product(Call call) {
        List<Expression> from = call.elements(0);
        if (from == null) {
            return null;
        }
        return List.of(from.stream().reduce(Expression.ONE, Expression::times));
    }
}
