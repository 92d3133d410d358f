package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/** Executes a node with differentiable operations. */
interface Operator {
    NDList apply(Call call);

    /** An operator of one output. */
    interface Single extends Operator {
        NDArray compute(Call call);

        @Override
        default NDList apply(Call call) {
            return new NDList(compute(call));
        }
    }
}
