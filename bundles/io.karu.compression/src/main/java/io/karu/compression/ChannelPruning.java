package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.compression.ChannelGroups.Group;
import io.karu.compression.ChannelGroups.Purpose;
import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Removes channels for real: weights become smaller and multiply-accumulates fall. Channels that
 * sums and depthwise convolutions join go together. Within a group a channel counts by the energy
 * that it carries into what reads it. How many channels each group loses is decided by what the
 * outputs lose: step by step the group gives channels up that costs least error for the
 * multiply-accumulates that it saves (after Yang et al., "NetAdapt", ECCV 2018). What a removed
 * channel gave on average goes into the biases behind it. All is measured on samples.
 */
public final class ChannelPruning {
    /** Widths that are tried of each group. */
    private static final int WIDTHS = 12;

    private static final int JUDGING_SAMPLES = 32;

    /** Error that is none: channels that give it go also beyond what was asked for. */
    private static final double NOTHING = 1e-9;

    private final InferenceEngine engine;
    private final Graph graph;
    private final Samples samples;
    private final List<Group> groups;
    private final OutputError error;
    private final Map<String, double[]> means = new LinkedHashMap<>();
    private final Map<String, double[]> squares = new LinkedHashMap<>();

    /**
     * Looks at a graph.
     *
     * @param graph with batch normalisations folded; not changed
     * @throws IllegalArgumentException when no channel of it can be removed
     */
    public ChannelPruning(InferenceEngine engine, Graph graph, Samples samples)
            throws InferenceException {
        this.engine = engine;
        this.graph = graph.copy();
        this.samples = samples;
        this.groups = ChannelGroups.of(this.graph, Purpose.REMOVE);
        if (groups.isEmpty()) {
            throw new IllegalArgumentException(
                    "graph " + graph.name() + " has no channels that can be removed");
        }
        observe();
        error = new OutputError(engine, this.graph, new SomeSamples(samples, JUDGING_SAMPLES));
    }

    /**
     * A copy with fewer channels.
     *
     * @param part of the multiply-accumulates to remove, above 0 and below 1
     * @throws IllegalArgumentException when so many cannot be removed
     */
    public Graph remove(double part) throws InferenceException {
        if (!(part > 0 && part < 1)) {
            throw new IllegalArgumentException("the part to remove is 0 to 1, was " + part);
        }
        List<Choice> choices = new ArrayList<>();
        for (Group group : groups) {
            choices.add(choice(group));
        }
        Map<String, Long> work = ModelSize.macs(graph, samples.shapes());
        double all = macs(work, choices);
        double left = all;
        while (true) {
            Choice best = null;
            double cheapest = Double.POSITIVE_INFINITY;
            for (Choice choice : choices) {
                if (choice.at + 1 < choice.widths.size()) {
                    choice.at++;
                    double saved = left - macs(work, choices);
                    choice.at--;
                    double price = choice.nextError() / Math.max(1, saved);
                    if (price < cheapest) {
                        cheapest = price;
                        best = choice;
                    }
                }
            }
            boolean enough = left <= (1 - part) * all;
            if (enough && (best == null || best.nextError() > NOTHING)) {
                giveBack(work, choices, (1 - part) * all);
                return without(choices);
            }
            if (best == null) {
                throw new IllegalArgumentException(
                        "at most "
                                + Math.round(100 * (all - left) / all)
                                + " % of the multiply-accumulates are in channels that can be removed");
            }
            best.at++;
            left = macs(work, choices);
        }
    }

    /** Channels come back where there is room left, those first that the outputs miss most. */
    private static void giveBack(Map<String, Long> work, List<Choice> choices, double most) {
        while (true) {
            Choice best = null;
            double missed = NOTHING;
            for (Choice choice : choices) {
                if (choice.at > 0) {
                    choice.at--;
                    boolean fits = macs(work, choices) <= most;
                    double error = choice.nextError();
                    choice.at++;
                    if (fits && error > missed) {
                        missed = error;
                        best = choice;
                    }
                }
            }
            if (best == null) {
                return;
            }
            best.at--;
        }
    }

