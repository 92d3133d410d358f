package io.karu.compression;

import io.karu.api.inference.Binding;
import java.util.List;
import java.util.Map;

/** Inputs for a graph, one run each. The same index always gives the same values. */
public interface Samples {
    /** Number of runs. */
    int size();

    /** Full shape of every input of the {@link #typical} run. */
    Map<String, List<Long>> shapes();

    /** Full shape of every input of a run; the same for all where the graph's size is fixed. */
    default Map<String, List<Long>> shapes(int index) {
        return shapes();
    }

    /** The run that is timed and sized up. */
    default int typical() {
        return 0;
    }

    /** Writes the inputs of a run into the bound tensors. */
    void write(int index, Binding binding);
}
