package io.karu.training.classification;

import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets a classification look at the eight mirrored and turned views of its square input and give
 * the mean of their scores: eight times the work for a surer answer. The views are made in the
 * graph, so a station needs to know nothing of them.
 */
final class Symmetries {
    private static final int COUNT = 8;

    private Symmetries() {}

    /** A copy of the graph that averages over the views; inputs and output stay as they are. */
    static Graph averaged(Graph graph) {
        Graph copy = graph.copy();
        copy.set(Constant.of("views.first", new long[] {-1}, 1));
        copy.set(Constant.of("views.last", new long[] {Long.MIN_VALUE + 1}, 1));
        copy.set(Constant.of("views.back", new long[] {-1}, 1));
        copy.set(Constant.of("views.rows", new long[] {2}, 1));
        copy.set(Constant.of("views.columns", new long[] {3}, 1));
        for (String input : copy.inputs().stream().map(type -> type.name()).toList()) {
            List<Node> takers = copy.consumers(input);
            String views = views(copy, input);
            takers.forEach(node -> copy.replaceInput(node, input, views));
        }
        Node output = copy.producer(ClassificationNet.PROBABILITY).orElseThrow();
        String each = output.input(0);
        long classes = copy.outputs().get(0).shape().size(1);
        copy.set(Constant.of("views.shape", new long[] {COUNT, -1, classes}, 3));
        copy.add("views.apart", "Reshape", List.of(each, "views.shape"));
        copy.add(
                "views.mean",
                "ReduceMean",
                List.of("views.apart"),
                Attribute.integers("axes", 0),
                Attribute.integer("keepdims", 0));
        copy.replaceInput(output, each, "views.mean");
        return copy;
    }

    private static String views(Graph graph, String input) {
        String turned = input + ".turned";
        graph.add(turned, "Transpose", List.of(input), Attribute.integers("perm", 0, 1, 3, 2));
        List<String> all = new ArrayList<>();
        for (String base : List.of(input, turned)) {
            String mirrored = flipped(graph, base, ".mirrored", "views.columns");
            all.add(base);
            all.add(mirrored);
            all.add(flipped(graph, base, ".upended", "views.rows"));
            all.add(flipped(graph, mirrored, ".upended", "views.rows"));
        }
        String views = input + ".views";
        graph.add(views, "Concat", all, Attribute.integer("axis", 0));
        return views;
    }

    private static String flipped(Graph graph, String value, String suffix, String axis) {
        String name = value + suffix;
        graph.add(name, "Slice", List.of(value, "views.first", "views.last", axis, "views.back"));
        return name;
    }
}
