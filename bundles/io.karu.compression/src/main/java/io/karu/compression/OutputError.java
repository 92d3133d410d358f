package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import io.karu.onnx.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * How far graphs are from one graph on the same samples: squared error of all outputs relative to
 * their power. Needs no labels. The exact outputs are kept in memory.
 */
final class OutputError {
    private final InferenceEngine engine;
    private final Samples samples;
    private final List<float[]> exact;

    OutputError(InferenceEngine engine, Graph graph, Samples samples) throws InferenceException {
        this.engine = engine;
        this.samples = samples;
        this.exact = outputs(graph);
    }

    /** The error of a graph with the same outputs, 0 when it computes the same. */
    double of(Graph graph) throws InferenceException {
        List<float[]> is = outputs(graph);
        double power = 0;
        double error = 0;
        for (int i = 0; i < exact.size(); i++) {
            for (int j = 0; j < exact.get(i).length; j++) {
                double e = exact.get(i)[j];
                power += e * e;
                error += (e - is.get(i)[j]) * (e - is.get(i)[j]);
            }
        }
        return power == 0 ? error : error / power;
    }

    private List<float[]> outputs(Graph graph) throws InferenceException {
        List<float[]> all = new ArrayList<>();
        try (OpenGraph open = new OpenGraph(engine, graph, samples.shapes())) {
            for (int i = 0; i < samples.size(); i++) {
                open.run(samples, i);
                for (TensorType output : graph.outputs()) {
                    all.add(open.floats(output.name()));
                }
            }
        }
        return all;
    }
}