    /**
     * What a graph of these widths takes: each layer falls with the channels it reads and writes.
     */
    private static double macs(Map<String, Long> work, List<Choice> choices) {
        Map<String, Double> left = new HashMap<>();
        for (Choice choice : choices) {
            double share = (double) choice.widths.get(choice.at).length / choice.group.channels();
            Stream.of(choice.group.consumers(), choice.group.producers(), choice.group.depthwise())
                    .flatMap(List::stream)
                    .forEach(node -> left.merge(node, share, (a, b) -> a * b));
        }
        double sum = 0;
        for (Map.Entry<String, Long> node : work.entrySet()) {
            sum += node.getValue() * left.getOrDefault(node.getKey(), 1.0);
        }
        return sum;
    }

    /** The widths that a group may have, widest first, and what each costs at the outputs. */
    private static final class Choice {
        private final Group group;
        private final List<int[]> widths = new ArrayList<>();
        private double[] errors;
        private int at;

        Choice(Group group) {
            this.group = group;
        }

        double nextError() {
            return errors[at + 1] - errors[at];
        }
    }

    private Choice choice(Group group) throws InferenceException {
        Choice choice = new Choice(group);
        double[] energy = energy(group);
        int step = step(energy.length);
        int stride = step * Math.max(1, (energy.length / step + WIDTHS - 1) / WIDTHS);
        choice.widths.add(IntStream.range(0, energy.length).toArray());
        int widest = (energy.length - 1) / step * step;
        for (int width = widest; width >= step; width -= stride) {
            choice.widths.add(strongest(energy, width));
        }
        choice.errors = new double[choice.widths.size()];
        for (int i = 1; i < choice.errors.length; i++) {
            Graph narrow = graph.copy();
            remove(narrow, group, choice.widths.get(i));
            choice.errors[i] = Math.max(choice.errors[i - 1], error.of(narrow));
        }
        return choice;
    }

    private Graph without(List<Choice> choices) {
        Graph pruned = graph.copy();
        for (Choice choice : choices) {
            if (choice.at > 0) {
                remove(pruned, choice.group, choice.widths.get(choice.at));
            }
        }
        return pruned;
    }

    private void observe() throws InferenceException {
        List<String> tensors = groups.stream().flatMap(g -> read(g).stream()).distinct().toList();
        new ActivationObserver(engine, graph, samples)
                .observe(
                        tensors,
                        (tensor, values, shape) -> {
                            int channels = shape.get(1).intValue();
                            double[] mean =
                                    means.computeIfAbsent(tensor, t -> new double[channels]);
                            double[] square =
                                    squares.computeIfAbsent(tensor, t -> new double[channels]);
                            int area = values.length / channels;
                            for (int i = 0; i < values.length; i++) {
                                mean[i / area] += (double) values[i] / area / samples.size();
                                square[i / area] +=
                                        (double) values[i] * values[i] / area / samples.size();
                            }
                        });
    }

    private List<String> read(Group group) {
        return group.consumers().stream()
                .map(name -> graph.node(name).orElseThrow().input(0))
                .distinct()
                .toList();
    }

    /** What a channel gives to its readers, by group and channel. */
    private double[] energy(Group group) {
        double[] energy = new double[group.channels()];
        for (String consumer : group.consumers()) {
            Node node = graph.node(consumer).orElseThrow();
            Constant weights = graph.constant(node.input(1)).orElseThrow();
            WeightMatrix matrix = WeightMatrix.of(node, weights);
            int area = ChannelGroups.inputArea(node, weights, group.channels());
            double[] square = squares.get(node.input(0));
            int spread = square.length / group.channels();
            for (int o = 0; o < matrix.channels(); o++) {
                for (int i = 0; i < matrix.columns(); i++) {
                    float w = matrix.get(o, i);
                    energy[i / area] += (double) w * w * square[spread == 1 ? i / area : i];
                }
            }
        }
        return energy;
    }

