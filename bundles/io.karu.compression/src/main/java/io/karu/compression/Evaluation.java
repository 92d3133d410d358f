package io.karu.compression;

import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import java.util.List;

/** Runs a graph over evaluation samples, always the same ones in the same order. */
@FunctionalInterface
public interface Evaluation {
    /** What the graph achieves, one outcome per metric. */
    List<Outcome> of(Graph graph) throws InferenceException;
}
