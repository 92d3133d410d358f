package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Quantizes a graph without training. Observe once, then quantize with as many calibrators as
 * wanted: {@link #observe} sees the activations, {@link #quantize} chooses ranges and rewrites.
 */
public final class PostTrainingQuantization {
    private final Graph graph;
    private final QuantizationPlan plan;
    private final Map<String, Histogram> activations;

    private PostTrainingQuantization(
            Graph graph, QuantizationPlan plan, Map<String, Histogram> activations) {
        this.graph = graph;
        this.plan = plan;
        this.activations = activations;
    }

    /**
     * Runs calibration samples through a graph.
     *
     * @param graph with batch normalisations folded; not changed
     * @param inFloat names of nodes that stay in floating point
     * @throws InferenceException when the engine cannot run the graph
     */
    public static PostTrainingQuantization observe(
            InferenceEngine engine, Graph graph, Samples calibration, Set<String> inFloat)
            throws InferenceException {
        if (calibration.size() == 0) {
            throw new IllegalArgumentException("calibration needs at least one sample");
        }
        QuantizationPlan plan = QuantizationPlan.of(graph, inFloat);
        if (plan.weighted().isEmpty()) {
            throw new IllegalArgumentException(
                    "graph " + graph.name() + " has no convolution or matrix product to quantize");
        }
        return new PostTrainingQuantization(
                graph,
                plan,
                new ActivationObserver(engine, graph, calibration).histograms(plan.activations()));
    }

    /** What is quantized. */
    public QuantizationPlan plan() {
        return plan;
    }

    /** What calibration saw of each activation. */
    public Map<String, Histogram> activations() {
        return activations;
    }

    /** The range that a calibrator chooses for each activation. */
    public Map<String, Range> ranges(Calibrator calibrator) {
        Objects.requireNonNull(calibrator, "calibrator");
        Map<String, Range> ranges = new LinkedHashMap<>();
        activations.forEach((tensor, histogram) -> ranges.put(tensor, calibrator.range(histogram)));
        return ranges;
    }

    /** The quantized graph, weights rounded to nearest. */
    public Graph quantize(Calibrator calibrator, QuantizationScheme scheme) {
        return QdqRewrite.apply(graph, plan, ranges(calibrator), scheme, WeightRounding.NEAREST);
    }
}
