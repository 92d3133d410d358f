package io.karu.compression;

/**
 * What a model achieved on evaluation samples, kept so that the metric can be taken over any number
 * of each sample: that is what resampling needs. Variants of a model are compared on outcomes over
 * the same samples in the same order.
 */
public interface Outcome {
    /** Name of the metric; higher is better, 1 is perfect. */
    String metric();

    /** Number of samples. */
    int samples();

    /** Samples are drawn again within their kind, such as good and defective. */
    int kind(int sample);

    /**
     * The metric when sample i counts {@code times[i]} times.
     *
     * @return 0 to 1; NaN when the samples left say nothing
     */
    double value(int[] times);

    /** The metric over all samples. */
    default double value() {
        int[] once = new int[samples()];
        java.util.Arrays.fill(once, 1);
        return value(once);
    }
}