    /** Channels are removed in steps that keep byte kernels full. */
    private static int step(int channels) {
        return channels >= 64 ? 8 : channels >= 16 ? 4 : 1;
    }

    /** The channels of the most energy, in their order. */
    static int[] strongest(double[] energy, int count) {
        return IntStream.range(0, energy.length)
                .boxed()
                .sorted(Comparator.comparingDouble(c -> -energy[c]))
                .limit(count)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
    }

    private void remove(Graph pruned, Group group, int[] kept) {
        for (String consumer : group.consumers()) {
            compensate(pruned, consumer, group, kept);
            Node node = pruned.node(consumer).orElseThrow();
            Constant weights = pruned.constant(node.input(1)).orElseThrow();
            int area = ChannelGroups.inputArea(node, weights, group.channels());
            WeightMatrix matrix = WeightMatrix.of(node, weights);
            set(
                    pruned,
                    weights,
                    matrix.withColumns(expanded(kept, area)),
                    inputShape(node, weights, kept.length * area));
        }
        List<String> writers = new ArrayList<>(group.producers());
        writers.addAll(group.depthwise());
        for (String writer : writers) {
            Node node = pruned.node(writer).orElseThrow();
            Constant weights = pruned.constant(node.input(1)).orElseThrow();
            WeightMatrix matrix = WeightMatrix.of(node, weights);
            long[] shape = weights.shape().sizes();
            shape[matrix.axis()] = kept.length;
            set(pruned, weights, matrix.withRows(kept), shape);
            if (node.hasInput(2)) {
                Constant bias = pruned.constant(node.input(2)).orElseThrow();
                float[] values = bias.floats();
                float[] some = new float[kept.length];
                for (int i = 0; i < kept.length; i++) {
                    some[i] = values[kept[i]];
                }
                set(pruned, bias, some, new long[] {kept.length});
            }
        }
        for (String name : group.depthwise()) {
            pruned.set(pruned.node(name).orElseThrow(), Attribute.integer("group", kept.length));
        }
    }

    /** Adds what the removed channels gave on average to the bias behind them. */
    private void compensate(Graph pruned, String consumer, Group group, int[] kept) {
        Node node = pruned.node(consumer).orElseThrow();
        if (node.is("MatMul")) {
            return;
        }
        Constant weights = pruned.constant(node.input(1)).orElseThrow();
        WeightMatrix matrix = WeightMatrix.of(node, weights);
        int area = ChannelGroups.inputArea(node, weights, group.channels());
        double[] mean = means.get(graph.node(consumer).orElseThrow().input(0));
        int spread = mean.length / group.channels();
        boolean[] stays = new boolean[group.channels()];
        for (int c : kept) {
            stays[c] = true;
        }
        float[] bias =
                node.hasInput(2)
                        ? pruned.constant(node.input(2)).orElseThrow().floats()
                        : new float[matrix.channels()];
        for (int o = 0; o < bias.length; o++) {
            for (int i = 0; i < matrix.columns(); i++) {
                if (!stays[i / area]) {
                    bias[o] += (float) (matrix.get(o, i) * mean[spread == 1 ? i / area : i]);
                }
            }
        }
        String name = node.hasInput(2) ? node.input(2) : pruned.fresh(consumer + "/bias");
        pruned.set(Constant.of(name, bias, bias.length));
        pruned.setInput(node, 2, name);
    }

    private static int[] expanded(int[] kept, int area) {
        return Arrays.stream(kept)
                .flatMap(c -> IntStream.range(c * area, (c + 1) * area))
                .toArray();
    }

    private static long[] inputShape(Node node, Constant weights, int columns) {
        long[] shape = weights.shape().sizes();
        if (node.is("Conv")) {
            shape[1] = columns / (shape[2] * shape[3]);
        } else {
            shape[WeightMatrix.of(node, weights).axis() == 0 ? 1 : 0] = columns;
        }
        return shape;
    }

    private static void set(Graph pruned, Constant old, float[] values, long[] shape) {
        pruned.set(Constant.of(old.name(), values, shape));
    }
}
