package io.karu.compression;

import io.karu.onnx.Constant;
import io.karu.onnx.Node;

/**
 * The weights of a node as one row per output channel, whatever their layout: a convolution's
 * {@code [O,I,H,W]}, Gemm's {@code [O,I]} or {@code [I,O]}, MatMul's {@code [I,O]}.
 */
final class WeightMatrix {
    private final float[] values;
    private final int channels;
    private final int columns;
    private final boolean transposed;

    private WeightMatrix(float[] values, int channels, int columns, boolean transposed) {
        this.values = values;
        this.channels = channels;
        this.columns = columns;
        this.transposed = transposed;
    }

    static WeightMatrix of(Node node, Constant weights) {
        return of(node, weights, weights.floats());
    }

    /** Of weights that are whole numbers. */
    static WeightMatrix ofBytes(Node node, Constant weights) {
        byte[] bytes = weights.bytes();
        float[] values = new float[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            values[i] = bytes[i];
        }
        return of(node, weights, values);
    }

    private static WeightMatrix of(Node node, Constant weights, float[] values) {
        long[] shape = weights.shape().sizes();
        boolean transposed = node.is("MatMul") || node.is("Gemm") && node.integer("transB", 0) == 0;
        int channels = (int) shape[transposed ? 1 : 0];
        return new WeightMatrix(values, channels, weights.elements() / channels, transposed);
    }

    /** Axis of the output channels. */
    int axis() {
        return transposed ? 1 : 0;
    }

    /** Number of output channels. */
    int channels() {
        return channels;
    }

    /** Weights of one output channel. */
    int columns() {
        return columns;
    }

    /** A weight of an output channel. */
    float get(int channel, int column) {
        return values[index(channel, column)];
    }

    /** Largest absolute weight of an output channel. */
    float magnitude(int channel) {
        float magnitude = 0;
        for (int i = 0; i < columns; i++) {
            magnitude = Math.max(magnitude, Math.abs(get(channel, i)));
        }
        return magnitude;
    }

    /** A value from a weight and its place. */
    interface Change {
        float of(int channel, int column, float value);
    }

    /** Changed weights in the layout of the weights. */
    float[] map(Change change) {
        float[] changed = new float[values.length];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < columns; i++) {
                changed[index(c, i)] = change.of(c, i, get(c, i));
            }
        }
        return changed;
    }

    /** The weights of some output channels, in the layout of the weights. */
    float[] withRows(int[] kept) {
        float[] some = new float[kept.length * columns];
        for (int c = 0; c < kept.length; c++) {
            for (int i = 0; i < columns; i++) {
                some[transposed ? i * kept.length + c : c * columns + i] = get(kept[c], i);
            }
        }
        return some;
    }

    /** Some weights of every output channel, in the layout of the weights. */
    float[] withColumns(int[] kept) {
        float[] some = new float[kept.length * channels];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < kept.length; i++) {
                some[transposed ? i * channels + c : c * kept.length + i] = get(c, kept[i]);
            }
        }
        return some;
    }

    /** Rows as bytes in the layout of the weights. */
    byte[] scatter(byte[][] rows) {
        byte[] bytes = new byte[values.length];
        for (int c = 0; c < channels; c++) {
            for (int i = 0; i < columns; i++) {
                bytes[index(c, i)] = rows[c][i];
            }
        }
        return bytes;
    }

    private int index(int channel, int column) {
        return transposed ? column * channels + channel : channel * columns + column;
    }
}
