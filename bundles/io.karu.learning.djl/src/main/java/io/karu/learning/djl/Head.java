package io.karu.learning.djl;

import io.karu.onnx.Constant;
import io.karu.onnx.Dimension;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.Shape;
import io.karu.onnx.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Transfer learning: gives a classifier other classes. */
public final class Head {
    private static final String[] AFTER = {
        "Identity", "Softmax", "LogSoftmax", "Sigmoid", "Flatten", "Reshape", "Squeeze", "Add"
    };

    private Head() {}

    /**
     * A copy of the graph whose last layer (Gemm, MatMul with its Add, or Conv of kernel 1) tells
     * other classes apart, with small random weights. A softmax or sigmoid behind it stays.
     *
     * @param output the graph's output that the layer leads to
     * @param classes number of classes
     * @param seed of the new weights
     * @return the graph, with the names of the new parameters equal to those of the old
     * @throws IllegalArgumentException when no such layer leads to the output
     */
    public static Graph replace(Graph graph, String output, int classes, long seed) {
        Graph copy = graph.copy();
        Node layer =
                last(copy, output)
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "no Gemm, MatMul or Conv with constant weights"
                                                        + " leads to "
                                                        + output));
        Constant weight = copy.constant(layer.input(1)).orElseThrow();
        int axis = axis(layer);
        long[] shape = weight.shape().sizes();
        if (layer.is("Conv") && (shape[2] != 1 || shape[3] != 1 || layer.integer("group", 1) > 1)) {
            throw new IllegalArgumentException(
                    layer + " is a convolution of more than a place: no classifier's last layer");
        }
        long old = shape[axis];
        long inputs = weight.elements() / old;
        shape[axis] = classes;
        copy.set(Constant.of(weight.name(), weights(inputs, classes, seed), shape));
        bias(copy, layer, old, classes);
        reshapes(copy, layer, output, old, classes);
        retype(copy, output, old, classes);
        return copy;
    }

    private static int axis(Node layer) {
        return layer.is("Conv") || layer.is("Gemm") && layer.integer("transB", 0) == 1 ? 0 : 1;
    }

    private static float[] weights(long inputs, int classes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(inputs * classes)];
        double scale = 1 / Math.sqrt(inputs);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (scale * random.nextGaussian());
        }
        return values;
    }

    private static void bias(Graph graph, Node layer, long old, int classes) {
        Optional<Constant> own = graph.constant(layer.input(2));
        Optional<Constant> added =
                layer.is("MatMul")
                        ? graph.consumers(layer.output()).stream()
                                .filter(node -> node.is("Add"))
                                .flatMap(node -> node.inputs().stream())
                                .flatMap(input -> graph.constant(input).stream())
                                .findFirst()
                        : Optional.empty();
        own.or(() -> added)
                .filter(bias -> bias.elements() == old)
                .ifPresent(
                        bias ->
                                graph.set(
                                        Constant.of(
                                                bias.name(),
                                                new float[classes],
                                                scaled(bias.shape().sizes(), old, classes))));
    }

    private static long[] scaled(long[] sizes, long old, int classes) {
        long[] scaled = sizes.clone();
        for (int i = scaled.length - 1; i >= 0; i--) {
            if (scaled[i] == old) {
                scaled[i] = classes;
                break;
            }
        }
        return scaled;
    }

    /** Reshapes between the layer and the output that state the number of classes. */
    private static void reshapes(Graph graph, Node layer, String output, long old, int classes) {
        for (Node node : path(graph, output)) {
            if (node == layer) {
                return;
            }
            Optional<Constant> shape = graph.constant(node.input(1));
            if (node.is("Reshape") && shape.isPresent()) {
                long[] sizes = scaled(shape.get().longs(), old, classes);
                String fresh = graph.fresh(shape.get().name());
                graph.set(Constant.of(fresh, sizes, sizes.length));
                graph.setInput(node, 1, fresh);
            }
        }
    }

    private static void retype(Graph graph, String output, long old, int classes) {
        List<TensorType> outputs = new ArrayList<>();
        for (TensorType type : graph.outputs()) {
            boolean own = type.name().equals(output) && type.shape().isRanked();
            outputs.add(own ? retyped(type, old, classes) : type);
        }
        graph.setOutputs(outputs);
    }

    private static TensorType retyped(TensorType type, long old, int classes) {
        Shape shape = type.shape();
        for (int i = shape.rank() - 1; i >= 0; i--) {
            if (!shape.dimension(i).isOpen() && shape.size(i) == old) {
                return new TensorType(
                        type.name(), type.type(), shape.with(i, Dimension.of(classes)));
            }
        }
        return type;
    }

    private static Optional<Node> last(Graph graph, String output) {
        List<Node> path = path(graph, output);
        Node end = path.isEmpty() ? null : path.get(path.size() - 1);
        return Optional.ofNullable(end)
                .filter(node -> node.is("Gemm", "MatMul", "Conv"))
                .filter(node -> graph.constant(node.input(1)).isPresent());
    }

    /** From the output's producer back to the first node that does more than pass on. */
    private static List<Node> path(Graph graph, String output) {
        List<Node> path = new ArrayList<>();
        Optional<Node> node = graph.producer(output);
        while (node.isPresent()) {
            path.add(node.get());
            Node now = node.get();
            boolean passes =
                    now.is(AFTER)
                            && (!now.is("Add")
                                    || graph.constant(now.input(0)).isPresent()
                                    || graph.constant(now.input(1)).isPresent());
            if (!passes) {
                break;
            }
            int source = now.is("Add") && graph.constant(now.input(0)).isPresent() ? 1 : 0;
            node = graph.producer(now.input(source));
        }
        return path;
    }
}
