package io.karu.compression;

/** Finds the threshold at which the quantized distribution says most about the original one. */
final class EntropySearch {
    /** Levels on one side: the positive half of a signed byte, or all of an unsigned one. */
    private static final int ONE_SIDED_LEVELS = 256;

    private static final int TWO_SIDED_LEVELS = 128;

    private EntropySearch() {}

    static Range range(Histogram values) {
        Range all = Range.holding(values.min(), values.max());
        boolean twoSided = all.low() < 0;
        int levels = twoSided ? TWO_SIDED_LEVELS : ONE_SIDED_LEVELS;
        double[] counts = new double[Histogram.BINS];
        int used = 0;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = values.above(i) + (double) values.below(i);
            if (counts[i] > 0) {
                used = i + 1;
            }
        }
        int best = threshold(counts, used, levels);
        float limit = best * values.width();
        return new Range(Math.max(all.low(), -limit), Math.min(all.high(), limit));
    }

    /** Number of leading bins to keep, from {@code levels} to {@code used}. */
    static int threshold(double[] counts, int used, int levels) {
        int best = used;
        double least = Double.POSITIVE_INFINITY;
        for (int kept = Math.min(levels, used); kept <= used; kept++) {
            double divergence = divergence(counts, kept, used, levels);
            if (divergence <= least) {
                least = divergence;
                best = kept;
            }
        }
        return best;
    }

    /**
     * Divergence of the first {@code kept} bins, what lies beyond counted in the last of them, from
     * the same bins spread evenly over each of {@code levels} levels.
     */
    static double divergence(double[] counts, int kept, int used, int levels) {
        double outside = 0;
        for (int i = kept; i < used; i++) {
            outside += counts[i];
        }
        double inside = 0;
        for (int i = 0; i < kept; i++) {
            inside += counts[i];
        }
        double total = inside + outside;
        if (inside == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double divergence = 0;
        for (int level = 0; level < levels; level++) {
            int from = (int) ((long) level * kept / levels);
            int to = (int) ((long) (level + 1) * kept / levels);
            double mass = 0;
            int occupied = 0;
            for (int i = from; i < to; i++) {
                mass += counts[i];
                if (counts[i] > 0 || i == kept - 1 && outside > 0) {
                    occupied++;
                }
            }
            for (int i = from; i < to; i++) {
                double p = (counts[i] + (i == kept - 1 ? outside : 0)) / total;
                if (p > 0) {
                    double q = Math.max(mass, 1e-4) / occupied / inside;
                    divergence += p * Math.log(p / q);
                }
            }
        }
        return divergence;
    }
}
