package io.karu.compression;

import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tensors whose channels belong together, because sums, poolings and activations join them channel
 * by channel. The channels of a group can be rescaled or removed together, if nothing but
 * convolutions and matrix products writes and reads them.
 */
final class ChannelGroups {
    /** What shall be done to channels. */
    enum Purpose {
        /**
         * Multiply a channel by a positive factor where it is written, divide it where it is read.
         */
        RESCALE,
        /** Remove a channel. */
        REMOVE
    }

    /**
     * Channels that belong together.
     *
     * @param channels their number
     * @param tensors the tensors that carry them, in order of execution
     * @param producers names of the nodes whose output channels they are
     * @param consumers names of the nodes whose input channels they are
     * @param depthwise names of the depthwise convolutions inside, only for {@link Purpose#REMOVE}
     */
    record Group(
            int channels,
            List<String> tensors,
            List<String> producers,
            List<String> consumers,
            List<String> depthwise) {}

    private final Graph graph;
    private final Purpose purpose;
    private final Map<String, String> parents = new LinkedHashMap<>();
    private final Set<String> fixed = new LinkedHashSet<>();
    private final Map<String, Set<String>> producers = new HashMap<>();
    private final Map<String, Set<String>> consumers = new HashMap<>();
    private final Map<String, Set<String>> depthwise = new HashMap<>();

    private ChannelGroups(Graph graph, Purpose purpose) {
        this.graph = graph;
        this.purpose = purpose;
    }

    /** The groups of a graph in order of execution. */
    static List<Group> of(Graph graph, Purpose purpose) {
        return new ChannelGroups(graph, purpose).find();
    }

    private List<Group> find() {
        graph.inputs().forEach(input -> fixed.add(input.name()));
        graph.outputs().forEach(output -> fixed.add(output.name()));
        for (Node node : graph.nodes()) {
            visit(node);
        }
        Map<String, List<String>> members = new LinkedHashMap<>();
        parents.keySet()
                .forEach(t -> members.computeIfAbsent(root(t), r -> new ArrayList<>()).add(t));
        List<Group> groups = new ArrayList<>();
        for (List<String> tensors : members.values()) {
            if (tensors.stream().noneMatch(fixed::contains)) {
                group(tensors).ifPresent(groups::add);
            }
        }
        return groups;
    }

    private Optional<Group> group(List<String> tensors) {
        List<String> writes = all(tensors, producers);
        List<String> reads = all(tensors, consumers);
        List<String> inside = all(tensors, depthwise);
        if (writes.isEmpty() || reads.isEmpty()) {
            return Optional.empty();
        }
        int[] channels =
                writes.stream().mapToInt(name -> matrix(name).channels()).distinct().toArray();
        return channels.length != 1
                ? Optional.empty()
                : Optional.of(new Group(channels[0], tensors, writes, reads, inside));
    }

    private WeightMatrix matrix(String name) {
        Node node = graph.node(name).orElseThrow();
        return WeightMatrix.of(node, graph.constant(node.input(1)).orElseThrow());
    }

    private static List<String> all(List<String> tensors, Map<String, Set<String>> roles) {
        Set<String> names = new LinkedHashSet<>();
        tensors.forEach(t -> names.addAll(roles.getOrDefault(t, Set.of())));
        return List.copyOf(names);
    }

    private void visit(Node node) {
        if (QuantizationPlan.isWeighted(graph, node) && !sharesWeights(node)) {
            weighted(node);
        } else if (node.is("Relu", "LeakyRelu", "MaxPool", "AveragePool", "GlobalAveragePool")
                || node.is("Identity", "Dropout", "Flatten")
                || node.is("Clip") && purpose == Purpose.REMOVE) {
            join(node.input(0), node.output());
        } else if (node.is("Resize") && purpose == Purpose.RESCALE) {
            join(node.input(0), node.output());
        } else if (node.is("Add") && node.inputs().stream().allMatch(this::isActivation)) {
            node.inputs().forEach(input -> join(input, node.output()));
        } else {
            node.inputs().forEach(fixed::add);
            node.outputs().forEach(fixed::add);
        }
    }

