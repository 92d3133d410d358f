package io.karu.compression;

import java.util.Locale;
import java.util.Objects;

/**
 * How much of a metric a compressed model may lose.
 *
 * @param metric name of the metric, such as {@code image AUROC} or {@code pixel AUROC}
 * @param loss as a fraction: 0.005 is half a point
 */
public record Budget(String metric, double loss) {
    public Budget {
        Objects.requireNonNull(metric, "metric");
        if (!(loss >= 0 && loss < 1)) {
            throw new IllegalArgumentException(
                    "the budget of " + metric + " is 0 to 1, was " + loss);
        }
    }

    /** Points, for a person: {@code 0.5 points of image AUROC}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f points of %s", loss * 100, metric);
    }
}
