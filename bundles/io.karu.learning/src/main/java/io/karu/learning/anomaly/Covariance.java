package io.karu.learning.anomaly;

import java.util.Arrays;

/** Mean and products of vectors, added in blocks so that the products stay in a cache's reach. */
final class Covariance {
    private static final int BLOCK = 64;

    private final int dimension;
    private final double[] sum;
    private final double[] products;
    private final float[][] block = new float[BLOCK][];
    private int waiting;
    private long count;

    Covariance(int dimension) {
        this.dimension = dimension;
        sum = new double[dimension];
        products = new double[dimension * dimension];
    }

    /** Adds a vector, which is kept until its block is full. */
    void add(float[] vector) {
        block[waiting++] = vector;
        count++;
        if (waiting == BLOCK) {
            flush();
        }
    }

    private void flush() {
        for (int v = 0; v < waiting; v++) {
            for (int i = 0; i < dimension; i++) {
                sum[i] += block[v][i];
            }
        }
        double[] row = new double[dimension];
        for (int i = 0; i < dimension; i++) {
            Arrays.fill(row, 0, i + 1, 0);
            for (int v = 0; v < waiting; v++) {
                float[] vector = block[v];
                double factor = vector[i];
                for (int j = 0; j <= i; j++) {
                    row[j] += factor * vector[j];
                }
            }
            int at = i * dimension;
            for (int j = 0; j <= i; j++) {
                products[at + j] += row[j];
            }
        }
        waiting = 0;
    }

    /** Mean of the vectors. */
    float[] mean() {
        flush();
        float[] mean = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            mean[i] = (float) (sum[i] / count);
        }
        return mean;
    }

    /** Covariance about the mean, row by row. */
    double[] centred() {
        return matrix(1.0 / count);
    }

    /** Mean products, not about the mean; nought when no vector was added. */
    double[] aboutNought() {
        return matrix(0);
    }

    private double[] matrix(double centring) {
        flush();
        double[] matrix = new double[dimension * dimension];
        if (count == 0) {
            return matrix;
        }
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j <= i; j++) {
                double value = (products[i * dimension + j] - centring * sum[i] * sum[j]) / count;
                matrix[i * dimension + j] = value;
                matrix[j * dimension + i] = value;
            }
        }
        return matrix;
    }
}
