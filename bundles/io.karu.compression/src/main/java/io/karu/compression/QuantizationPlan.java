package io.karu.compression;

import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which nodes of a graph run on bytes, and which tensors are written as bytes for it. The rules are
 * those that ONNX Runtime fuses completely: bytes on every activation that enters or leaves a
 * quantized node, none between a convolution or a sum and the Relu or Clip behind it. A convolution
 * of which only the least value is taken stays in floating point.
 *
 * @param weighted names of the convolutions and matrix products on bytes, in order of execution
 * @param others names of the other nodes on bytes
 * @param activations tensors written as bytes, in order of execution
 * @param sameScale tensors that must have the scale of another one, by name: outputs of nodes that
 *     only move values
 */
public record QuantizationPlan(
        List<String> weighted,
        Set<String> others,
        Set<String> activations,
        Map<String, String> sameScale) {
    public QuantizationPlan {
        weighted = List.copyOf(weighted);
        others = Collections.unmodifiableSet(new LinkedHashSet<>(others));
        activations = Collections.unmodifiableSet(new LinkedHashSet<>(activations));
        sameScale = Collections.unmodifiableMap(new LinkedHashMap<>(sameScale));
    }

    /**
     * Plans a graph whose batch normalisations are folded.
     *
     * @param inFloat names of nodes that stay in floating point
     */
    public static QuantizationPlan of(Graph graph, Set<String> inFloat) {
        return new Planner(graph, inFloat).plan();
    }

    /**
     * The tensors with which quantization ends: bytes that floating-point nodes or the graph's
     * outputs take. What a model sees is in them; distillation compares them.
     */
    public List<String> ends(Graph graph) {
        return activations.stream()
                .filter(tensor -> !graph.isInput(tensor))
                .filter(
                        tensor ->
                                graph.isOutput(tensor)
                                        || graph.consumers(tensor).stream()
                                                .anyMatch(node -> !runsOnBytes(graph, node)))
                .toList();
    }

    private boolean runsOnBytes(Graph graph, Node node) {
        return weighted.contains(node.name())
                || others.contains(node.name())
                || node.is("Relu", "Clip") && activations.contains(node.output());
    }

    private static final class Planner {
        private final Graph graph;
        private final Set<String> inFloat;
        private final java.util.ArrayList<String> weighted = new java.util.ArrayList<>();
        private final Set<String> others = new LinkedHashSet<>();
        private final Set<String> activations = new LinkedHashSet<>();
        private final Map<String, String> sameScale = new LinkedHashMap<>();

        Planner(Graph graph, Set<String> inFloat) {
            this.graph = graph;
            this.inFloat = inFloat;
        }

        QuantizationPlan plan() {
            for (Node node : graph.nodes()) {
                if (inFloat.contains(node.name())) {
                    continue;
                }
                if (isWeighted(graph, node) && !isSearched(node)) {
                    weighted.add(node.name());
                    activations.add(node.input(0));
                    activations.add(unitOutput(graph, node));
                } else if (node.is("Add", "Concat") && takesOnlyBytes(node)) {
                    others.add(node.name());
                    activations.add(unitOutput(graph, node));
                } else if (node.is("GlobalAveragePool", "AveragePool", "LeakyRelu")
                        && takesBytes(node)) {
                    others.add(node.name());
                    activations.add(node.output());
                } else if (node.is(
                                "MaxPool",
                                "Reshape",
                                "Flatten",
                                "Transpose",
                                "Squeeze",
                                "Unsqueeze")
                        && takesBytes(node)
                        && node.outputs().size() == 1) {
                    others.add(node.name());
                    activations.add(node.output());
                    sameScale.put(node.output(), node.input(0));
                }
            }
            return new QuantizationPlan(weighted, others, activations, sameScale);
        }

        /**
         * Whether only the least of its values counts, as of a memory's distances: that is a small
         * difference of large numbers, which bytes over their whole range cannot tell.
         */
        private boolean isSearched(Node node) {
            List<Node> takers = graph.consumers(unitOutput(graph, node));
            return !takers.isEmpty() && takers.stream().allMatch(taker -> taker.is("ReduceMin"));
        }

        private boolean takesBytes(Node node) {
            return activations.contains(node.input(0));
        }

        private boolean takesOnlyBytes(Node node) {
            return activations.containsAll(node.inputs());
        }
    }

    /** Whether a node multiplies by constant weights and can do so on bytes. */
    static boolean isWeighted(Graph graph, Node node) {
        if (!node.is("Conv", "Gemm", "MatMul")
                || graph.constant(node.input(1)).filter(c -> c.type() == DataType.FLOAT).isEmpty()
                || graph.constant(node.input(0)).isPresent()
                || node.hasInput(2) && graph.constant(node.input(2)).isEmpty()) {
            return false;
        }
        return switch (node.operator()) {
            case "Gemm" ->
                    node.floating("alpha", 1) == 1
                            && node.floating("beta", 1) == 1
                            && node.integer("transA", 0) == 0;
            case "MatMul" -> graph.constant(node.input(1)).orElseThrow().shape().rank() == 2;
            default -> true;
        };
    }

    /** What leaves a node together with the Relu or Clip that only it feeds. */
    static String unitOutput(Graph graph, Node node) {
        List<Node> consumers = graph.consumers(node.output());
        return consumers.size() == 1
                        && consumers.get(0).is("Relu", "Clip")
                        && !graph.isOutput(node.output())
                ? consumers.get(0).output()
                : node.output();
    }
}
