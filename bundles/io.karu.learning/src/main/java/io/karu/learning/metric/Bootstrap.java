package io.karu.learning.metric;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Percentile intervals by resampling items (Efron, 1979), good and defective ones apart, so that
 * each resample keeps their numbers. The same seed gives the same interval.
 *
 * @param seed of the resampling
 * @param resamples how many, at least 100
 * @param confidence of the interval, for instance 0.95
 */
public record Bootstrap(long seed, int resamples, double confidence) {
    /** 2000 resamples, 95 %. */
    public static Bootstrap withSeed(long seed) {
        return new Bootstrap(seed, 2000, 0.95);
    }

    public Bootstrap {
        if (resamples < 100) {
            throw new IllegalArgumentException("at least 100 resamples, was " + resamples);
        }
        if (!(confidence > 0 && confidence < 1)) {
            throw new IllegalArgumentException(
                    "confidence must be between 0 and 1, was " + confidence);
        }
    }

    /** AUROC with its interval; arguments as in {@link Auroc#of}. */
    public Interval auroc(double[] scores, boolean[] defective) {
        Auroc.Ranking ranking = new Auroc.Ranking(scores, defective);
        double[] values = new double[resamples];
        Draw draw = new Draw(defective);
        for (int r = 0; r < resamples; r++) {
            values[r] = ranking.auroc(draw.next());
        }
        return interval(ranking.auroc(null), values);
    }

    /**
     * Difference of two models' AUROC on the same items, {@code first − second}: each resample
     * draws the same items for both, so what is hard for both cancels.
     */
    public Interval aurocDifference(double[] first, double[] second, boolean[] defective) {
        Auroc.Ranking a = new Auroc.Ranking(first, defective);
        Auroc.Ranking b = new Auroc.Ranking(second, defective);
        double[] values = new double[resamples];
        Draw draw = new Draw(defective);
        for (int r = 0; r < resamples; r++) {
            int[] times = draw.next();
            values[r] = a.auroc(times) - b.auroc(times);
        }
        return interval(a.auroc(null) - b.auroc(null), values);
    }

    Interval interval(double value, double[] values) {
        Arrays.sort(values);
        double tail = (1 - confidence) / 2;
        return new Interval(value, quantile(values, tail), quantile(values, 1 - tail), confidence);
    }

    private static double quantile(double[] sorted, double share) {
        double at = share * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    private final class Draw {
        private final SplittableRandom random = new SplittableRandom(seed);
        private final int[] times;
        private final int[][] strata;

        Draw(boolean[] defective) {
            times = new int[defective.length];
            strata = new int[2][];
            for (int side = 0; side < 2; side++) {
                boolean bad = side == 1;
                strata[side] =
                        java.util.stream.IntStream.range(0, defective.length)
                                .filter(i -> defective[i] == bad)
                                .toArray();
            }
        }

        int[] next() {
            Arrays.fill(times, 0);
            for (int[] stratum : strata) {
                for (int i = 0; i < stratum.length; i++) {
                    times[stratum[random.nextInt(stratum.length)]]++;
                }
            }
            return times;
        }
    }
}
