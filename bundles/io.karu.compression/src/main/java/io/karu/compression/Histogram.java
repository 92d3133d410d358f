package io.karu.compression;

import java.util.Arrays;

/**
 * How often the values of a tensor occurred, in bounded memory and one pass: {@value #BINS} bins of
 * equal width on each side of zero. When a value lies outside, neighbouring bins are joined and the
 * width doubles, so the result depends on the values and not on their order, up to the width of the
 * first values seen. Exact zeros, which quantize without error, are counted apart. Not thread-safe.
 */
public final class Histogram {
    /** Bins on each side of zero. */
    public static final int BINS = 2048;

    private static final float SMALLEST_WIDTH = 0x1p-40f;

    private final long[] positive = new long[BINS];
    private final long[] negative = new long[BINS];
    private long zeros;
    private long count;
    private double sum;
    private double squares;
    private float min = Float.POSITIVE_INFINITY;
    private float max = Float.NEGATIVE_INFINITY;
    private float width = SMALLEST_WIDTH;

    /**
     * Adds values.
     *
     * @throws IllegalArgumentException when one is not finite
     */
    public void add(float[] values, int from, int to) {
        float low = 0;
        float high = 0;
        for (int i = from; i < to; i++) {
            low = Math.min(low, values[i]);
            high = Math.max(high, values[i]);
        }
        float magnitude = Math.max(-low, high);
        if (!(magnitude <= Float.MAX_VALUE)) {
            throw new IllegalArgumentException(
                    "the tensor holds a value that is not finite: " + magnitude);
        }
        while (magnitude >= width * BINS) {
            widen();
        }
        float scale = 1 / width;
        for (int i = from; i < to; i++) {
            float value = values[i];
            if (value > 0) {
                positive[Math.min((int) (value * scale), BINS - 1)]++;
            } else if (value < 0) {
                negative[Math.min((int) (-value * scale), BINS - 1)]++;
            } else {
                zeros++;
            }
            min = Math.min(min, value);
            max = Math.max(max, value);
            sum += value;
            squares += (double) value * value;
        }
        count += to - from;
    }

    /** Adds all values. */
    public void add(float... values) {
        add(values, 0, values.length);
    }

    private void widen() {
        for (long[] side : new long[][] {positive, negative}) {
            for (int i = 0; i < BINS / 2; i++) {
                side[i] = side[2 * i] + side[2 * i + 1];
            }
            Arrays.fill(side, BINS / 2, BINS, 0);
        }
        width *= 2;
    }

    /** Number of values seen. */
    public long count() {
        return count;
    }

    /** Number of exact zeros among them. */
    public long zeros() {
        return zeros;
    }

    /** Smallest value seen; 0 when there was none. */
    public float min() {
        return count == 0 ? 0 : min;
    }

    /** Largest value seen; 0 when there was none. */
    public float max() {
        return count == 0 ? 0 : max;
    }

    /** Mean of the values; 0 when there was none. */
    public double mean() {
        return count == 0 ? 0 : sum / count;
    }

    /** Mean of the squared values; 0 when there was none. */
    public double meanSquare() {
        return count == 0 ? 0 : squares / count;
    }

    /** Width of a bin. */
    public float width() {
        return width;
    }

    /** Values in the bin that begins {@code bin} widths above zero; zeros are not in it. */
    public long above(int bin) {
        return positive[bin];
    }

    /** Values in the bin that begins {@code bin} widths below zero; zeros are not in it. */
    public long below(int bin) {
        return negative[bin];
    }

    /** Part of the values, 0 to 1, that lie outside the range, to the width of a bin. */
    public double clipped(Range range) {
        if (count == 0) {
            return 0;
        }
        long outside = 0;
        for (int i = 0; i < BINS; i++) {
            float centre = (i + 0.5f) * width;
            if (centre > range.high() && max > range.high()) {
                outside += positive[i];
            }
            if (-centre < range.low() && min < range.low()) {
                outside += negative[i];
            }
        }
        return (double) outside / count;
    }
}
