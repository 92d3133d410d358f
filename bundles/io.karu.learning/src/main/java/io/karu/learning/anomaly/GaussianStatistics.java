package io.karu.learning.anomaly;

import java.util.Arrays;

/**
 * Mean and covariance of feature vectors at each position of a grid, which can be updated and
 * downdated exactly: removing what was added gives back the same bits, in any order, so that a part
 * found to be bad, or a participant who withdraws, is truly forgotten. Statistics of several
 * sources {@linkplain #add(GaussianStatistics) add up} likewise.
 *
 * <p>Features are rounded to multiples of 2⁻¹⁰ and held within ±{@value #LARGEST}; sums and sums of
 * products are whole numbers of 64 bits. Mahalanobis distances follow PaDiM (Defard et al., ICPR
 * 2021), with a ridge added to the covariance. Not thread-safe.
 */
public final class GaussianStatistics {
    /** Features beyond this are held at it. */
    public static final int LARGEST = 1024;

    private static final double STEP = 1.0 / 1024;

    private final int positions;
    private final int dimension;
    private final long[] count;
    private final long[] sum;
    private final long[] products;

    /** Begins without any sample. */
    public GaussianStatistics(int positions, int dimension) {
        if (positions < 1 || dimension < 1) {
            throw new IllegalArgumentException(
                    positions + " positions of " + dimension + " dimensions");
        }
        this.positions = positions;
        this.dimension = dimension;
        count = new long[positions];
        sum = new long[positions * dimension];
        products = new long[Math.multiplyExact(positions, triangle())];
    }

    /** Adds a vector at a position. */
    public void add(int position, float[] from, int offset) {
        change(position, from, offset, 1);
    }

    /**
     * Removes a vector that was added at a position. IllegalStateException when none is left there.
     */
    public void remove(int position, float[] from, int offset) {
        if (count[position] == 0) {
            throw new IllegalStateException("no sample is left at position " + position);
        }
        change(position, from, offset, -1);
    }

    /** Adds all that the other has seen. */
    public void add(GaussianStatistics other) {
        combine(other, 1);
    }

    /** Removes all that the other has seen. */
    public void remove(GaussianStatistics other) {
        for (int p = 0; p < positions; p++) {
            if (other.count[p] > count[p]) {
                throw new IllegalStateException(
                        "position " + p + " holds fewer samples than shall be removed");
            }
        }
        combine(other, -1);
    }

    /** Samples at a position. */
    public long count(int position) {
        return count[position];
    }

    /** Mean at a position. IllegalStateException without a sample. */
    public double[] mean(int position) {
        requireSamples(position, 1);
        double[] mean = new double[dimension];
        for (int d = 0; d < dimension; d++) {
            mean[d] = STEP * sum[position * dimension + d] / count[position];
        }
        return mean;
    }

    /** Covariance at a position, row by row. IllegalStateException with fewer than two samples. */
    public double[] covariance(int position) {
        requireSamples(position, 2);
        double[] covariance = new double[dimension * dimension];
        long n = count[position];
        int at = position * triangle();
        for (int i = 0; i < dimension; i++) {
            double mean = (double) sum[position * dimension + i] / n;
            for (int j = 0; j <= i; j++) {
                double centred = products[at++] - mean * sum[position * dimension + j];
                double value = STEP * STEP * centred / (n - 1);
                covariance[i * dimension + j] = value;
                covariance[j * dimension + i] = value;
            }
        }
        return covariance;
    }

    /**
     * What a position's samples say, ready for distances.
     *
     * @param ridge added to each variance, above 0: 0.01 in PaDiM
     */
    public Mahalanobis at(int position, double ridge) {
        return new Mahalanobis(mean(position), covariance(position), ridge);
    }

    private int triangle() {
        return dimension * (dimension + 1) / 2;
    }

    private void change(int position, float[] from, int offset, int sign) {
        long[] steps = new long[dimension];
        for (int d = 0; d < dimension; d++) {
            float value = from[offset + d];
            if (Float.isNaN(value)) {
                throw new IllegalArgumentException("feature " + d + " is NaN");
            }
            steps[d] = Math.round(Math.max(-LARGEST, Math.min(LARGEST, value)) / STEP);
        }
        int at = position * triangle();
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j <= i; j++, at++) {
                products[at] = Math.addExact(products[at], sign * steps[i] * steps[j]);
            }
            sum[position * dimension + i] += sign * steps[i];
        }
        count[position] += sign;
    }

    private void combine(GaussianStatistics other, int sign) {
        if (other.positions != positions || other.dimension != dimension) {
            throw new IllegalArgumentException(
                    "statistics of "
                            + other.positions
                            + "x"
                            + other.dimension
                            + " and "
                            + positions
                            + "x"
                            + dimension);
        }
        Arrays.setAll(count, i -> Math.addExact(count[i], sign * other.count[i]));
        Arrays.setAll(sum, i -> Math.addExact(sum[i], sign * other.sum[i]));
        Arrays.setAll(products, i -> Math.addExact(products[i], sign * other.products[i]));
    }

    private void requireSamples(int position, int needed) {
        if (count[position] < needed) {
            throw new IllegalStateException(
                    "position "
                            + position
                            + " has "
                            + count[position]
                            + " samples, "
                            + needed
                            + " are needed");
        }
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof GaussianStatistics other
                && other.positions == positions
                && other.dimension == dimension
                && Arrays.equals(other.count, count)
                && Arrays.equals(other.sum, sum)
                && Arrays.equals(other.products, products);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sum) ^ Arrays.hashCode(count);
    }
}
