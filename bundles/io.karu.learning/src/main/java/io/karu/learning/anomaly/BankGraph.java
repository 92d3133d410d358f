package io.karu.learning.anomaly;

import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a memory bank into a graph. Squared distances times the row's weight w are w |q|² + w |b|²
 * − 2 w q·b: a convolution of one pixel over q and |q|² with −2 w b and w as weights and w |b|² as
 * bias, and the least over its channels. A bank of codes is written as codes and centres, which an
 * engine decodes once when it loads the graph.
 */
final class BankGraph {
    private static final int ROWS = 2048;

    private BankGraph() {}

    /**
     * Distances to the nearest remembered vector.
     *
     * @param patches FLOAT {@code [1,D,H,W]}
     * @param banks of each product
     * @return FLOAT {@code [1,1,H,W]}
     */
    static Value distances(
            GraphBuilder graph,
            Value patches,
            List<MemoryBank> banks,
            ProductChoice.Chosen chosen) {
        List<Rows> products = banks.stream().map(bank -> Rows.of(graph, bank)).toList();
        int count = banks.stream().mapToInt(MemoryBank::count).max().orElseThrow();
        Value own =
                graph.node(
                        "ReduceSumSquare",
                        List.of(patches),
                        Attribute.integers("axes", 1),
                        Attribute.integer("keepdims", 1));
        Value queries = graph.node("Concat", List.of(patches, own), Attribute.integer("axis", 1));
        List<Value> least = new ArrayList<>();
        for (int from = 0; from < count; from += ROWS) {
            int start = from;
            int end = Math.min(count, from + ROWS);
            List<Value[]> parts = products.stream().map(p -> p.part(start, end)).toList();
            Value weights = chosen.of(parts.stream().map(part -> part[0]).toList());
            Value squares = chosen.of(parts.stream().map(part -> part[1]).toList());
            least.add(
                    graph.node(
                            "ReduceMin",
                            List.of(graph.node("Conv", queries, weights, squares)),
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
        return graph.node("Sqrt", graph.node("Relu", nearest));
    }

    /**
     * A bank in a graph.
     *
     * @param decoded all vectors of a bank of codes; null for floats
     */
    private record Rows(GraphBuilder graph, MemoryBank bank, Value decoded) {
        static Rows of(GraphBuilder graph, MemoryBank bank) {
            return new Rows(
                    graph, bank, bank.quantizer() == null ? null : BankGraph.decoded(graph, bank));
        }

        /** Weights and bias of the rows; a bank that ends before begins anew. */
        Value[] part(int from, int to) {
            int count = to - from;
            int dimension = bank.dimension();
            if (decoded == null) {
                return new Value[] {
                    graph.constant(rows(bank, from, to), count, dimension + 1, 1, 1),
                    graph.constant(squares(bank, from, to), count)
                };
            }
            long[] numbers = new long[count];
            Arrays.setAll(numbers, i -> (from + i) % bank.count());
            Value part =
                    graph.node(
                            "Gather",
                            List.of(decoded, graph.vector(numbers)),
                            Attribute.integer("axis", 0));
            Value each = graph.constant(weights(bank, from, to), count, 1, 1, 1);
            Value turned = graph.node("Mul", part, graph.node("Mul", each, graph.scalar(-2)));
            Value squares =
                    graph.node(
                            "ReduceSumSquare",
                            List.of(part),
                            Attribute.integers("axes", 1, 2, 3),
                            Attribute.integer("keepdims", 0));
            return new Value[] {
                graph.node("Concat", List.of(turned, each), Attribute.integer("axis", 1)),
                graph.node("Mul", squares, graph.constant(weights(bank, from, to), count))
            };
        }
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

    /** −2 w b and w for each row. */
    private static float[] rows(MemoryBank bank, int from, int to) {
        int dimension = bank.dimension();
        float[] rows = new float[(to - from) * (dimension + 1)];
        int at = 0;
        for (int row = from; row < to; row++) {
            for (float value : bank.vector(row % bank.count())) {
                rows[at++] = -2 * bank.weight(row % bank.count()) * value;
            }
            rows[at++] = bank.weight(row % bank.count());
        }
        return rows;
    }

    private static float[] weights(MemoryBank bank, int from, int to) {
        float[] weights = new float[to - from];
        for (int row = from; row < to; row++) {
            weights[row - from] = bank.weight(row % bank.count());
        }
        return weights;
    }

    private static float[] squares(MemoryBank bank, int from, int to) {
        float[] squares = new float[to - from];
        for (int row = from; row < to; row++) {
            double sum = 0;
            for (float value : bank.vector(row % bank.count())) {
                sum += (double) value * value;
            }
            squares[row - from] = (float) (sum * bank.weight(row % bank.count()));
        }
        return squares;
    }
}
