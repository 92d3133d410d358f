package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.compression.ChannelGroups.Group;
import io.karu.compression.ChannelGroups.Purpose;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Rescales channels between layers so that all channels of a tensor use its bytes alike, without
 * changing what the graph computes: what is positively homogeneous lets a factor through (Nagel et
 * al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, section
 * 4.1). Weights have a scale per output channel here, so a channel's activation is balanced against
 * the part that it takes of the rows that read it; where only depthwise convolutions read it, it is
 * brought to the size of the others.
 */
public final class CrossLayerEqualisation {
    private static final float LARGEST_FACTOR = 1e4f;

    private CrossLayerEqualisation() {}

    /**
     * An equalised copy of a graph.
     *
     * @param graph with batch normalisations folded
     * @param samples show how large each channel becomes
     */
    public static Graph apply(InferenceEngine engine, Graph graph, Samples samples)
            throws InferenceException {
        List<Group> groups = ChannelGroups.of(graph, Purpose.RESCALE);
        Map<String, float[]> magnitudes = new LinkedHashMap<>();
        List<String> tensors = groups.stream().flatMap(g -> read(graph, g).stream()).toList();
        new ActivationObserver(engine, graph, samples)
                .observe(
                        tensors,
                        (tensor, values, shape) -> {
                            int channels = shape.get(1).intValue();
                            float[] largest =
                                    magnitudes.computeIfAbsent(tensor, t -> new float[channels]);
                            int area = values.length / channels;
                            for (int i = 0; i < values.length; i++) {
                                largest[i / area] =
                                        Math.max(largest[i / area], Math.abs(values[i]));
                            }
                        });
        Graph equal = graph.copy();
        for (Group group : groups) {
            float[] activation = new float[group.channels()];
            for (String tensor : read(graph, group)) {
                float[] seen = magnitudes.get(tensor);
                for (int c = 0; seen.length == activation.length && c < seen.length; c++) {
                    activation[c] = Math.max(activation[c], seen[c]);
                }
            }
            rescale(equal, group, factors(graph, group, activation));
        }
        return equal;
    }

    /** The tensors of a group that weights multiply. */
    private static List<String> read(Graph graph, Group group) {
        return group.consumers().stream()
                .map(name -> graph.node(name).orElseThrow().input(0))
                .distinct()
                .toList();
    }

    private static float[] factors(Graph graph, Group group, float[] activation) {
        float[] weight = new float[group.channels()];
        boolean onlyDepthwise = true;
        for (String consumer : group.consumers()) {
            Node node = graph.node(consumer).orElseThrow();
            onlyDepthwise &=
                    ChannelGroups.isDepthwise(node, graph.constant(node.input(1)).orElseThrow());
            float[] relative = ChannelGroups.relativeInputs(graph, consumer, group.channels());
            for (int c = 0; c < weight.length; c++) {
                weight[c] = Math.max(weight[c], relative[c]);
            }
        }
        double[] logarithms = new double[group.channels()];
        double sum = 0;
        int alive = 0;
        for (int c = 0; c < logarithms.length; c++) {
            if (activation[c] > 0 && weight[c] > 0) {
                logarithms[c] =
                        onlyDepthwise
                                ? -Math.log(activation[c])
                                : Math.log(weight[c] / activation[c]) / 2;
                sum += logarithms[c];
                alive++;
            } else {
                logarithms[c] = Double.NaN;
            }
        }
        float[] factors = new float[group.channels()];
        for (int c = 0; c < factors.length; c++) {
            double factor = Double.isNaN(logarithms[c]) ? 1 : Math.exp(logarithms[c] - sum / alive);
            factors[c] = (float) Math.max(1 / LARGEST_FACTOR, Math.min(LARGEST_FACTOR, factor));
        }
        return factors;
    }

    private static void rescale(Graph graph, Group group, float[] factors) {
        float[] inverse = new float[factors.length];
        for (int c = 0; c < factors.length; c++) {
            inverse[c] = 1 / factors[c];
        }
        group.producers().forEach(name -> ChannelGroups.scaleOutputs(graph, name, factors));
        group.consumers().forEach(name -> ChannelGroups.scaleInputs(graph, name, inverse));
    }

    /**
     * The opposite, for tests and benchmarks: a graph that computes the same and is as hard to
     * quantize as the spread says.
     *
     * @param spread largest factor over smallest factor within each group of channels
     */
    public static Graph unbalance(Graph graph, double spread, long seed) {
        Graph hostile = graph.copy();
        Random random = new Random(seed);
        for (Group group : ChannelGroups.of(graph, Purpose.RESCALE)) {
            float[] factors = new float[group.channels()];
            for (int c = 0; c < factors.length; c++) {
                factors[c] = (float) Math.pow(spread, random.nextDouble() - 0.5);
            }
            if (factors.length > 1) {
                factors[random.nextInt(factors.length / 2)] = (float) Math.sqrt(spread);
                factors[factors.length - 1 - random.nextInt(factors.length / 2)] =
                        (float) (1 / Math.sqrt(spread));
            }
            rescale(hostile, group, factors);
        }
        return hostile;
    }
}
