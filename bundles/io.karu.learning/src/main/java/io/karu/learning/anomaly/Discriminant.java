package io.karu.learning.anomaly;

import java.util.SplittableRandom;

/**
 * Finds the directions in which what must show is large compared with what must not: the
 * generalised eigenvectors of two covariances (Fisher 1936), so scaled that what must not show has
 * variance 1 in each.
 */
final class Discriminant {
    private static final int ITERATIONS = 40;
    private static final double RIDGE = 1e-3;

    private final int dimension;
    private final double[] shown;
    private final double[] hidden;

    /**
     * @param shown covariance of what must show, row by row
     * @param hidden covariance of what must not
     */
    Discriminant(double[] shown, double[] hidden) {
        this.dimension = (int) Math.round(Math.sqrt(shown.length));
        this.shown = shown;
        this.hidden = hidden;
    }

    /** Principal components: nothing is hidden. */
    static Discriminant components(double[] covariance) {
        return new Discriminant(covariance, new double[covariance.length]);
    }

    /** Directions by falling discrimination, {@code [wanted, dimension]} row by row. */
    float[] directions(int wanted, long seed) {
        if (wanted > dimension) {
            throw new IllegalArgumentException(wanted + " directions of " + dimension);
        }
        double[] lower = cholesky();
        double[] whitened = whiten(lower);
        double[] basis = new double[wanted * dimension];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < basis.length; i++) {
            basis[i] = random.nextGaussian();
        }
        orthonormalise(basis, wanted);
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            basis = multiply(basis, whitened, wanted);
            orthonormalise(basis, wanted);
        }
        float[] directions = new float[wanted * dimension];
        for (int w = 0; w < wanted; w++) {
            double[] direction = solveTransposed(lower, basis, w * dimension);
            for (int i = 0; i < dimension; i++) {
                directions[w * dimension + i] = (float) direction[i];
            }
        }
        return directions;
    }

    /** Lower factor of what is hidden, or of the unit matrix when nothing is. */
    private double[] cholesky() {
        double trace = 0;
        for (int i = 0; i < dimension; i++) {
            trace += hidden[i * dimension + i];
        }
        double ridge = trace == 0 ? 1 : RIDGE * trace / dimension;
        double[] lower = new double[dimension * dimension];
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j <= i; j++) {
                double value = hidden[i * dimension + j] + (i == j ? ridge : 0);
                for (int k = 0; k < j; k++) {
                    value -= lower[i * dimension + k] * lower[j * dimension + k];
                }
                lower[i * dimension + j] =
                        i == j ? Math.sqrt(value) : value / lower[j * dimension + j];
            }
        }
        return lower;
    }

    /** L⁻¹ S L⁻ᵀ with S what is shown. */
    private double[] whiten(double[] lower) {
        double[] upper = transposed(lower);
        return solveRows(upper, transposed(solveRows(upper, shown)));
    }

    /** Solves Uᵀ x = r for every row r of the matrix; returns the x as rows. */
    private double[] solveRows(double[] upper, double[] matrix) {
        double[] solved = matrix.clone();
        double[] row = new double[dimension];
        double[] factors = new double[dimension];
        for (int r = 0; r < dimension; r++) {
            System.arraycopy(solved, r * dimension, row, 0, dimension);
            for (int i = 0; i < dimension; i++) {
                double value = row[i] / upper[i * dimension + i];
                factors[i] = value;
                int at = i * dimension;
                for (int k = i + 1; k < dimension; k++) {
                    row[k] -= value * upper[at + k];
                }
            }
            System.arraycopy(factors, 0, solved, r * dimension, dimension);
        }
        return solved;
    }

    private double[] solveTransposed(double[] lower, double[] vectors, int offset) {
        double[] solved = new double[dimension];
        for (int i = dimension - 1; i >= 0; i--) {
            double value = vectors[offset + i];
            for (int k = i + 1; k < dimension; k++) {
                value -= lower[k * dimension + i] * solved[k];
            }
            solved[i] = value / lower[i * dimension + i];
        }
        return solved;
    }

    private double[] transposed(double[] matrix) {
        double[] turned = new double[matrix.length];
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j < dimension; j++) {
                turned[j * dimension + i] = matrix[i * dimension + j];
            }
        }
        return turned;
    }

    private double[] multiply(double[] basis, double[] symmetric, int rows) {
        double[] product = new double[basis.length];
        for (int k = 0; k < dimension; k++) {
            int from = k * dimension;
            for (int r = 0; r < rows; r++) {
                double value = basis[r * dimension + k];
                int to = r * dimension;
                for (int j = 0; j < dimension; j++) {
                    product[to + j] += value * symmetric[from + j];
                }
            }
        }
        return product;
    }

    /** Gram and Schmidt, twice for accuracy. */
    private void orthonormalise(double[] basis, int rows) {
        for (int r = 0; r < rows; r++) {
            for (int pass = 0; pass < 2; pass++) {
                for (int other = 0; other < r; other++) {
                    double overlap = 0;
                    for (int i = 0; i < dimension; i++) {
                        overlap += basis[r * dimension + i] * basis[other * dimension + i];
                    }
                    for (int i = 0; i < dimension; i++) {
                        basis[r * dimension + i] -= overlap * basis[other * dimension + i];
                    }
                }
            }
            double norm = 0;
            for (int i = 0; i < dimension; i++) {
                norm += basis[r * dimension + i] * basis[r * dimension + i];
            }
            norm = Math.sqrt(norm);
            for (int i = 0; i < dimension; i++) {
                basis[r * dimension + i] /= norm;
            }
        }
    }
}
