package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.List;

/**
 * Emulates what x86 without VNNI does: products of an unsigned and a signed byte are added in pairs
 * in 16 bits, and what does not fit is cut off ({@code vpmaddubsw}; Intel SDM volume 2).
 */
public final class SaturationCheck {
    private static final int LARGEST = Short.MAX_VALUE;
    private static final int POSITIONS = 256;

    /**
     * Whether sums were cut off.
     *
     * @param possible layers in which the largest activations could cut a sum off
     * @param layers layers looked at
     * @param cut part of the pairs that were cut off on samples, 0 to 1
     */
    public record Result(int possible, int layers, double cut) {}

    private SaturationCheck() {}

    /**
     * Checks a quantized graph.
     *
     * @param seed chooses the positions that are emulated
     */
    public static Result check(
            InferenceEngine engine, Quantized quantized, Samples samples, long seed)
            throws InferenceException {
        Graph graph = quantized.graph();
        int possible = 0;
        long cut = 0;
        long pairs = 0;
        for (String name : quantized.plan().weighted()) {
            Node node = graph.node(name).orElseThrow();
            Constant bytes =
                    graph.constant(graph.producer(node.input(1)).orElseThrow().input(0))
                            .orElseThrow();
            WeightMatrix weights = WeightMatrix.ofBytes(node, bytes);
            if (!canSaturate(weights)) {
                continue;
            }
            possible++;
            Node input = graph.producer(node.input(0)).orElseThrow();
            float step = graph.constant(input.input(1)).orElseThrow().floats()[0];
            long zero = graph.constant(input.input(2)).orElseThrow().longs()[0];
            Patches patches = new Patches(node, weights.columns(), POSITIONS, samples.size(), seed);
            new ActivationObserver(engine, graph, samples)
                    .observe(
                            List.of(node.input(0)),
                            (t, values, shape) -> patches.add(values, shape));
            for (int o = 0; o < weights.channels(); o++) {
                for (int k = 0; k + 1 < weights.columns(); k += 2) {
                    float[] first = patches.column(o, weights.channels(), k);
                    float[] second = patches.column(o, weights.channels(), k + 1);
                    for (int i = 0; i < patches.positions(); i++) {
                        long sum =
                                (Math.round(first[i] / step) + zero) * (long) weights.get(o, k)
                                        + (Math.round(second[i] / step) + zero)
                                                * (long) weights.get(o, k + 1);
                        cut += sum > LARGEST || sum < -LARGEST - 1 ? 1 : 0;
                        pairs++;
                    }
                }
            }
        }
        return new Result(
                possible,
                quantized.plan().weighted().size(),
                pairs == 0 ? 0 : (double) cut / pairs);
    }

    private static boolean canSaturate(WeightMatrix weights) {
        for (int o = 0; o < weights.channels(); o++) {
            for (int k = 0; k + 1 < weights.columns(); k += 2) {
                float first = weights.get(o, k);
                float second = weights.get(o, k + 1);
                float up = 255 * (Math.max(0, first) + Math.max(0, second));
                float down = 255 * (Math.min(0, first) + Math.min(0, second));
                if (up > LARGEST || down < -LARGEST - 1) {
                    return true;
                }
            }
        }
        return false;
    }
}
