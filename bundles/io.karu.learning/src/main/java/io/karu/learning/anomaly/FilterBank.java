package io.karu.learning.anomaly;

import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Features of gray images without any training: how much structure of which orientation there is,
 * over {@value #LEVELS} octaves, as the modulus of Gabor filters on an image pyramid, averaged and
 * maximised around each cell of {@value #STRIDE} × {@value #STRIDE} pixels; and how bright the
 * surroundings are. A first-order scattering transform (Bruna and Mallat, TPAMI 2013) with maxima
 * beside the means.
 *
 * <p>Pixels are taken as logarithms less their mean over the image, so that another exposure
 * changes little.
 */
public final class FilterBank implements Extractor {
    /** Pixels from one feature vector to the next. */
    public static final int STRIDE = 8;

    private static final int LEVELS = 4;
    private static final int ORIENTATIONS = 6;
    private static final int RADIUS = 4;
    private static final double WAVELENGTH = 4;
    private static final double SIGMA = 2;
    private static final float DARK = 10;
    private static final float FLOOR = 0.003f;

    /** Numbers in a feature vector. */
    public static final int CHANNELS = LEVELS * ORIENTATIONS * 2 + 3;

    @Override
    public String name() {
        return "filter-bank";
    }

    @Override
    public int stride() {
        return STRIDE;
    }

    @Override
    public int channels() {
        return CHANNELS;
    }

    /** The filters are the same on every octave. */
    @Override
    public long parameters() {
        return 2L * ORIENTATIONS * size() * size() + 2L * ORIENTATIONS * ORIENTATIONS + 16;
    }

    @Override
    public long macs(int width, int height) {
        long macs = 0;
        for (int octave = 0; octave < LEVELS; octave++) {
            long pixels = (long) (width >> octave) * (height >> octave);
            macs += pixels * 2 * ORIENTATIONS * (size() * size() + ORIENTATIONS);
            macs += octave == 0 ? 0 : pixels * 16;
        }
        return macs;
    }

    @Override
    public Value append(GraphBuilder graph, Value pixels) {
        Value logarithm = graph.node("Log", graph.node("Add", pixels, graph.scalar(DARK)));
        Value mean =
                graph.node(
                        "ReduceMean",
                        List.of(logarithm),
                        Attribute.integers("axes", 2, 3),
                        Attribute.integer("keepdims", 1));
        Value level = graph.node("Sub", logarithm, mean);
        Value gabor = graph.constant(gabor(), 2L * ORIENTATIONS, 1, size(), size());
        Value pairs = graph.constant(pairs(), ORIENTATIONS, 2L * ORIENTATIONS, 1, 1);
        Value blur = graph.constant(binomial(), 1, 1, 4, 4);
        List<Value> features = new ArrayList<>();
        for (int octave = 0; octave < LEVELS; octave++) {
            Value waves = convolve(graph, mirrored(graph, level, RADIUS), gabor, 1);
            Value energy = convolve(graph, graph.node("Mul", waves, waves), pairs, 1);
            Value modulus = graph.node("Sqrt", graph.node("Add", energy, graph.scalar(1e-8f)));
            int cell = STRIDE >> octave;
            int window = cell == 1 ? 3 : 2 * cell;
            int pad = (window - cell) / 2;
            for (String pool : List.of("AveragePool", "MaxPool")) {
                Value pooled =
                        graph.node(
                                pool,
                                List.of(modulus),
                                Attribute.integers("kernel_shape", window, window),
                                Attribute.integers("strides", cell, cell),
                                Attribute.integers("pads", pad, pad, pad, pad));
                features.add(graph.node("Log", graph.node("Add", pooled, graph.scalar(FLOOR))));
            }
            if (octave + 1 < LEVELS) {
                level = convolve(graph, mirrored(graph, level, 1), blur, 2);
            }
        }
        Value broad = average(graph, level, 5);
        Value broader = average(graph, broad, 9);
        features.add(graph.node("Mul", graph.node("Sub", level, broad), graph.scalar(4)));
        features.add(graph.node("Mul", graph.node("Sub", broad, broader), graph.scalar(4)));
        features.add(graph.node("Mul", broader, graph.scalar(2)));
        return graph.node("Concat", features, Attribute.integer("axis", 1));
    }

    private static int size() {
        return 2 * RADIUS + 1;
    }

    private static Value mirrored(GraphBuilder graph, Value value, int margin) {
        return graph.node(
                "Pad",
                List.of(value, graph.vector(0, 0, margin, margin, 0, 0, margin, margin)),
                Attribute.text("mode", "reflect"));
    }

    private static Value convolve(GraphBuilder graph, Value value, Value kernel, int stride) {
        return graph.node(
                "Conv", List.of(value, kernel), Attribute.integers("strides", stride, stride));
    }

    private static Value average(GraphBuilder graph, Value value, int window) {
        int pad = window / 2;
        return graph.node(
                "AveragePool",
                List.of(value),
                Attribute.integers("kernel_shape", window, window),
                Attribute.integers("strides", 1, 1),
                Attribute.integers("pads", pad, pad, pad, pad));
    }

    /** Real and imaginary part of each orientation; the mean of each filter is nought. */
    private static float[] gabor() {
        float[] kernels = new float[2 * ORIENTATIONS * size() * size()];
        for (int o = 0; o < ORIENTATIONS; o++) {
            double angle = Math.PI * o / ORIENTATIONS;
            double[] envelope = new double[size() * size()];
            double[][] wave = new double[2][size() * size()];
            double[] sum = new double[2];
            double weight = 0;
            for (int y = -RADIUS; y <= RADIUS; y++) {
                for (int x = -RADIUS; x <= RADIUS; x++) {
                    int at = (y + RADIUS) * size() + x + RADIUS;
                    double phase =
                            2 * Math.PI / WAVELENGTH * (x * Math.cos(angle) + y * Math.sin(angle));
                    envelope[at] = Math.exp(-(x * x + y * y) / (2 * SIGMA * SIGMA));
                    wave[0][at] = envelope[at] * Math.cos(phase);
                    wave[1][at] = envelope[at] * Math.sin(phase);
                    weight += envelope[at];
                    sum[0] += wave[0][at];
                    sum[1] += wave[1][at];
                }
            }
            for (int part = 0; part < 2; part++) {
                for (int at = 0; at < envelope.length; at++) {
                    kernels[(2 * o + part) * envelope.length + at] =
                            (float) ((wave[part][at] - envelope[at] * sum[part] / weight) / weight);
                }
            }
        }
        return kernels;
    }

    private static float[] pairs() {
        float[] kernels = new float[ORIENTATIONS * 2 * ORIENTATIONS];
        for (int o = 0; o < ORIENTATIONS; o++) {
            kernels[o * 2 * ORIENTATIONS + 2 * o] = 1;
            kernels[o * 2 * ORIENTATIONS + 2 * o + 1] = 1;
        }
        return kernels;
    }

    private static float[] binomial() {
        float[] row = {1 / 8f, 3 / 8f, 3 / 8f, 1 / 8f};
        float[] kernel = new float[16];
        for (int i = 0; i < 16; i++) {
            kernel[i] = row[i / 4] * row[i % 4];
        }
        return kernel;
    }
}
