package io.karu.onnx;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Takes out of a graph what need not be computed at each run. Graphs are edited in place. */
public final class Folding {
    /** Largest constant that folding makes, in bytes. */
    static final long MOST_BYTES = 64L << 20;

    private Folding() {}

    /**
     * All foldings: passes removed, constants computed, batch normalisation put into weights; then
     * what nothing needs any more is removed. The outputs stay equal within rounding (1e-5 of their
     * range).
     */
    public static void fold(Graph graph) {
        passes(graph);
        constants(graph);
        BatchNormFolding.fold(graph);
        graph.prune();
    }

    /**
     * Replaces nodes whose outputs follow from constants and fixed dimensions by constants of the
     * outputs' names. Quantized constants stay quantized.
     *
     * @return number of nodes replaced
     */
    public static int constants(Graph graph) {
        Shapes shapes = Shapes.of(graph);
        int replaced = 0;
        for (Node node : graph.nodes()) {
            List<Constant> values = values(graph, node, shapes);
            if (!values.isEmpty()) {
                graph.remove(node);
                values.forEach(graph::set);
                replaced++;
            }
        }
        return replaced;
    }

    private static List<Constant> values(Graph graph, Node node, Shapes shapes) {
        if (node.is("QuantizeLinear", "DequantizeLinear") || node.outputs().contains("")) {
            return List.of();
        }
        List<Constant> known = new ArrayList<>();
        for (String output : node.outputs()) {
            shapes.constant(output).ifPresent(value -> known.add(value.named(output)));
        }
        if (known.size() == node.outputs().size()) {
            return known;
        }
        List<Fact> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            if (!input.isEmpty() && graph.constant(input).isEmpty()) {
                return List.of();
            }
            inputs.add(input.isEmpty() ? null : Fact.of(graph.constant(input).get()));
        }
        Operator operator = Validation.operator(node, graph.opset());
        Call call = new Call(node, graph.opset(), inputs, new Symbols());
        List<Constant> computed =
                Evaluation.run(operator, call, operator.rule().infer(call), MOST_BYTES);
        List<Constant> named = new ArrayList<>();
        for (int i = 0; i < computed.size(); i++) {
            named.add(computed.get(i).named(node.output(i)));
        }
        return named;
    }

    /**
     * Removes nodes that give what they take: Identity, Dropout, a Cast to the same type, and
     * variadic operators of one input.
     *
     * @return number of nodes removed
     */
    public static int passes(Graph graph) {
        Shapes shapes = Shapes.of(graph);
        int removed = 0;
        for (Node node : graph.nodes()) {
            if (passes(graph, node, shapes) && graph.bypass(node)) {
                removed++;
            }
        }
        return removed;
    }

    private static boolean passes(Graph graph, Node node, Shapes shapes) {
        for (String output : node.outputs().subList(1, node.outputs().size())) {
            if (!graph.consumers(output).isEmpty() || graph.isOutput(output)) {
                return false;
            }
        }
        if (node.is("Cast")) {
            return shapes.elementType(node.output())
                    == shapes.type(node.input(0)).map(TensorType::type).orElse(null);
        }
        boolean single =
                node.inputs().size() == 1 && node.is("Sum", "Max", "Min", "Mean", "Concat");
        return single || Set.of("Identity", "Dropout").contains(node.operator());
    }

    /**
     * Puts each BatchNormalization behind a Conv, ConvTranspose or Gemm of constant weights, whose
     * output nobody else takes, into these weights. Names of weights stay; a bias that was absent
     * is called after its node.
     *
     * @return number of nodes folded
     */
    public static int batchNormalization(Graph graph) {
        return BatchNormFolding.fold(graph);
    }
}
