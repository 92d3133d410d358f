package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.LinkedHashMap;
import java.util.Map;

/** The exponential average of all parameters; young averages forget faster. */
final class WeightAverage implements AutoCloseable {
    private final NDManager manager = Torch.manager();
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final double decay;

    WeightAverage(TrainableGraph graph, double decay) {
        this.decay = decay;
        for (String name : graph.names()) {
            NDArray copy = manager.zeros(graph.array(name).getShape());
            arrays.put(name, copy);
            TrainableGraph.write(name, copy, TrainableGraph.read(graph.array(name)));
        }
    }

    /**
     * Takes in the weights of now.
     *
     * @param step counts from 1
     */
    void update(TrainableGraph graph, long step) {
        double keep = Math.min(decay, (1.0 + step) / (10.0 + step));
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            arrays.forEach((name, array) -> array.muli(keep).addi(graph.array(name).mul(1 - keep)));
        }
    }

    Map<String, float[]> values() {
        Map<String, float[]> values = new LinkedHashMap<>();
        arrays.forEach((name, array) -> values.put(name, TrainableGraph.read(array)));
        return values;
    }

    void setValues(Map<String, float[]> values) {
        values.forEach((name, numbers) -> TrainableGraph.write(name, arrays.get(name), numbers));
    }

    @Override
    public void close() {
        manager.close();
    }
}
