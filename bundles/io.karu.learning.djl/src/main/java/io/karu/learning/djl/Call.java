package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.karu.onnx.Node;
import io.karu.onnx.OnnxException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One execution of a node. */
final class Call {
    final Node node;
    final Session session;
    final boolean training;
    private final List<NDArray> inputs;

    /**
     * What the executions of one graph share.
     *
     * @param manager owns what operators create
     * @param opset version of ONNX's operators
     * @param integers values of integer constants by name
     */
    record Session(NDManager manager, int opset, Map<String, long[]> integers) {}

    /**
     * @param inputs null where an optional input is absent
     */
    Call(Node node, List<NDArray> inputs, boolean training, Session session) {
        this.node = node;
        this.inputs = inputs;
        this.training = training;
        this.session = session;
    }

    NDArray in(int index) {
        NDArray array = optional(index);
        if (array == null) {
            throw OnnxException.node(
                    OnnxException.Code.MALFORMED, node, "lacks its input " + index);
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
        return shape().dimension();
    }

    Shape shape() {
        return in(0).getShape();
    }

    NDArray constant(float[] values, long... shape) {
        return Tensors.own(session.manager.create(values, new Shape(shape)));
    }

    NDArray constant(long... values) {
        return Tensors.own(session.manager.create(values));
    }

    /** An attribute that names an axis, counted from the front. */
    int axis(String attribute, long otherwise) {
        return axis(node.integer(attribute, otherwise));
    }

    int axis(long axis) {
        return (int) (axis < 0 ? axis + rank() : axis);
    }

    /** Null when the attribute is absent. */
    long[] integers(String attribute) {
        return node.has(attribute) ? node.integers(attribute) : null;
    }

    /** The integers of an input; null when absent. */
    long[] longs(int index) {
        if (!has(index)) {
            return null;
        }
        long[] constant = session.integers.get(node.input(index));
        if (constant != null) {
            return constant;
        }
        NDArray array = in(index);
        return switch (array.getDataType()) {
            case INT64 -> array.toLongArray();
            case INT32 -> Arrays.stream(array.toIntArray()).asLongStream().toArray();
            default -> throw unsupported("its input " + index + " is not INT32 or INT64");
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
        return has(index) ? number(index) : otherwise;
    }

    double number(int index) {
        NDArray array = in(index);
        return array.getDataType().isFloating()
                ? array.toType(DataType.FLOAT64, false).toDoubleArray()[0]
                : longs(index)[0];
    }

    OnnxException unsupported(String what) {
        return OnnxException.node(
                OnnxException.Code.UNSUPPORTED, node, "cannot be trained: " + what);
    }
}
