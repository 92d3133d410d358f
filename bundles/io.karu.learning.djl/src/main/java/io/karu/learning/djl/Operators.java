package io.karu.learning.djl;

import io.karu.onnx.Node;
import io.karu.onnx.OnnxException;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The operators of ONNX's own domain that the trainable view executes. */
final class Operators {
    private static final SortedMap<String, Operator> ALL = new TreeMap<>();

    static {
        ElementwiseOperators.register(ALL);
        ConvolutionOperators.register(ALL);
        NormalizationOperators.register(ALL);
        ReductionOperators.register(ALL);
        ShapeOperators.register(ALL);
        ResizeOperator.register(ALL);
        QuantizationOperators.register(ALL);
    }

    private Operators() {}

    static Map<String, Operator> all() {
        return ALL;
    }

    /** Their names, and Constant, which is read when the graph is. */
    static SortedSet<String> names() {
        SortedSet<String> names = new TreeSet<>(ALL.keySet());
        names.add("Constant");
        return names;
    }

    static Operator of(Node node) {
        Operator operator = node.domain().isEmpty() ? ALL.get(node.operator()) : null;
        if (operator == null) {
            throw OnnxException.node(
                    OnnxException.Code.UNSUPPORTED,
                    node,
                    "cannot be trained: no differentiable form of " + node.operator() + " here");
        }
        return operator;
    }
}
