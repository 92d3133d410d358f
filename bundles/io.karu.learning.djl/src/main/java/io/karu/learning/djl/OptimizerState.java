package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Applies an {@link Optimizer} and owns what it remembers of each weight. DJL's own optimisers
 * leave these arrays to the garbage collector, which never frees them.
 */
final class OptimizerState implements AutoCloseable {
    private static final String FIRST = "first/";
    private static final String SECOND = "second/";

    private final Optimizer optimizer;
    private final NDManager manager = Torch.manager();
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();

    OptimizerState(Optimizer optimizer) {
        this.optimizer = optimizer;
    }

    /**
     * Changes a weight in place; gradients must not be collected meanwhile.
     *
     * @param step counts from 1
     */
    void update(String name, NDArray weight, NDArray gradient, double rate, long step) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            if (optimizer.decay() > 0 && weight.getShape().dimension() > 1) {
                weight.muli(1 - rate * optimizer.decay());
            }
            if (optimizer instanceof Optimizer.Sgd sgd) {
                NDArray velocity = array(FIRST + name, weight);
                velocity.muli(sgd.momentum()).addi(gradient);
                weight.subi(velocity.mul(rate));
            } else if (optimizer instanceof Optimizer.AdamW adam) {
                NDArray mean = array(FIRST + name, weight);
                NDArray square = array(SECOND + name, weight);
                mean.muli(adam.beta1()).addi(gradient.mul(1 - adam.beta1()));
                square.muli(adam.beta2()).addi(gradient.mul(gradient).muli(1 - adam.beta2()));
                double correction = Math.sqrt(1 - Math.pow(adam.beta2(), step));
                NDArray deviation = square.sqrt().divi(correction).addi(adam.epsilon());
                weight.subi(mean.div(deviation).muli(rate / (1 - Math.pow(adam.beta1(), step))));
            }
        }
    }

    private NDArray array(String key, NDArray like) {
        NDArray known = arrays.get(key);
        if (known != null) {
            return known;
        }
        NDArray created = manager.zeros(like.getShape());
        NDScope.unregister(created);
        arrays.put(key, created);
        return created;
    }

    Map<String, float[]> values() {
        Map<String, float[]> values = new LinkedHashMap<>();
        arrays.forEach((key, array) -> values.put(key, TrainableGraph.read(array)));
        return values;
    }

    void setValues(Map<String, float[]> values, TrainableGraph graph) {
        values.forEach(
                (key, numbers) -> {
                    NDArray like = graph.array(key.substring(key.indexOf('/') + 1));
                    try (NDScope scope = new NDScope()) {
                        scope.suppressNotUsedWarning();
                        TrainableGraph.write(key, array(key, like), numbers);
                    }
                });
    }

    @Override
    public void close() {
        manager.close();
    }
}
