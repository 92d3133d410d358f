package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A node with what is known of its inputs: what a shape rule and a kernel are asked with. */
final class Call {
    /** Most elements of a tensor whose values are followed through shape inference. */
    static final int SMALL = 1024;

    private final Node node;
    private final int opset;
    private final List<Fact> inputs;
    private final Symbols symbols;

    Call(Node node, int opset, List<Fact> inputs, Symbols symbols) {
        this.node = node;
        this.opset = opset;
        this.inputs = inputs;
        this.symbols = symbols;
    }

    Node node() {
        return node;
    }

    int opset() {
        return opset;
    }

    int inputs() {
        return inputs.size();
    }

    int outputs() {
        return node.outputs().size();
    }

    boolean has(int index) {
        return index < inputs.size() && inputs.get(index) != null;
    }

    Fact in(int index) {
        if (!has(index)) {
            throw refused(Code.MISSING, "wants an input " + index);
        }
        return inputs.get(index);
    }

    DataType type(int index) {
        return in(index).type();
    }

    Shape shape(int index) {
        return in(index).shape();
    }

    /** Whether the ranks of these inputs are known. */
    boolean ranked(int... indices) {
        return Arrays.stream(indices).allMatch(index -> shape(index).isRanked());
    }

    /** The constant of an input, or null. */
    Constant constant(int index) {
        return has(index) ? in(index).constant() : null;
    }

    /** The integers that an input holds, or null when they are not all known. */
    long[] longs(int index) {
        Constant constant = constant(index);
        if (constant == null || constant.shape().elements() > SMALL) {
            return null;
        }
        if (!ElementType.isInteger(constant.type())) {
            throw refused(
                    Code.SHAPE, node.input(index), "is " + constant.type() + ", must be integers");
        }
        return constant.longs();
    }

    /** The integers that an input holds, as far as known, or null when not even their number is. */
    List<Expression> elements(int index) {
        if (!has(index)) {
            return null;
        }
        Fact fact = in(index);
        if (fact.elements() != null) {
            return fact.elements();
        }
        Constant constant = fact.constant();
        if (constant == null || !ElementType.isInteger(constant.type())) {
            return null;
        }
        return constant.shape().elements() > SMALL
                ? null
                : Arrays.stream(constant.longs()).mapToObj(Expression::of).toList();
    }

    Expression expression(int input, int axis) {
        return symbols.expression(shape(input).dimension(axis));
    }

    Expression expression(Dimension dimension) {
        return symbols.expression(dimension);
    }

    Dimension dimension(Expression expression) {
        return symbols.dimension(expression);
    }

    Shape shape(List<Expression> sizes) {
        return Shape.of(sizes.stream().map(symbols::dimension).toList());
    }

    List<Expression> expressions(Shape shape) {
        List<Expression> sizes = new ArrayList<>();
        shape.dimensions().forEach(dimension -> sizes.add(symbols.expression(dimension)));
        return sizes;
    }

    /** A non-negative axis. */
    int axis(long axis, int rank) {
        if (axis < -rank || axis >= rank) {
            throw refused(Code.ATTRIBUTE, "has the axis " + axis + " for a tensor of rank " + rank);
        }
        return (int) (axis < 0 ? axis + rank : axis);
    }

    /** Non-negative axes, each once. */
    int[] axes(long[] axes, int rank) {
        int[] all = new int[axes.length];
        boolean[] seen = new boolean[rank];
        for (int i = 0; i < axes.length; i++) {
            all[i] = axis(axes[i], rank);
            if (seen[all[i]]) {
                throw refused(Code.ATTRIBUTE, "names the axis " + axes[i] + " twice");
            }
            seen[all[i]] = true;
        }
        return all;
    }

    /** Refuses inputs of a rank other than the wanted. */
    void wantRank(int index, int rank) {
        if (shape(index).isRanked() && shape(index).rank() != rank) {
            throw refused(
                    Code.SHAPE,
                    node.input(index),
                    "has the shape " + shape(index) + ", must have " + rank + " dimensions");
        }
    }

    /** The dimension that both are; refuses certainly different ones. */
    Dimension same(Dimension first, Dimension second, String what) {
        if (first.isOpen()) {
            return second.isOpen() && first.symbol().isEmpty() ? first : pick(second, first);
        }
        if (!second.isOpen() && first.size() != second.size()) {
            throw refused(
                    Code.SHAPE, what + " are " + first + " and " + second + ", must be the same");
        }
        return first;
    }

    private static Dimension pick(Dimension second, Dimension first) {
        return second.isOpen() ? first : second;
    }

    OnnxException refused(Code code, String reason) {
        return OnnxException.node(code, node, reason);
    }

    OnnxException refused(Code code, String tensor, String reason) {
        return OnnxException.node(code, node, tensor, reason);
    }

    OnnxException misfit(String reason) {
        return refused(Code.SHAPE, reason);
    }
}
