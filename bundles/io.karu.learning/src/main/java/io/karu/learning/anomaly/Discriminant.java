package io.karu.learning.anomaly;

import java.util.SplittableRandom;

/**
 * Finds the directions in which vectors differ most compared with how much they change by what does
 * not matter: the generalised eigenvectors of total against nuisance covariance (Fisher 1936), so
 * scaled that the nuisance has variance 1 in each.
 */
final class Discriminant {
    private static final int ITERATIONS = 60;
    private static final double RIDGE = 1e-3;

    private final int dimension;
    private final double[] sum;
    private final double[] total;
    private final double[] nuisance;
    private long count;

    Discriminant(int dimension) {
        this.dimension = dimension;
        sum = new double[dimension];
        total = new double[dimension * dimension];
        nuisance = new double[dimension * dimension];
    }

    /** Adds a vector, and the same after a change that does not matter. */
    void add(float[] vector, float[] changed) {
        double[] difference = new double[dimension];
        for (int i = 0; i < dimension; i++) {
            sum[i] += vector[i];
            difference[i] = vector[i] - changed[i];
        }
        for (int i = 0; i < dimension; i++) {
            double a = vector[i];
            double b = 0.5 * difference[i];
            int row = i * dimension;
            for (int j = 0; j <= i; j++) {
                total[row + j] += a * vector[j];
                nuisance[row + j] += b * difference[j];
            }
        }
        count++;
    }

    /** Adds a vector when there is no nuisance: the directions are then principal components. */
    void add(float[] vector) {
        add(vector, vector);
    }

    /** Mean of the vectors added. */
    float[] mean() {
        float[] mean = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            mean[i] = (float) (sum[i] / count);
        }
        return mean;
    }

    /** Directions by falling discrimination, {@code [wanted, dimension]} row by row. */
    float[] directions(int wanted, long seed) {
        if (count < 2 || wanted > dimension) {
            throw new IllegalArgumentException(
                    wanted + " directions of " + dimension + " from " + count + " vectors");
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

    /** Lower factor of the nuisance covariance, or of the unit matrix when there is none. */
    private double[] cholesky() {
        double trace = 0;
        for (int i = 0; i < dimension; i++) {
            trace += nuisance[i * dimension + i] / count;
        }
        double ridge = trace == 0 ? 1 : RIDGE * trace / dimension;
        double[] lower = new double[dimension * dimension];
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j <= i; j++) {
                double value = nuisance[i * dimension + j] / count + (i == j ? ridge : 0);
                for (int k = 0; k < j; k++) {
                    value -= lower[i * dimension + k] * lower[j * dimension + k];
                }
                lower[i * dimension + j] =
                        i == j ? Math.sqrt(value) : value / lower[j * dimension + j];
            }
        }
        return lower;
    }

    /** L⁻¹ T L⁻ᵀ with T the total covariance. */
    private double[] whiten(double[] lower) {
        double[] covariance = new double[dimension * dimension];
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j <= i; j++) {
                double value = (total[i * dimension + j] - sum[i] * sum[j] / count) / (count - 1);
                covariance[i * dimension + j] = value;
                covariance[j * dimension + i] = value;
            }
        }
        double[] half = solveRows(lower, covariance);
        return solveRows(lower, transposed(half));
    }

    /** Solves L x = r for every row r of the matrix; returns the x as rows. */
    private double[] solveRows(double[] lower, double[] matrix) {
        double[] solved = new double[matrix.length];
        for (int row = 0; row < dimension; row++) {
            int at = row * dimension;
            for (int i = 0; i < dimension; i++) {
                double value = matrix[at + i];
                for (int k = 0; k < i; k++) {
                    value -= lower[i * dimension + k] * solved[at + k];
                }
                solved[at + i] = value / lower[i * dimension + i];
            }
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
        for (int r = 0; r < rows; r++) {
            for (int k = 0; k < dimension; k++) {
                double value = basis[r * dimension + k];
                for (int j = 0; j < dimension; j++) {
                    product[r * dimension + j] += value * symmetric[k * dimension + j];
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
