package io.karu.compression;

import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
import io.karu.onnx.Shape;
import io.karu.onnx.Shapes;
import io.karu.onnx.TensorType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Sizes a graph up for inputs of given shapes. */
public final class ModelSize {
    private ModelSize() {}

    /** The size of a graph. */
    public static Variant.Size of(Graph graph, Map<String, List<Long>> inputs) {
        Shapes shapes = shapes(graph, inputs);
        long weights = 0;
        long parameters = 0;
        for (Constant constant : graph.constants()) {
            weights += constant.byteCount();
        }
        long macs = 0;
        for (Node node : graph.nodes()) {
            if (node.is("Conv", "Gemm", "MatMul") && elements(shapes, node.input(1)) > 0) {
                macs += macs(node, shapes);
                parameters += isWeight(graph, node.input(1)) ? elements(shapes, node.input(1)) : 0;
                parameters += node.hasInput(2) ? elements(shapes, node.input(2)) : 0;
            }
        }
        return new Variant.Size(
                graph.toProto().getSerializedSize(),
                OptionalLong.empty(),
                weights + peak(graph, shapes),
                macs,
                parameters);
    }

    /** Multiply-accumulates of each convolution and matrix product, by name. */
    static Map<String, Long> macs(Graph graph, Map<String, List<Long>> inputs) {
        Shapes shapes = shapes(graph, inputs);
        Map<String, Long> macs = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            if (node.is("Conv", "Gemm", "MatMul") && elements(shapes, node.input(1)) > 0) {
                macs.put(node.name(), macs(node, shapes));
            }
        }
        return macs;
    }

    private static Shapes shapes(Graph graph, Map<String, List<Long>> inputs) {
        Map<String, Shape> given = new LinkedHashMap<>();
        inputs.forEach(
                (name, shape) ->
                        given.put(
                                name,
                                Shape.of(shape.stream().mapToLong(Long::longValue).toArray())));
        return Shapes.of(graph, given);
    }

    private static boolean isWeight(Graph graph, String value) {
        return graph.constant(value).isPresent()
                || graph.producer(value)
                        .filter(n -> n.is("DequantizeLinear", "QuantizeLinear"))
                        .filter(n -> isWeight(graph, n.input(0)))
                        .isPresent();
    }

    private static long macs(Node node, Shapes shapes) {
        long outputs = elements(shapes, node.output());
        long[] weight = shapes.shape(node.input(1)).sizes();
        if (node.is("Conv")) {
            return outputs * weight[1] * weight[2] * (weight.length > 3 ? weight[3] : 1);
        }
        return outputs
                * weight[node.is("Gemm") && node.integer("transB", 0) != 0 ? 1 : weight.length - 2];
    }

    /** Largest sum of the activations that are needed at the same time, in order of execution. */
    private static long peak(Graph graph, Shapes shapes) {
        Map<String, Integer> uses = new HashMap<>();
        for (Node node : graph.nodes()) {
            node.inputs().forEach(input -> uses.merge(input, 1, Integer::sum));
        }
        graph.outputs().forEach(output -> uses.merge(output.name(), 1, Integer::sum));
        long alive = 0;
        for (TensorType input : graph.inputs()) {
            alive += bytes(shapes, input.name());
        }
        long peak = alive;
        for (Node node : graph.nodes()) {
            if (graph.constant(node.input(0)).isPresent()) {
                continue;
            }
            for (String output : node.outputs()) {
                alive += output.isEmpty() ? 0 : bytes(shapes, output);
            }
            peak = Math.max(peak, alive);
            for (String input : node.inputs()) {
                if (!input.isEmpty()
                        && graph.constant(input).isEmpty()
                        && uses.merge(input, -1, Integer::sum) == 0) {
                    alive -= bytes(shapes, input);
                }
            }
        }
        return peak;
    }

    private static long elements(Shapes shapes, String value) {
        Shape shape = shapes.shape(value);
        return shape.isFixed() ? shape.elements() : 0;
    }

    private static long bytes(Shapes shapes, String value) {
        long wide =
                switch (shapes.elementType(value)) {
                    case UINT8, INT8, BOOL -> 1;
                    case INT64, DOUBLE -> 8;
                    default -> 4;
                };
        return wide * elements(shapes, value);
    }
}
