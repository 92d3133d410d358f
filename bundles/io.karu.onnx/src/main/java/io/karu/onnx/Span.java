package io.karu.onnx;

/**
 * The elements that a Slice takes along one axis.
 *
 * @param start index of the first
 * @param end index that is no longer taken; −1 for all down to the first with a negative step
 * @param step distance of two, not 0
 */
record Span(long start, long end, long step) {
    /** Bounds for an axis of a size; they count from its end when negative, and are clamped. */
    static Span of(long size, long start, long end, long step) {
        long from = start < 0 ? start + size : start;
        long to = end < 0 ? end + size : end;
        return step > 0
                ? new Span(clamp(from, 0, size), clamp(to, 0, size), step)
                : new Span(clamp(from, -1, size - 1), clamp(to, -1, size - 1), step);
    }

    long count() {
        long distance = step > 0 ? end - start : start - end;
        long stride = step == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(step);
        return distance <= 0 ? 0 : (distance - 1) / stride + 1;
    }

    private static long clamp(long value, long least, long most) {
        return Math.max(least, Math.min(most, value));
    }

    /**
     * Number of elements, as far as it follows from what is known. An open axis is taken to be long
     * enough for fixed bounds that cut a margin.
     */
    static Expression size(Expression axis, Expression start, Expression end, long step) {
        if (axis.isFixed() && start.isFixed() && end.isFixed()) {
            return Expression.of(of(axis.value(), start.value(), end.value(), step).count());
        }
        if (step < 0) {
            boolean reversed =
                    step == -1
                            && start.isFixed()
                            && (start.is(-1) || start.value() >= Integer.MAX_VALUE)
                            && end.isFixed()
                            && end.value() <= -Integer.MAX_VALUE;
            return reversed ? axis : Expression.UNKNOWN;
        }
        Expression from = start.isFixed() && start.value() < 0 ? axis.plus(start) : start;
        Expression to = upper(axis, end);
        Expression count = to.minus(from);
        if (count.isFixed() && count.value() <= 0) {
            return Expression.ZERO;
        }
        return count.over(step, true);
    }

    private static Expression upper(Expression axis, Expression end) {
        if (end.isFixed() && end.value() >= Integer.MAX_VALUE) {
            return axis;
        }
        if (end.isFixed() && end.value() < 0) {
            return axis.plus(end);
        }
        Expression beyond = end.minus(axis);
        if (beyond.isFixed()) {
            return beyond.value() >= 0 ? axis : end;
        }
        return Expression.UNKNOWN;
    }
}
