package io.karu.training.compression;

import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Node;
import io.karu.onnx.Value;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Two networks that look at the same pixels, and how much they disagree: student–teacher feature
 * pyramid matching (Wang et al., BMVC 2021). Input {@code image} UINT8 {@code [N,C,S,S]}; outputs
 * {@code map} FLOAT {@code [N,1,M,M]}, the sum of the distances of the features of each level, and
 * {@code score} FLOAT {@code [N,1,1,1]}, its largest value. The disagreement of level i is the
 * value {@code distance_i}.
 */
final class StudentTeacher {
    static final String IMAGE = "image";
    static final String MAP = "map";
    static final String SCORE = "score";
    static final String TEACHER = "teacher/";
    static final String STUDENT = "student/";

    private final Graph graph;
    private final int levels;

    private StudentTeacher(Graph graph, int levels) {
        this.graph = graph;
        this.levels = levels;
    }

    /** How far two vectors of features are apart. */
    enum Distance {
        /** One minus their cosine (Wang et al., BMVC 2021). */
        COSINE,
        /** Mean of their squared differences (Bergmann et al., CVPR 2020). */
        SQUARED
    }

    /** A network with the values to compare, from the lowest level on. */
    record Trunk(Graph graph, List<String> features) {}

    /**
     * Joins two networks of one FLOAT input {@code [N,C,S,S]}.
     *
     * @param channels of the image; one channel is given to networks of three as three
     * @param cells side of the map
     */
    static StudentTeacher of(
            Trunk teacher, Trunk student, Distance distance, int channels, int side, int cells) {
        GraphBuilder builder = new GraphBuilder("student-teacher");
        Value image = builder.input(IMAGE, DataType.UINT8, "N", channels, side, side);
        Value numbers =
                builder.named(
                        "numbers",
                        "Cast",
                        List.of(image),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        Value centred = builder.named("centred", "Sub", List.of(numbers, builder.scalar(127.5f)));
        Value pixels =
                builder.named("normalised", "Mul", List.of(centred, builder.scalar(1 / 127.5f)));
        if (channels == 1) {
            pixels =
                    builder.named(
                            "three",
                            "Concat",
                            List.of(pixels, pixels, pixels),
                            Attribute.integer("axis", 1));
        }
        builder.output("placeholder", pixels, DataType.FLOAT);
        Graph graph = builder.graph();
        paste(graph, teacher.graph(), TEACHER, pixels.name());
        paste(graph, student.graph(), STUDENT, pixels.name());
        int levels = teacher.features().size();
        List<String> maps = new ArrayList<>();
        for (int i = 0; i < levels; i++) {
            distance(
                    graph,
                    i,
                    distance,
                    TEACHER + teacher.features().get(i),
                    STUDENT + student.features().get(i));
            maps.add(resized(graph, "level_" + i + "/", "distance_" + i, cells));
        }
        String sum = maps.get(0);
        for (int i = 1; i < levels; i++) {
            sum = graph.add("sum_" + i, "Add", List.of(sum, maps.get(i))).output();
        }
        graph.add(MAP, "Identity", List.of(sum));
        graph.add(SCORE, "ReduceMax", List.of(sum), Attribute.integers("axes", 1, 2, 3));
        graph.setOutputs(List.of());
        graph.expose(List.of(MAP, SCORE));
        graph.remove(graph.node("placeholder").orElseThrow());
        graph.setOutputs(
                List.of(
                        new io.karu.onnx.TensorType(
                                MAP, DataType.FLOAT, io.karu.onnx.Shape.of(-1, 1, cells, cells)),
                        new io.karu.onnx.TensorType(
                                SCORE, DataType.FLOAT, io.karu.onnx.Shape.of(-1, 1, 1, 1))));
        graph.prune();
        return new StudentTeacher(graph, levels);
    }

    Graph graph() {
        return graph;
    }

    /** Names of the disagreements of each level, {@code [N,1,h,w]}. */
    List<String> distances() {
        return java.util.stream.IntStream.range(0, levels).mapToObj(i -> "distance_" + i).toList();
    }

    private static void paste(Graph target, Graph source, String prefix, String input) {
        String own = source.inputs().get(0).name();
        for (Constant constant : source.constants()) {
            target.set(constant.named(prefix + constant.name()));
        }
        for (Node node : source.nodes()) {
            NodeProto.Builder copy =
                    NodeProto.newBuilder().setName(prefix + node.name()).setOpType(node.operator());
            for (String from : node.inputs()) {
                copy.addInput(from.isEmpty() ? "" : from.equals(own) ? input : prefix + from);
            }
            node.outputs().forEach(output -> copy.addOutput(prefix + output));
            target.add(copy.addAllAttribute(node.attributes()).build());
        }
    }

    private static void distance(
            Graph graph, int level, Distance distance, String teacher, String student) {
        String name = "level_" + level + "/";
        if (distance == Distance.SQUARED) {
            String apart = graph.add(name + "apart", "Sub", List.of(teacher, student)).output();
            String square = graph.add(name + "square", "Mul", List.of(apart, apart)).output();
            graph.add(
                    "distance_" + level,
                    "ReduceMean",
                    List.of(square),
                    Attribute.integers("axes", 1));
            return;
        }
        String product = graph.add(name + "product", "Mul", List.of(teacher, student)).output();
        String axes = name + "axes";
        graph.set(Constant.of(axes, new long[] {1}, 1));
        String dot =
                graph.add(
                                name + "dot",
                                "ReduceSum",
                                List.of(product, axes),
                                Attribute.integer("keepdims", 1))
                        .output();
        String norms =
                graph.add(
                                name + "norms",
                                "Mul",
                                List.of(
                                        power(graph, name + "teacher", teacher),
                                        power(graph, name + "student", student)))
                        .output();
        String root = graph.add(name + "root", "Sqrt", List.of(norms)).output();
        graph.set(Constant.of(name + "epsilon", new float[] {1e-4f}));
        String safe = graph.add(name + "safe", "Add", List.of(root, name + "epsilon")).output();
        String cosine = graph.add(name + "cosine", "Div", List.of(dot, safe)).output();
        graph.set(Constant.of(name + "one", new float[] {1}));
        graph.add("distance_" + level, "Sub", List.of(name + "one", cosine));
    }

    private static String power(Graph graph, String name, String value) {
        String square = graph.add(name + "/square", "Mul", List.of(value, value)).output();
        String axes = name + "/axes";
        graph.set(Constant.of(axes, new long[] {1}, 1));
        return graph.add(
                        name + "/power",
                        "ReduceSum",
                        List.of(square, axes),
                        Attribute.integer("keepdims", 1))
                .output();
    }

    private static String resized(Graph graph, String name, String value, int cells) {
        graph.set(Constant.of(name + "cells", new long[] {cells, cells}, 2));
        graph.set(Constant.of(name + "front", new long[] {0}, 1));
        graph.set(Constant.of(name + "back", new long[] {2}, 1));
        String shape = graph.add(name + "shape", "Shape", List.of(value)).output();
        String first =
                graph.add(name + "first", "Slice", List.of(shape, name + "front", name + "back"))
                        .output();
        String size =
                graph.add(
                                name + "size",
                                "Concat",
                                List.of(first, name + "cells"),
                                Attribute.integer("axis", 0))
                        .output();
        return graph.add(
                        name + "resized",
                        "Resize",
                        List.of(value, "", "", size),
                        Attribute.text("mode", "linear"),
                        Attribute.text("coordinate_transformation_mode", "half_pixel"))
                .output();
    }
}
