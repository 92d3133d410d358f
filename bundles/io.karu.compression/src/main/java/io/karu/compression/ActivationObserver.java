package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a graph over samples with inner tensors as outputs and sees their values. Memory is bounded:
 * one run's values of at most {@value #TENSORS} tensors at a time.
 */
public final class ActivationObserver {
    /** Tensors that are outputs at the same time. */
    static final int TENSORS = 16;

    private final InferenceEngine engine;
    private final Graph graph;
    private final Samples samples;

    /** Takes the values of one tensor in one run. */
    @FunctionalInterface
    interface Sink {
        void take(String tensor, float[] values, List<Long> shape);
    }

    public ActivationObserver(InferenceEngine engine, Graph graph, Samples samples) {
        this.engine = engine;
        this.graph = graph;
        this.samples = samples;
    }

    /** Histogram of each tensor over all samples. */
    public Map<String, Histogram> histograms(Collection<String> tensors) throws InferenceException {
        Map<String, Histogram> histograms = new LinkedHashMap<>();
        tensors.forEach(tensor -> histograms.put(tensor, new Histogram()));
        observe(
                tensors,
                (tensor, values, shape) -> {
                    try {
                        histograms.get(tensor).add(values);
                    } catch (IllegalArgumentException e) {
                        throw new IllegalArgumentException(tensor + ": " + e.getMessage(), e);
                    }
                });
        return histograms;
    }

    /** Mean of each channel (axis 1) of each tensor over all samples and positions. */
    Map<String, double[]> channelMeans(Collection<String> tensors) throws InferenceException {
        Map<String, double[]> means = new LinkedHashMap<>();
        observe(
                tensors,
                (tensor, values, shape) -> {
                    int channels = shape.get(1).intValue();
                    double[] sums = means.computeIfAbsent(tensor, t -> new double[channels]);
                    int area = values.length / channels;
                    for (int i = 0; i < values.length; i++) {
                        sums[i / area] += (double) values[i] / area / samples.size();
                    }
                });
        return means;
    }

    void observe(Collection<String> tensors, Sink sink) throws InferenceException {
        List<String> all = new ArrayList<>(tensors);
        for (int from = 0; from < all.size(); from += TENSORS) {
            List<String> group = all.subList(from, Math.min(all.size(), from + TENSORS));
            List<String> inputs = group.stream().filter(graph::isInput).toList();
            List<String> inner = group.stream().filter(t -> !graph.isInput(t)).toList();
            Graph exposed = graph.copy();
            if (!inner.isEmpty()) {
                exposed.setOutputs(List.of());
                exposed.expose(inner);
                exposed.prune();
            }
            try (OpenGraph open = new OpenGraph(engine, exposed, samples.shapes())) {
                for (int i = 0; i < samples.size(); i++) {
                    open.run(samples, i);
                    for (String tensor : inner) {
                        sink.take(
                                tensor, open.floats(tensor), open.binding().output(tensor).shape());
                    }
                    for (String tensor : inputs) {
                        sink.take(tensor, open.inputFloats(tensor), samples.shapes(i).get(tensor));
                    }
                }
            }
        }
    }
}
