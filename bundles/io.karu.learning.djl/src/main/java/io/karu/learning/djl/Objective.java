package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;

/** What a training run makes small. */
@FunctionalInterface
public interface Objective {
    /**
     * Computes the loss of one step: picks a batch, executes the graph, compares.
     *
     * @return a finite scalar
     */
    NDArray loss(Step step) throws Exception;
}
