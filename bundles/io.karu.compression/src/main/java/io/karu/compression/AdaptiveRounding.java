package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.List;

/**
 * Rounds each weight up or down so that the layer's outputs, not the weights, stay close: the
 * objective of AdaRound (Nagel et al., "Up or Down? Adaptive Rounding for Post-Training
 * Quantization", ICML 2020, equation 20), solved weight by weight instead of by relaxation. Starts
 * from the nearest rounding and flips a weight while the squared error over sampled positions
 * falls. Means are left to {@link BiasCorrection}.
 */
public final class AdaptiveRounding implements WeightRounding {
    private static final int POSITIONS = 1024;
    private static final int PASSES = 4;

    /** Weight of the weights' own error: positions are few beside weights. */
    private static final double RIDGE = 0.05;

    private final InferenceEngine engine;
    private final Graph quantized;
    private final Samples samples;
    private final long seed;

    /**
     * Rounds for a plan.
     *
     * @param quantized the graph quantized with nearest rounding: its activations are what the
     *     rounded weights will see
     * @param seed chooses the positions
     */
    public AdaptiveRounding(InferenceEngine engine, Graph quantized, Samples samples, long seed) {
        this.engine = engine;
        this.quantized = quantized;
        this.samples = samples;
        this.seed = seed;
    }

    @Override
    public byte[][] round(String name, WeightMatrix weights, float[] steps, int limit)
            throws InferenceException {
        byte[][] rows = NEAREST.round(name, weights, steps, limit);
        Node node = quantized.node(name).orElseThrow();
        Patches patches = new Patches(node, weights.columns(), POSITIONS, samples.size(), seed);
        new ActivationObserver(engine, quantized, samples)
                .observe(
                        List.of(node.input(0)),
                        (tensor, values, shape) -> patches.add(values, shape));
        patches.centre();
        for (int channel = 0; channel < rows.length; channel++) {
            improve(rows[channel], channel, weights, steps[channel], limit, patches);
        }
        return rows;
    }

    private static void improve(
            byte[] row, int channel, WeightMatrix weights, float step, int limit, Patches patches) {
        int n = patches.positions();
        double[] energy = new double[row.length];
        double total = 0;
        float[] residual = new float[n];
        for (int k = 0; k < row.length; k++) {
            float[] column = patches.column(channel, weights.channels(), k);
            float error = row[k] * step - weights.get(channel, k);
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += column[i] * column[i];
                residual[i] += error * column[i];
            }
            energy[k] = sum;
            total += sum;
        }
        double ridge = RIDGE * total / row.length;
        boolean changed = true;
        for (int pass = 0; changed && pass < PASSES; pass++) {
            changed = false;
            for (int k = 0; k < row.length; k++) {
                float error = row[k] * step - weights.get(channel, k);
                int to = row[k] + (error > 0 ? -1 : 1);
                if (Math.abs(to) > limit || Math.abs(error) > step) {
                    continue;
                }
                float[] column = patches.column(channel, weights.channels(), k);
                float delta = (to - row[k]) * step;
                double product = product(column, residual, n);
                double other = error + delta;
                double gain =
                        2 * delta * product
                                + (double) delta * delta * energy[k]
                                + ridge * (other * other - (double) error * error);
                if (gain < 0) {
                    for (int i = 0; i < n; i++) {
                        residual[i] += delta * column[i];
                    }
                    row[k] = (byte) to;
                    changed = true;
                }
            }
        }
    }

    /** In four sums, which the processor adds side by side. */
    private static double product(float[] a, float[] b, int n) {
        float first = 0;
        float second = 0;
        float third = 0;
        float fourth = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            first += a[i] * b[i];
            second += a[i + 1] * b[i + 1];
            third += a[i + 2] * b[i + 2];
            fourth += a[i + 3] * b[i + 3];
        }
        double sum = (double) first + second + third + fourth;
        for (; i < n; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
