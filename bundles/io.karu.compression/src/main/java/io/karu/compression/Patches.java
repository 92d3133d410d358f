package io.karu.compression;

import io.karu.onnx.Node;
import java.util.List;
import java.util.Random;

/**
 * What a layer's weights are multiplied by, at randomly chosen positions: for each weight of a row
 * one value per position, mean removed.
 */
final class Patches {
    private final Node node;
    private final int groups;
    private final int rows;
    private final float[][] columns;
    private final Random random;
    private final int perRun;
    private int filled;

    /**
     * Room for the patches of a layer.
     *
     * @param positions taken over all runs
     */
    Patches(Node node, int weightsPerRow, int positions, int runs, long seed) {
        this.node = node;
        this.groups = (int) node.integer("group", 1);
        this.rows = weightsPerRow;
        this.perRun = Math.max(1, positions / runs);
        this.columns = new float[groups * rows][perRun * runs];
        this.random = new Random(seed);
    }

    /** Takes positions of one run: {@code [1,C,H,W]}, or {@code [1,K]} of a matrix product. */
    void add(float[] values, List<Long> shape) {
        if (!node.is("Conv")) {
            for (int k = 0; k < rows; k++) {
                columns[k][filled] = values[k];
            }
            filled++;
            return;
        }
        Window window = new Window(node, shape);
        for (int i = 0; i < perRun; i++) {
            int y = random.nextInt(window.outHeight);
            int x = random.nextInt(window.outWidth);
            window.copy(values, y, x, columns, filled++);
        }
    }

    /** Removes the mean of each column. */
    void centre() {
        for (float[] column : columns) {
            double sum = 0;
            for (int i = 0; i < filled; i++) {
                sum += column[i];
            }
            float mean = filled == 0 ? 0 : (float) (sum / filled);
            for (int i = 0; i < filled; i++) {
                column[i] -= mean;
            }
        }
    }

    int positions() {
        return filled;
    }

    /** The values that a weight of an output channel is multiplied by. */
    float[] column(int outputChannel, int outputChannels, int weight) {
        return columns[outputChannel / (outputChannels / groups) * rows + weight];
    }

    private static final class Window {
        private final int channels;
        private final int height;
        private final int width;
        private final long[] kernel;
        private final long[] strides;
        private final long[] dilations;
        private final long[] pads;
        private final int outHeight;
        private final int outWidth;

        Window(Node node, List<Long> shape) {
            channels = shape.get(1).intValue();
            height = shape.get(2).intValue();
            width = shape.get(3).intValue();
            kernel = node.integers("kernel_shape", 1, 1);
            strides = node.integers("strides", 1, 1);
            dilations = node.integers("dilations", 1, 1);
            pads = node.integers("pads", 0, 0, 0, 0);
            outHeight = extent(height, 0);
            outWidth = extent(width, 1);
        }

        private int extent(int size, int axis) {
            long covered = dilations[axis] * (kernel[axis] - 1) + 1;
            return (int) ((size + pads[axis] + pads[axis + 2] - covered) / strides[axis] + 1);
        }

        void copy(float[] values, int outY, int outX, float[][] columns, int position) {
            int k = 0;
            for (int c = 0; c < channels; c++) {
                for (int i = 0; i < kernel[0]; i++) {
                    long y = outY * strides[0] - pads[0] + i * dilations[0];
                    for (int j = 0; j < kernel[1]; j++) {
                        long x = outX * strides[1] - pads[1] + j * dilations[1];
                        boolean inside = y >= 0 && y < height && x >= 0 && x < width;
                        columns[k++][position] =
                                inside ? values[(int) ((c * (long) height + y) * width + x)] : 0;
                    }
                }
            }
        }
    }
}
