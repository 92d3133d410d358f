package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the layers that suffer most from bytes, to be left in floating point when a budget is
 * missed. A layer's sensitivity is the error of the graph's outputs when it alone is quantized,
 * relative to the outputs' own power.
 */
public final class MixedPrecision {
    private final InferenceEngine engine;
    private final Graph graph;
    private final Samples samples;
    private final QuantizationScheme scheme;
    private final Calibrator calibrator;

    public MixedPrecision(
            InferenceEngine engine,
            Graph graph,
            Samples samples,
            QuantizationScheme scheme,
            Calibrator calibrator) {
        this.engine = engine;
        this.graph = graph;
        this.samples = samples;
        this.scheme = scheme;
        this.calibrator = calibrator;
    }

    /** Says whether a quantized graph is good enough. */
    @FunctionalInterface
    public interface Test {
        boolean passes(Graph quantized) throws Exception;
    }

    /** Error of the outputs by layer, the most sensitive layer first. */
    public Map<String, Double> sensitivities() throws InferenceException {
        List<String> layers = QuantizationPlan.of(graph, Set.of()).weighted();
        OutputError error = new OutputError(engine, graph, samples);
        List<Map.Entry<String, Double>> found = new ArrayList<>();
        for (String layer : layers) {
            Set<String> others = new LinkedHashSet<>(layers);
            others.remove(layer);
            found.add(Map.entry(layer, error.of(quantize(others))));
        }
        found.sort(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()));
        Map<String, Double> ordered = new LinkedHashMap<>();
        found.forEach(e -> ordered.put(e.getKey(), e.getValue()));
        return ordered;
    }

    /**
     * The fewest layers, taken by sensitivity, that must stay in floating point for the test to
     * pass; empty when it passes without. Bisects: a test may be slow.
     *
     * @return all layers when it never passes
     */
    public Set<String> inFloat(Test test) throws Exception {
        List<String> ordered = new ArrayList<>(sensitivities().keySet());
        int fails = -1;
        int passes = ordered.size();
        for (int kept = 0; passes - fails > 1; kept = (fails + passes) / 2) {
            if (test.passes(quantize(new LinkedHashSet<>(ordered.subList(0, kept))))) {
                passes = kept;
            } else {
                fails = kept;
            }
        }
        return new LinkedHashSet<>(ordered.subList(0, passes));
    }

    private Graph quantize(Set<String> inFloat) throws InferenceException {
        return new PostTrainingQuantization(engine, graph, samples, inFloat, scheme, 1)
                .quantize(calibrator, Set.of())
                .graph();
    }
}
