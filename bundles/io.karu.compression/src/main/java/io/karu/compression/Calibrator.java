package io.karu.compression;

import java.util.List;

/**
 * Chooses which values of a tensor eight bits shall keep, from the values that calibration saw.
 * Which images calibration sees is another choice: {@link CalibrationImages}.
 */
public sealed interface Calibrator
        permits Calibrator.MinMax,
                Calibrator.Percentile,
                Calibrator.Entropy,
                Calibrator.MeanSquaredError {

    /** The range to keep; holds zero. */
    Range range(Histogram values);

    /** What reports call it. */
    String name();

    /** One calibrator of each kind, with its usual settings. */
    static List<Calibrator> all() {
        return List.of(new MinMax(), new Percentile(99.99), new Entropy(), new MeanSquaredError());
    }

    /** Keeps everything. */
    record MinMax() implements Calibrator {
        @Override
        public Range range(Histogram values) {
            return Range.holding(values.min(), values.max());
        }

        @Override
        public String name() {
            return "min-max";
        }
    }

    /**
     * Clips the same share of values at each end.
     *
     * @param percent of the values that lie below the upper end, and above the lower end: 50 to 100
     */
    record Percentile(double percent) implements Calibrator {
        public Percentile {
            if (!(percent > 50 && percent <= 100)) {
                throw new IllegalArgumentException(
                        "percent is above 50 and at most 100, was " + percent);
            }
        }

        @Override
        public Range range(Histogram values) {
            double allowed = values.count() * (1 - percent / 100);
            return Range.holding(
                    -end(values::below, values.width(), allowed, -values.min()),
                    end(values::above, values.width(), allowed, values.max()));
        }

        private static float end(
                java.util.function.IntToLongFunction bins,
                float width,
                double allowed,
                float extreme) {
            long outside = 0;
            for (int bin = Histogram.BINS - 1; bin >= 0; bin--) {
                outside += bins.applyAsLong(bin);
                if (outside > allowed) {
                    return Math.min((bin + 1) * width, extreme);
                }
            }
            return 0;
        }

        @Override
        public String name() {
            return "percentile";
        }
    }

    /**
     * Loses the least information: smallest Kullback-Leibler divergence between the values and the
     * quantized values (Migacz, "8-bit inference with TensorRT", GTC 2017; exact zeros are left out
     * as there).
     */
    record Entropy() implements Calibrator {
        @Override
        public Range range(Histogram values) {
            return EntropySearch.range(values);
        }

        @Override
        public String name() {
            return "entropy";
        }
    }

    /** Smallest mean squared error of the quantized values: rounding and clipping together. */
    record MeanSquaredError() implements Calibrator {
        @Override
        public Range range(Histogram values) {
            return SquaredErrorSearch.range(values);
        }

        @Override
        public String name() {
            return "mse";
        }
    }
}
