package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import java.util.HashMap;
import java.util.Map;

/** Multiply-accumulates of convolutions and matrix products. */
final class Macs {
    private Macs() {}

    static long of(Node node, Shapes shapes) {
        return switch (node.operator()) {
            case "Conv", "ConvInteger" -> conv(node, shapes, 1);
            case "QLinearConv" -> conv(node, shapes, 3);
            case "ConvTranspose" -> {
                // Each input element meets each weight of its channel once.
                Shape weight = fixed(node, shapes, node.input(1));
                yield Math.multiplyExact(
                        fixed(node, shapes, node.input(0)).elements(),
                        weight.elements() / Math.max(1, weight.size(0)));
            }
            case "Gemm" -> {
                Shape a = fixed(node, shapes, node.input(0));
                long depth = a.size(node.integer("transA", 0) != 0 ? 0 : 1);
                yield Math.multiplyExact(fixed(node, shapes, node.output()).elements(), depth);
            }
            case "MatMul", "MatMulInteger", "QLinearMatMul" ->
                    Math.multiplyExact(
                            fixed(node, shapes, node.output()).elements(),
                            fixed(node, shapes, node.input(0)).size(-1));
            case "Einsum" -> einsum(node, shapes);
            default -> 0;
        };
    }

    private static long conv(Node node, Shapes shapes, int weight) {
        Shape kernel = fixed(node, shapes, node.input(weight));
        return Math.multiplyExact(
                fixed(node, shapes, node.output()).elements(),
                kernel.elements() / Math.max(1, kernel.size(0)));
    }

    private static long einsum(Node node, Shapes shapes) {
        String[] terms = node.text("equation", "").replace(" ", "").split("->")[0].split(",", -1);
        Map<Character, Long> sizes = new HashMap<>();
        for (int i = 0; i < terms.length; i++) {
            Shape shape = fixed(node, shapes, node.input(i));
            for (int axis = 0; axis < terms[i].length(); axis++) {
                sizes.put(terms[i].charAt(axis), shape.size(axis));
            }
        }
        return terms.length < 2 ? 0 : sizes.values().stream().reduce(1L, Math::multiplyExact);
    }

    private static Shape fixed(Node node, Shapes shapes, String value) {
        Shape shape = shapes.shape(value);
        if (!shape.isFixed()) {
            throw OnnxException.node(
                    Code.SHAPE,
                    node,
                    value,
                    "has the open shape " + shape + ": give the shapes of the inputs");
        }
        return shape;
    }
}
