package io.karu.learning.anomaly;

import java.util.Arrays;

/** Feature vectors of one length, one after the other. Grows; not thread-safe. */
public final class Features {
    private final int dimension;
    private float[] values;
    private int count;

    /** Starts empty; {@code dimension} numbers a vector. */
    public Features(int dimension) {
        if (dimension < 1) {
            throw new IllegalArgumentException("dimension must be at least 1, was " + dimension);
        }
        this.dimension = dimension;
        this.values = new float[16 * dimension];
    }

    /** Numbers in a vector. */
    public int dimension() {
        return dimension;
    }

    /** How many vectors there are. */
    public int count() {
        return count;
    }

    /** Adds a copy of the vector that begins at {@code offset}. */
    public void add(float[] from, int offset) {
        if ((long) (count + 1) * dimension > values.length) {
            long wanted = Math.min(Integer.MAX_VALUE - 8, values.length * 2L);
            if ((long) (count + 1) * dimension > wanted) {
                throw new IllegalStateException(
                        count + " vectors of " + dimension + " numbers: more do not fit an array");
            }
            values = Arrays.copyOf(values, (int) wanted);
        }
        System.arraycopy(from, offset, values, count * dimension, dimension);
        count++;
    }

    /** One number. */
    public float at(int row, int column) {
        return values[row * dimension + column];
    }

    /** A copy of one vector. */
    public float[] row(int row) {
        return Arrays.copyOfRange(values, row * dimension, (row + 1) * dimension);
    }

    /** The rows named, in that order. */
    public Features select(int[] rows) {
        Features selected = new Features(dimension);
        for (int row : rows) {
            selected.add(values, row * dimension);
        }
        return selected;
    }

    /** All numbers, row by row; a copy. */
    public float[] toArray() {
        return Arrays.copyOf(values, count * dimension);
    }

    /** Numbers by column, then row: the layout in which distances to many rows are fast. */
    float[] columns(int from, int to) {
        int rows = to - from;
        float[] columns = new float[rows * dimension];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < dimension; column++) {
                columns[column * rows + row] = values[(from + row) * dimension + column];
            }
        }
        return columns;
    }
}
