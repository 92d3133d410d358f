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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Removes channels for real: weights become smaller and multiply-accumulates fall. Channels that
 * sums and depthwise convolutions join go together. A channel counts by the energy that it carries
 * into what reads it, measured on samples; every group loses the same part of its energy, as much
 * as the wanted multiply-accumulates need. What a removed channel gave on average goes into the
 * biases behind it.
 */
public final class ChannelPruning {
    private static final int STEPS = 24;

    private final InferenceEngine engine;
    private final Graph graph;
    private final Samples samples;
    private final List<Group> groups;
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
    }

    /**
     * A copy with fewer channels.
     *
     * @param part of the multiply-accumulates to remove, above 0 and below 1
     * @throws IllegalArgumentException when so many cannot be removed
     */
    public Graph remove(double part) {
        if (!(part > 0 && part < 1)) {
            throw new IllegalArgumentException("the part to remove is 0 to 1, was " + part);
        }
        long all = macs(graph);
        double low = 0;
        double high = 1;
        Graph found = null;
        for (int i = 0; i < STEPS; i++) {
            double lost = (low + high) / 2;
            Graph candidate = without(lost);
            if (macs(candidate) <= (1 - part) * all) {
                found = candidate;
                high = lost;
            } else {
                low = lost;
            }
        }
        if (found == null) {
            throw new IllegalArgumentException(
                    "at most "
                            + Math.round(100.0 * (all - macs(without(1))) / all)
                            + " % of the multiply-accumulates are in channels that can be removed");
        }
        return found;
    }

    private long macs(Graph of) {
        return ModelSize.of(of, samples.shapes()).macs();
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

    private Graph without(double lost) {
        Graph pruned = graph.copy();
        for (Group group : groups) {
            int[] kept = kept(energy(group), lost);
            if (kept.length < group.channels()) {
                remove(pruned, group, kept);
            }
        }
        return pruned;
    }

    /** Channels to keep in their order: so many that byte kernels run full. */
    static int[] kept(double[] energy, double lost) {
        int step = energy.length >= 64 ? 8 : energy.length >= 16 ? 4 : 1;
        Integer[] strongest = new Integer[energy.length];
        Arrays.setAll(strongest, c -> c);
        Arrays.sort(strongest, Comparator.comparingDouble(c -> -energy[c]));
        double total = Arrays.stream(energy).sum();
        double left = total;
        int count = 0;
        while (count < energy.length && left > lost * total) {
            left -= energy[strongest[count++]];
        }
        int rounded = Math.min(energy.length, Math.max(step, (count + step - 1) / step * step));
        return IntStream.range(0, rounded).map(i -> strongest[i]).sorted().toArray();
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
