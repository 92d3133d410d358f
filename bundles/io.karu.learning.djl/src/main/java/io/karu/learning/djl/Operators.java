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
        IndexOperators.register(ALL);
        ResizeOperator.register(ALL);
        QuantizationOperators.register(ALL);
    }

    private static final Map<String, String> WITHOUT =
            Map.ofEntries(
                    Map.entry("ArgMax", "select_last_index"),
                    Map.entry("ArgMin", "select_last_index"),
                    Map.entry("AveragePool", "dilations; ceil_mode with asymmetric pads"),
                    Map.entry("Constant", "read with the graph"),
                    Map.entry("ConvTranspose", "output_shape, auto_pad"),
                    Map.entry("Einsum", "ellipsis, a letter twice in one factor"),
                    Map.entry("GatherND", "batch_dims"),
                    Map.entry("LayerNormalization", "mean and deviation as outputs"),
                    Map.entry("LpPool", "ceil_mode, dilations"),
                    Map.entry("MaxPool", "indices as output; ceil_mode with dilations"),
                    Map.entry("Resize", "antialias, keep_aspect_ratio_policy, tf_crop_and_resize"),
                    Map.entry("ScatterElements", "reduction"));

    private Operators() {}

    /** What of an operator is refused; empty for nothing. */
    static String without(String name) {
        return WITHOUT.getOrDefault(name, "");
    }

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
