package io.karu.learning.metric;

import java.util.Locale;

/**
 * A value with the interval that holds the truth with the given confidence.
 *
 * @param value measured on all items
 * @param low lower end
 * @param high upper end
 * @param confidence for instance 0.95
 */
public record Interval(double value, double low, double high, double confidence) {
    public Interval {
        if (!(low <= high)) {
            throw new IllegalArgumentException("interval from " + low + " to " + high);
        }
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "confidence must be between 0 and 1, was " + confidence);
        }
    }

    /** True when the interval lies wholly above the given value. */
    public boolean above(double bound) {
        return low > bound;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.4f [%.4f, %.4f]", value, low, high);
    }
}
