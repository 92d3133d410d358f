package io.karu.learning.anomaly;

/**
 * Feature vectors on a grid.
 *
 * @param channels numbers in a vector
 * @param values {@code [channels, rows, columns]}
 */
record FeatureMap(int channels, int rows, int columns, float[] values) {
    /**
     * The vectors of a window of cells, one after the other by channel, then row, then column, as
     * the kernel of a convolution lies; outside the grid the nearest cell counts.
     *
     * @param from first of {@code some} channels
     */
    float[] window(int from, int some, int row, int column, int size) {
        float[] window = new float[some * size * size];
        int at = 0;
        for (int c = from; c < from + some; c++) {
            for (int y = row; y < row + size; y++) {
                int line = (c * rows + Math.max(0, Math.min(rows - 1, y))) * columns;
                for (int x = column; x < column + size; x++) {
                    window[at++] = values[line + Math.max(0, Math.min(columns - 1, x))];
                }
            }
        }
        return window;
    }

    /** One cell's vector. */
    void cell(int row, int column, float[] into) {
        for (int c = 0; c < channels; c++) {
            into[c] = values[(c * rows + row) * columns + column];
        }
    }
}
