package io.karu.compression;

import io.karu.api.inference.Binding;
import java.util.List;
import java.util.Map;

/** Inputs for a graph, one run each. The same index always gives the same values. */
public interface Samples {
    /** Number of runs. */
    int size();

    /** Full shape of every input. */
    Map<String, List<Long>> shapes();

    /** Writes the inputs of a run into the bound tensors. */
    void write(int index, Binding binding);
}
