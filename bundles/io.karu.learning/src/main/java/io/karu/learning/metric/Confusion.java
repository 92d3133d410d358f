package io.karu.learning.metric;

import java.util.List;
import java.util.SplittableRandom;

/**
 * How often each class was decided for each true class. Mutable; not thread-safe.
 *
 * <p>A class without a sample takes no part in the means over classes.
 */
public final class Confusion {
    private final List<String> labels;
    private final long[][] counts;

    /** An empty table over these classes. */
    public Confusion(List<String> labels) {
        this.labels = List.copyOf(labels);
        this.counts = new long[labels.size()][labels.size()];
    }

    /** Counts one sample. */
    public void add(int truth, int decided) {
        counts[truth][decided]++;
    }

    /** Adds another table over the same classes. */
    public void add(Confusion other) {
        if (!labels.equals(other.labels)) {
            throw new IllegalArgumentException("classes " + other.labels + " are not " + labels);
        }
        for (int t = 0; t < counts.length; t++) {
            for (int d = 0; d < counts.length; d++) {
                counts[t][d] += other.counts[t][d];
            }
        }
    }

    public List<String> labels() {
        return labels;
    }

    public long count(int truth, int decided) {
        return counts[truth][decided];
    }

    /** All samples. */
    public long total() {
        long sum = 0;
        for (int t = 0; t < counts.length; t++) {
            sum += samples(t);
        }
        return sum;
    }

    /** Samples of a class. */
    public long samples(int truth) {
        long sum = 0;
        for (long count : counts[truth]) {
            sum += count;
        }
        return sum;
    }

    /** Share of a class that was decided rightly; NaN when it has no sample. */
    public double recall(int truth) {
        long samples = samples(truth);
        return samples == 0 ? Double.NaN : counts[truth][truth] / (double) samples;
    }

    /** Share of the decisions for a class that were right; NaN when there was none. */
    public double precision(int decided) {
        long sum = 0;
        for (long[] row : counts) {
            sum += row[decided];
        }
        return sum == 0 ? Double.NaN : counts[decided][decided] / (double) sum;
    }

    /** Mean of the classes' recall; NaN without samples. */
    public double macroRecall() {
        double sum = 0;
        int classes = 0;
        for (int t = 0; t < counts.length; t++) {
            if (samples(t) > 0) {
                sum += recall(t);
                classes++;
            }
        }
        return classes == 0 ? Double.NaN : sum / classes;
    }

    /** Share of all samples that was decided rightly; NaN without samples. */
    public double accuracy() {
        long right = 0;
        for (int t = 0; t < counts.length; t++) {
            right += counts[t][t];
        }
        return total() == 0 ? Double.NaN : right / (double) total();
    }

    /**
     * The macro recall with a percentile interval: samples are drawn again within each class
     * (Efron, 1979).
     */
    public Interval macroRecall(Bootstrap bootstrap) {
        SplittableRandom random = new SplittableRandom(bootstrap.seed());
        double[] values = new double[bootstrap.resamples()];
        for (int r = 0; r < values.length; r++) {
            double sum = 0;
            int classes = 0;
            for (int t = 0; t < counts.length; t++) {
                long samples = samples(t);
                if (samples > 0) {
                    long hits = 0;
                    for (long i = 0; i < samples; i++) {
                        hits += random.nextLong(samples) < counts[t][t] ? 1 : 0;
                    }
                    sum += hits / (double) samples;
                    classes++;
                }
            }
            values[r] = sum / classes;
        }
        return bootstrap.interval(macroRecall(), values);
    }
}
