package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/** One execution of a node. */
final class Call {
    final Node node;
    final boolean training;
    final NDManager manager;
    private final List<NDArray> inputs;
    private final Map<String, long[]> constants;

    /**
     * @param inputs null where an optional input is absent
     * @param constants integer initializers by name
     */
    Call(
            Node node,
            List<NDArray> inputs,
            boolean training,
            NDManager manager,
            Map<String, long[]> constants) {
        this.node = node;
        this.inputs = inputs;
        this.training = training;
        this.manager = manager;
        this.constants = constants;
    }

    NDArray in(int index) {
        NDArray array = optional(index);
        if (array == null) {
            throw new IllegalArgumentException(node + " lacks its input " + index);
        }
        return array;
    }

    /** Null when absent. */
    NDArray optional(int index) {
        return index < inputs.size() ? inputs.get(index) : null;
    }

    boolean has(int index) {
        return optional(index) != null;
    }

    List<NDArray> inputs() {
        return inputs;
    }

    int rank() {
        return in(0).getShape().dimension();
    }

    Shape shape() {
        return in(0).getShape();
    }

    /** An attribute that names an axis, counted from the front. */
    int axis(String attribute, long otherwise) {
        return axis(node.integer(attribute, otherwise));
    }

    int axis(long axis) {
        return (int) (axis < 0 ? axis + rank() : axis);
    }

    /** The integers of an input; null when absent. */
    long[] longs(int index) {
        if (!has(index)) {
            return null;
        }
        long[] constant = constants.get(node.inputs.get(index));
        if (constant != null) {
            return constant;
        }
        NDArray array = in(index);
        return switch (array.getDataType()) {
            case INT64 -> array.toLongArray();
            case INT32 -> java.util.Arrays.stream(array.toIntArray()).asLongStream().toArray();
            default -> throw node.unsupported("input " + index + " is not INT32 or INT64");
        };
    }

    /** Integers that older operator sets give as attribute and newer ones as input; or null. */
    long[] longs(String attribute, int index) {
        return node.has(attribute) ? node.integers(attribute) : longs(index);
    }

    /** A number that older operator sets give as attribute and newer ones as input. */
    double number(String attribute, int index, double otherwise) {
        if (node.has(attribute)) {
            return node.floating(attribute, 0);
        }
        if (!has(index)) {
            return otherwise;
        }
        NDArray array = in(index);
        return array.getDataType().isFloating()
                ? array.toType(ai.djl.ndarray.types.DataType.FLOAT64, false).toDoubleArray()[0]
                : longs(index)[0];
    }
}
