package io.karu.compression;

/** Finds the range with the smallest squared error in 255 steps: first both ends, then each. */
final class SquaredErrorSearch {
    private static final int CANDIDATES = 100;
    private static final int LEVELS = 255;

    private SquaredErrorSearch() {}

    static Range range(Histogram values) {
        Range all = Range.holding(values.min(), values.max());
        if (all.magnitude() == 0) {
            return all;
        }
        Range best = all;
        double least = error(values, all);
        for (int i = 1; i < CANDIDATES; i++) {
            float part = (float) i / CANDIDATES;
            Range candidate = new Range(all.low() * part, all.high() * part);
            double error = error(values, candidate);
            if (error < least) {
                least = error;
                best = candidate;
            }
        }
        for (boolean upper : new boolean[] {true, false}) {
            Range fixed = best;
            for (int i = 1; i <= CANDIDATES; i++) {
                float part = (float) i / CANDIDATES;
                Range candidate =
                        upper
                                ? new Range(fixed.low(), all.high() * part)
                                : new Range(all.low() * part, fixed.high());
                double error = error(values, candidate);
                if (error < least) {
                    least = error;
                    best = candidate;
                }
            }
        }
        return best;
    }

    /**
     * Sum of squared errors: a value inside is off by a uniform part of a step, a value outside by
     * its distance from the end. Bins narrower than a step are taken at their centre against the
     * nearest level.
     */
    static double error(Histogram values, Range range) {
        double step = (range.high() - range.low()) / (double) LEVELS;
        if (step == 0) {
            return values.meanSquare() * values.count();
        }
        double zero = Math.rint(-range.low() / step);
        double lowest = -zero * step;
        double highest = (LEVELS - zero) * step;
        double error = 0;
        for (int i = 0; i < Histogram.BINS; i++) {
            double centre = (i + 0.5) * values.width();
            long above = values.above(i);
            if (above > 0) {
                error += above * square(centre, step, lowest, highest);
            }
            long below = values.below(i);
            if (below > 0) {
                error += below * square(-centre, step, lowest, highest);
            }
        }
        return error;
    }

    private static double square(double value, double step, double lowest, double highest) {
        if (value > highest) {
            return (value - highest) * (value - highest);
        }
        if (value < lowest) {
            return (lowest - value) * (lowest - value);
        }
        return step * step / 12;
    }
}