    private void weighted(Node node) {
        long groups = node.integer("group", 1);
        if (groups == 1) {
            role(consumers, node.input(0), node);
            role(producers, node.output(), node);
            return;
        }
        long[] shape = graph.constant(node.input(1)).orElseThrow().shape().sizes();
        if (shape[0] != groups || shape[1] != 1) {
            fixed.add(node.input(0));
            fixed.add(node.output());
        } else if (purpose == Purpose.RESCALE) {
            role(consumers, node.input(0), node);
            role(producers, node.output(), node);
        } else {
            role(depthwise, node.input(0), node);
            join(node.input(0), node.output());
        }
    }

    private boolean sharesWeights(Node node) {
        return node.inputs().stream().skip(1).anyMatch(input -> graph.consumers(input).size() > 1);
    }

    private boolean isActivation(String value) {
        return graph.constant(value).isEmpty();
    }

    private void role(Map<String, Set<String>> roles, String tensor, Node node) {
        root(tensor);
        roles.computeIfAbsent(tensor, t -> new LinkedHashSet<>()).add(node.name());
    }

    private void join(String first, String second) {
        String a = root(first);
        String b = root(second);
        if (!a.equals(b)) {
            parents.put(b, a);
        }
    }

    private String root(String tensor) {
        String parent = parents.computeIfAbsent(tensor, t -> t);
        return parent.equals(tensor) ? tensor : root(parent);
    }

    /** Multiplies an output channel's weights and bias of each producer, in place. */
    static void scaleOutputs(Graph graph, String name, float[] factors) {
        Node node = graph.node(name).orElseThrow();
        Constant weights = graph.constant(node.input(1)).orElseThrow();
        WeightMatrix matrix = WeightMatrix.of(node, weights);
        float[] scaled = matrix.map((channel, column, value) -> value * factors[channel]);
        graph.set(Constant.of(weights.name(), scaled, weights.shape().sizes()));
        if (node.hasInput(2)) {
            Constant bias = graph.constant(node.input(2)).orElseThrow();
            float[] values = bias.floats();
            for (int c = 0; c < values.length; c++) {
                values[c] *= factors[c];
            }
            graph.set(Constant.of(bias.name(), values, bias.shape().sizes()));
        }
    }

    /** Multiplies the weights of each input channel, in place. */
    static void scaleInputs(Graph graph, String name, float[] factors) {
        Node node = graph.node(name).orElseThrow();
        Constant weights = graph.constant(node.input(1)).orElseThrow();
        WeightMatrix matrix = WeightMatrix.of(node, weights);
        int area = inputArea(node, weights, factors.length);
        float[] scaled =
                matrix.map(
                        (channel, column, value) ->
                                value
                                        * factors[
                                                isDepthwise(node, weights)
                                                        ? channel
                                                        : column / area]);
        graph.set(Constant.of(weights.name(), scaled, weights.shape().sizes()));
    }

    /** Largest weight of each input channel beside the largest of its row. */
    static float[] relativeInputs(Graph graph, String name, int channels) {
        Node node = graph.node(name).orElseThrow();
        Constant weights = graph.constant(node.input(1)).orElseThrow();
        WeightMatrix matrix = WeightMatrix.of(node, weights);
        int area = inputArea(node, weights, channels);
        boolean depthwise = isDepthwise(node, weights);
        float[] relative = new float[channels];
        for (int o = 0; o < matrix.channels(); o++) {
            float row = matrix.magnitude(o);
            for (int i = 0; row > 0 && i < matrix.columns(); i++) {
                int channel = depthwise ? o : i / area;
                relative[channel] = Math.max(relative[channel], Math.abs(matrix.get(o, i)) / row);
            }
        }
        return relative;
    }

    static boolean isDepthwise(Node node, Constant weights) {
        return node.is("Conv") && node.integer("group", 1) > 1 && weights.shape().size(1) == 1;
    }

    /** Weights per input channel in a row. */
    static int inputArea(Node node, Constant weights, int channels) {
        int columns = WeightMatrix.of(node, weights).columns();
        return isDepthwise(node, weights) ? columns : columns / channels;
    }
}
