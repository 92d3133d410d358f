package io.karu.compression;

import io.karu.learning.metric.Interval;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Intervals of outcomes and of their differences by resampling (Efron, 1979). A difference draws
 * the same samples for both models, so what is hard for both cancels.
 *
 * @param seed of the resampling
 * @param resamples how many, at least 100
 * @param confidence of the intervals, for instance 0.95
 */
public record PairedBootstrap(long seed, int resamples, double confidence) {
    public PairedBootstrap {
        if (resamples < 100) {
            throw new IllegalArgumentException("at least 100 resamples, was " + resamples);
        }
        if (!(confidence > 0.5 && confidence < 1)) {
            throw new IllegalArgumentException("confidence is 0.5 to 1, was " + confidence);
        }
    }

    /** 1000 resamples, 95 %. */
    public static PairedBootstrap withSeed(long seed) {
        return new PairedBootstrap(seed, 1000, 0.95);
    }

    /** An outcome's metric. */
    public Interval of(Outcome outcome) {
        double[] values = new double[resamples];
        Draw draw = new Draw(outcome);
        for (int r = 0; r < resamples; r++) {
            values[r] = outcome.value(draw.next());
        }
        return interval(outcome.value(), values);
    }

    /** What the child loses against its parent; negative where it gains. */
    public Interval loss(Outcome parent, Outcome child) {
        if (parent.samples() != child.samples() || !parent.metric().equals(child.metric())) {
            throw new IllegalArgumentException(
                    parent.metric()
                            + " over "
                            + parent.samples()
                            + " samples cannot be compared with "
                            + child.metric()
                            + " over "
                            + child.samples());
        }
        double[] values = new double[resamples];
        Draw draw = new Draw(parent);
        for (int r = 0; r < resamples; r++) {
            int[] times = draw.next();
            values[r] = parent.value(times) - child.value(times);
        }
        return interval(parent.value() - child.value(), values);
    }

    /** Median of paired ratios' interval: how many times as fast the second is. */
    Interval medianRatio(double[] first, double[] second) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[resamples];
        double[] a = new double[first.length];
        double[] b = new double[first.length];
        for (int r = 0; r < resamples; r++) {
            for (int i = 0; i < a.length; i++) {
                int drawn = random.nextInt(a.length);
                a[i] = first[drawn];
                b[i] = second[drawn];
            }
            values[r] = Timing.quantile(a, 0.5) / Timing.quantile(b, 0.5);
        }
        return interval(Timing.quantile(first, 0.5) / Timing.quantile(second, 0.5), values);
    }

    private Interval interval(double value, double[] values) {
        Arrays.sort(values);
        double tail = (1 - confidence) / 2;
        return new Interval(
                value,
                Timing.quantile(values, tail),
                Timing.quantile(values, 1 - tail),
                confidence);
    }

    private final class Draw {
        private final SplittableRandom random = new SplittableRandom(seed);
        private final List<int[]> kinds = new ArrayList<>();
        private final int[] times;

        Draw(Outcome outcome) {
            times = new int[outcome.samples()];
            Map<Integer, List<Integer>> byKind = new LinkedHashMap<>();
            for (int i = 0; i < times.length; i++) {
                byKind.computeIfAbsent(outcome.kind(i), k -> new ArrayList<>()).add(i);
            }
            byKind.values()
                    .forEach(l -> kinds.add(l.stream().mapToInt(Integer::intValue).toArray()));
        }

        int[] next() {
            Arrays.fill(times, 0);
            for (int[] kind : kinds) {
                for (int i = 0; i < kind.length; i++) {
                    times[kind[random.nextInt(kind.length)]]++;
                }
            }
            return times;
        }
    }
}
