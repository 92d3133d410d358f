package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.List;
import java.util.Map;

/**
 * Moves each bias so that a layer's mean output is what it was before quantization, from the first
 * layer to the last, each seeing the layers before it corrected (Nagel et al., ICCV 2019, section
 * 4.2, measured on samples).
 */
public final class BiasCorrection {
    private BiasCorrection() {}

    /**
     * A corrected copy of a quantized graph.
     *
     * @param original the graph that was quantized
     * @param plan how it was quantized
     * @param quantized written by {@link QdqRewrite} from the original
     */
    public static Graph apply(
            InferenceEngine engine,
            Graph original,
            QuantizationPlan plan,
            Graph quantized,
            Samples samples)
            throws InferenceException {
        List<String> layers =
                plan.weighted().stream()
                        .filter(name -> !original.node(name).orElseThrow().is("MatMul"))
                        .toList();
        Map<String, double[]> wanted =
                new ActivationObserver(engine, original, samples)
                        .channelMeans(
                                layers.stream()
                                        .map(n -> original.node(n).orElseThrow().output())
                                        .toList());
        Graph corrected = quantized.copy();
        for (String layer : layers) {
            String output = corrected.node(layer).orElseThrow().output();
            double[] is =
                    new ActivationObserver(engine, corrected, samples)
                            .channelMeans(List.of(output))
                            .get(output);
            double[] should = wanted.get(original.node(layer).orElseThrow().output());
            double[] shift = new double[is.length];
            for (int c = 0; c < is.length; c++) {
                shift[c] = should[c] - is[c];
            }
            shift(corrected, layer, shift);
        }
        return corrected;
    }

    private static void shift(Graph graph, String layer, double[] shift) {
        Node node = graph.node(layer).orElseThrow();
        Node dequantize = graph.producer(node.input(2)).orElseThrow();
        Constant bias = graph.constant(dequantize.input(0)).orElseThrow();
        float[] scale = graph.constant(dequantize.input(1)).orElseThrow().floats();
        long[] values = bias.longs();
        int[] moved = new int[values.length];
        for (int c = 0; c < moved.length; c++) {
            double value = values[c] + shift[c] / scale[c];
            moved[c] =
                    (int)
                            Math.rint(
                                    Math.max(
                                            -QdqRewrite.LARGEST_BIAS,
                                            Math.min(QdqRewrite.LARGEST_BIAS, value)));
        }
        graph.set(Constant.of(bias.name(), moved, bias.shape().sizes()));
    }
}
