package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.karu.onnx.TensorType;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One step of a {@link TrainingRun}. Its arrays are closed when the step ends. Everything random
 * must come from {@link #random} or {@link #pick}: both depend on the seed and the step's number
 * only, so a resumed run sees what an uninterrupted one sees.
 */
public final class Step {
    private final TrainableGraph graph;
    private final NDManager manager;
    private final Place place;
    private final SplittableRandom random;
    private final Map<String, Double> metrics = new LinkedHashMap<>();

    /** Where in the run: all count from 0 but the number of steps per epoch. */
    record Place(long seed, int epoch, int index, int stepsPerEpoch) {
        long number() {
            return (long) epoch * stepsPerEpoch + index;
        }
    }

    Step(TrainableGraph graph, NDManager manager, Place place) {
        this.graph = graph;
        this.manager = manager;
        this.place = place;
        random = random(place.seed, 0x5354_4550L, place.number());
    }

    /** Counts from 0. */
    public int epoch() {
        return place.epoch;
    }

    /** Position in the epoch, from 0. */
    public int index() {
        return place.index;
    }

    /** The step's own source of randomness. */
    public SplittableRandom random() {
        return random;
    }

    /** Owns the step's arrays. */
    public NDManager manager() {
        return manager;
    }

    /**
     * This step's share of items that are shuffled anew for each pass over them: step after step
     * walks through all items, then begins with another order.
     *
     * @param items how many there are
     * @param count how many this step takes
     * @return positions of items
     */
    public int[] pick(int items, int count) {
        if (items < 1) {
            throw new IllegalArgumentException("there is nothing to train on: no items");
        }
        int[] picked = new int[count];
        long first = place.number() * count;
        int[] order = null;
        long pass = -1;
        for (int i = 0; i < count; i++) {
            long now = (first + i) / items;
            if (now != pass) {
                pass = now;
                order = order(items, pass);
            }
            picked[i] = order[(int) ((first + i) % items)];
        }
        return picked;
    }

    private int[] order(int items, long pass) {
        SplittableRandom shuffle = random(place.seed, 0x4f52_4445L, pass);
        int[] order = new int[items];
        for (int i = 0; i < items; i++) {
            int j = shuffle.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    static SplittableRandom random(long seed, long purpose, long number) {
        SplittableRandom mixed = new SplittableRandom(seed ^ purpose * 0x9E37_79B9_7F4A_7C15L);
        return new SplittableRandom(mixed.nextLong() ^ number * 0xBF58_476D_1CE4_E5B9L);
    }

    /** Executes the graph in training mode; see {@link TrainableGraph#forward}. */
    public Map<String, NDArray> forward(Map<String, NDArray> feeds, Collection<String> values) {
        return graph.forward(manager, feeds, Mode.TRAIN, values);
    }

    /** All outputs of the graph by name. */
    public Map<String, NDArray> forward(Map<String, NDArray> feeds) {
        return forward(feeds, graph.outputs());
    }

    /** The only output of a graph with one input. */
    public NDArray forward(NDArray input) {
        List<TensorType> inputs = graph.inputs();
        List<String> outputs = graph.outputs();
        if (inputs.size() != 1 || outputs.size() != 1) {
            throw new IllegalStateException(
                    "the graph has inputs " + inputs + " and outputs " + outputs + "; name them");
        }
        return forward(Map.of(inputs.get(0).name(), input)).get(outputs.get(0));
    }

    /** A UINT8 array. */
    public NDArray pixels(byte[] values, long... shape) {
        java.nio.ByteBuffer raw = Tensors.direct(values.length).put(values).rewind();
        return manager.create(raw, new Shape(shape), DataType.UINT8);
    }

    /** A FLOAT32 array. */
    public NDArray floats(float[] values, long... shape) {
        return manager.create(values, new Shape(shape));
    }

    /** An INT64 array. */
    public NDArray integers(long[] values, long... shape) {
        return manager.create(values, new Shape(shape));
    }

    /** Notes a number; its average over the epoch stands in the history. */
    public void note(String metric, double value) {
        metrics.put(metric, value);
    }

    Map<String, Double> metrics() {
        return metrics;
    }
}
