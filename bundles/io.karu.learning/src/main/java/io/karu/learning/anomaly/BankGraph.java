package io.karu.learning.anomaly;

import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a memory bank into a graph. Squared distances are |q|² + |b|² − 2 q·b: a convolution of
 * one pixel with −2 b as weights and |b|² as bias, and the least over its channels. A bank of codes
 * is written as codes and centres, which an engine decodes once when it loads the graph.
 */
final class BankGraph {
    private static final int ROWS = 2048;

    private BankGraph() {}

    /**
     * Distances to the nearest remembered vector.
     *
     * @param patches FLOAT {@code [N,D,H,W]}
     * @return FLOAT {@code [N,1,H,W]}
     */
    static Value distances(GraphBuilder graph, Value patches, MemoryBank bank) {
        List<Value> least = new ArrayList<>();
        Value all = bank.quantizer() == null ? null : decoded(graph, bank);
        for (int from = 0; from < bank.count(); from += ROWS) {
            int to = Math.min(bank.count(), from + ROWS);
            Value weights;
            Value squares;
            if (all == null) {
                weights = graph.constant(scaled(bank, from, to), to - from, bank.dimension(), 1, 1);
                squares = graph.constant(squares(bank, from, to), to - from);
            } else {
                Value part =
                        graph.node(
                                "Slice",
                                all,
                                graph.vector(from),
                                graph.vector(to),
                                graph.vector(0));
                weights = graph.node("Mul", part, graph.scalar(-2));
                squares =
                        graph.node(
                                "ReduceSumSquare",
                                List.of(part),
                                Attribute.integers("axes", 1, 2, 3),
                                Attribute.integer("keepdims", 0));
            }
            least.add(
                    graph.node(
                            "ReduceMin",
                            List.of(graph.node("Conv", patches, weights, squares)),
                            Attribute.integers("axes", 1),
                            Attribute.integer("keepdims", 1)));
        }
        Value nearest =
                least.size() == 1
                        ? least.get(0)
                        : graph.node(
                                "ReduceMin",
                                List.of(graph.node("Concat", least, Attribute.integer("axis", 1))),
                                Attribute.integers("axes", 1),
                                Attribute.integer("keepdims", 1));
        Value own =
                graph.node(
                        "ReduceSumSquare",
                        List.of(patches),
                        Attribute.integers("axes", 1),
                        Attribute.integer("keepdims", 1));
        return graph.node("Sqrt", graph.node("Relu", graph.node("Add", own, nearest)));
    }

    /** {@code x / (x + usual)}: 0.5 at what is usual, 1 far away. */
    static Value share(GraphBuilder graph, Value value, double usual) {
        return graph.node("Div", value, graph.node("Add", value, graph.scalar((float) usual)));
    }

    /** Bilinear enlargement of a map. */
    static Value enlarge(GraphBuilder graph, Value map, int factor) {
        return graph.node(
                "Resize",
                List.of(map, new Value(""), graph.constant(new float[] {1, 1, factor, factor}, 4)),
                Attribute.text("mode", "linear"),
                Attribute.text("coordinate_transformation_mode", "half_pixel"));
    }

    private static Value decoded(GraphBuilder graph, MemoryBank bank) {
        ProductQuantizer quantizer = bank.quantizer();
        int parts = quantizer.parts();
        int size = quantizer.dimension() / parts;
        List<Value> columns = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            byte[] codes = new byte[bank.count()];
            for (int row = 0; row < codes.length; row++) {
                codes[row] = bank.code(row)[part];
            }
            Value numbers =
                    graph.node(
                            "Cast",
                            List.of(graph.constant(codes, codes.length)),
                            Attribute.integer("to", DataType.INT32.getNumber()));
            columns.add(
                    graph.node(
                            "Gather",
                            List.of(
                                    graph.constant(
                                            quantizer.centres(part),
                                            ProductQuantizer.CENTRES,
                                            size),
                                    numbers),
                            Attribute.integer("axis", 0)));
        }
        Value vectors =
                parts == 1
                        ? columns.get(0)
                        : graph.node("Concat", columns, Attribute.integer("axis", 1));
        return graph.node(
                "Reshape", vectors, graph.vector(bank.count(), quantizer.dimension(), 1, 1));
    }

    private static float[] scaled(MemoryBank bank, int from, int to) {
        float[] values =
                Arrays.copyOfRange(bank.values(), from * bank.dimension(), to * bank.dimension());
        for (int i = 0; i < values.length; i++) {
            values[i] *= -2;
        }
        return values;
    }

    private static float[] squares(MemoryBank bank, int from, int to) {
        float[] squares = new float[to - from];
        for (int row = from; row < to; row++) {
            double sum = 0;
            for (float value : bank.vector(row)) {
                sum += (double) value * value;
            }
            squares[row - from] = (float) sum;
        }
        return squares;
    }
}
