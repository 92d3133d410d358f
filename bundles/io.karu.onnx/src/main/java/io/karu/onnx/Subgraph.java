package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.ModelProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parts of graphs, cut at values. Nodes and values keep their names; graphs stay as they are. */
public final class Subgraph {
    /**
     * Both sides of a cut.
     *
     * @param head from the graph's inputs to the cut
     * @param tail from the cut to the graph's outputs
     */
    public record Parts(Graph head, Graph tail) {}

    private Subgraph() {}

    /**
     * The part between two sets of values.
     *
     * @param inputs values that are given from outside; their types come from shape inference
     * @param outputs values that the part gives
     * @throws OnnxException CUT when an output needs more than the given inputs, an input is not
     *     needed or is a constant, or MISSING when there is no such value
     */
    public static Graph extract(
            Graph graph, Collection<String> inputs, Collection<String> outputs) {
        Set<String> given = new LinkedHashSet<>(inputs);
        wantValues(graph, given);
        wantValues(graph, new LinkedHashSet<>(outputs));
        for (String output : outputs) {
            if (given.contains(output)) {
                throw OnnxException.tensor(
                        Code.CUT, output, "is both given and wanted: no node lies between");
            }
        }
        Set<String> used = new HashSet<>();
        Set<Node> needed = needed(graph, given, outputs, used);
        for (String input : given) {
            if (!used.contains(input)) {
                throw OnnxException.tensor(
                        Code.CUT, input, "is not needed for the outputs " + outputs);
            }
        }
        return part(graph, needed, given, outputs);
    }

    /**
     * Both sides of a cut: what the head gives, the tail takes. An output of the graph that lies
     * before the cut is given by the head, behind the cut's values.
     *
     * @param cut values that every path from the inputs to the other outputs passes
     * @throws OnnxException CUT when a path goes round the cut
     */
    public static Parts split(Graph graph, Collection<String> cut) {
        wantValues(graph, new LinkedHashSet<>(cut));
        Set<String> used = new HashSet<>();
        Set<String> inputs = new LinkedHashSet<>();
        graph.inputs().forEach(input -> inputs.add(input.name()));
        Set<Node> head = needed(graph, inputs, cut, used);
        Set<String> early = new LinkedHashSet<>(cut);
        List<String> late = new ArrayList<>();
        for (TensorType output : graph.outputs()) {
            boolean before =
                    cut.contains(output.name())
                            || graph.producer(output.name()).filter(head::contains).isPresent();
            (before ? early : late).add(output.name());
        }
        if (late.isEmpty()) {
            throw OnnxException.model(
                    Code.CUT, "no output of the graph lies behind the cut " + cut);
        }
        Graph tail = extract(graph, cut, late);
        inputs.retainAll(used);
        return new Parts(part(graph, head, inputs, early), tail);
    }

    private static void wantValues(Graph graph, Set<String> values) {
        for (String value : values) {
            if (!graph.has(value)) {
                throw OnnxException.tensor(Code.MISSING, value, "does not exist");
            }
            if (graph.constant(value).isPresent()) {
                throw OnnxException.tensor(Code.CUT, value, "is a constant, not a place to cut");
            }
        }
        if (values.isEmpty()) {
            throw OnnxException.model(Code.CUT, "a cut needs at least one value on each side");
        }
    }

    /** The nodes between; notes which of the given values they use. */
    private static Set<Node> needed(
            Graph graph, Set<String> given, Collection<String> outputs, Set<String> used) {
        Set<Node> needed = new HashSet<>();
        Map<String, String> wantedBy = new HashMap<>();
        Deque<String> open = new ArrayDeque<>();
        for (String output : outputs) {
            wantedBy.put(output, "");
            open.add(output);
        }
        while (!open.isEmpty()) {
            String value = open.remove();
            if (given.contains(value)) {
                used.add(value);
                continue;
            }
            if (graph.isInput(value)) {
                throw OnnxException.tensor(
                        Code.CUT,
                        value,
                        "reaches the outputs without passing the cut: " + path(value, wantedBy));
            }
            graph.producer(value)
                    .ifPresent(
                            node -> {
                                if (needed.add(node)) {
                                    wantNothingGiven(node, given, value);
                                    for (String input : node.inputs()) {
                                        if (!input.isEmpty()
                                                && wantedBy.putIfAbsent(input, value) == null) {
                                            open.add(input);
                                        }
                                    }
                                }
                            });
        }
        return needed;
    }

    private static void wantNothingGiven(Node node, Set<String> given, String value) {
        for (String output : node.outputs()) {
            if (given.contains(output)) {
                throw OnnxException.node(
                        Code.CUT,
                        node,
                        output,
                        "is given, but its node also computes " + value + ": give both");
            }
        }
    }

    /** The way from a value to an output, at most its first and last steps. */
    private static String path(String value, Map<String, String> wantedBy) {
        List<String> steps = new ArrayList<>();
        for (String step = value; !step.isEmpty(); step = wantedBy.get(step)) {
            steps.add(step);
        }
        if (steps.size() > 6) {
            steps = new ArrayList<>(steps);
            steps.subList(3, steps.size() - 2).clear();
            steps.add(3, "…");
        }
        return String.join(" → ", steps);
    }

    private static Graph part(
            Graph graph, Set<Node> needed, Set<String> inputs, Collection<String> outputs) {
        Shapes shapes = Shapes.of(graph);
        Map<String, TensorType> declared = new HashMap<>();
        graph.outputs().forEach(output -> declared.put(output.name(), output));
        ModelProto.Builder model = graph.toProto().toBuilder();
        model.getGraphBuilder().clearNode().clearInput().clearOutput();
        for (String input : inputs) {
            model.getGraphBuilder().addInput(shapes.type(input).orElseThrow().toProto());
        }
        for (String output : new LinkedHashSet<>(outputs)) {
            TensorType type = declared.getOrDefault(output, shapes.type(output).orElseThrow());
            model.getGraphBuilder().addOutput(type.toProto());
        }
        for (Node node : graph.nodes()) {
            if (needed.contains(node)) {
                model.getGraphBuilder().addNode(node.toProto());
            }
        }
        Graph part = Graph.of(model.build());
        part.prune();
        return part;
    }
}
