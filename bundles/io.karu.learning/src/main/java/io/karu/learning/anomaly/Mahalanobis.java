package io.karu.learning.anomaly;

/**
 * Distance from a mean in units of the spread in that direction. Immutable and thread-safe.
 *
 * <p>With L Lᵀ the Cholesky factorisation of the covariance, the distance of x is |L⁻¹(x − mean)|.
 */
public final class Mahalanobis {
    private final double[] mean;
    private final double[] factor;

    /**
     * @param covariance row by row, symmetric
     * @param ridge added to each variance, above 0
     */
    Mahalanobis(double[] mean, double[] covariance, double ridge) {
        if (!(ridge > 0)) {
            throw new IllegalArgumentException("ridge must be above 0, was " + ridge);
        }
        this.mean = mean;
        this.factor = cholesky(covariance, mean.length, ridge);
    }

    /** Distance of the vector that begins at {@code offset}. */
    public double distance(float[] from, int offset) {
        int n = mean.length;
        double[] solved = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double value = from[offset + i] - mean[i];
            for (int j = 0; j < i; j++) {
                value -= factor[i * n + j] * solved[j];
            }
            solved[i] = value / factor[i * n + i];
            sum += solved[i] * solved[i];
        }
        return Math.sqrt(sum);
    }

    private static double[] cholesky(double[] matrix, int n, double ridge) {
        double[] factor = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double value = matrix[i * n + j] + (i == j ? ridge : 0);
                for (int k = 0; k < j; k++) {
                    value -= factor[i * n + k] * factor[j * n + k];
                }
                if (i == j) {
                    if (!(value > 0)) {
                        throw new IllegalArgumentException(
                                "covariance is not positive definite with ridge " + ridge);
                    }
                    factor[i * n + i] = Math.sqrt(value);
                } else {
                    factor[i * n + j] = value / factor[j * n + j];
                }
            }
        }
        return factor;
    }
}
