package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Types and shapes of all values of a graph. Open dimensions keep their names, and what is computed
 * from them has a name that says how ({@code floor((H-1)/2)+1}); sizes that the model computes from
 * other shapes (Shape, Gather, Concat, Reshape) are followed. What depends on the pixels stays
 * open.
 *
 * <p>Under a name, an open dimension is taken to be large enough for the fixed margins that Slice
 * cuts from it.
 */
public final class Shapes {
    /** Most elements whose values are followed in one graph. */
    private static final long MOST_FOLLOWED = 1 << 17;

    private final Map<String, Fact> facts = new LinkedHashMap<>();
    private final Symbols symbols = new Symbols();
    private long followed;

    private Shapes() {}

    /** Shapes for the inputs as the graph declares them. */
    public static Shapes of(Graph graph) {
        return of(graph, Map.of());
    }

    /**
     * Shapes for inputs of given shapes.
     *
     * @param given shapes by the input's name; inputs that are not among them are as declared
     * @throws OnnxException when a given shape does not fit the declared one, or a node does not
     *     fit what it is given, or is not supported
     */
    public static Shapes of(Graph graph, Map<String, Shape> given) {
        Shapes shapes = new Shapes();
        for (TensorType input : graph.inputs()) {
            Shape shape = given.getOrDefault(input.name(), input.shape());
            wantFit(input, shape);
            shapes.facts.put(input.name(), Fact.of(input.type(), shape));
        }
        graph.constants().forEach(c -> shapes.facts.put(c.name(), Fact.of(c)));
        for (Node node : graph.nodes()) {
            List<Fact> outputs = shapes.infer(graph, node);
            for (int i = 0; i < node.outputs().size(); i++) {
                if (!node.output(i).isEmpty()) {
                    shapes.facts.put(node.output(i), outputs.get(i));
                }
            }
        }
        return shapes;
    }

    private static void wantFit(TensorType declared, Shape given) {
        boolean fits = true;
        if (declared.shape().isRanked() && given.isRanked()) {
            fits = declared.shape().rank() == given.rank();
            for (int i = 0; fits && i < given.rank(); i++) {
                Dimension want = declared.shape().dimension(i);
                fits =
                        want.isOpen()
                                || given.dimension(i).isOpen()
                                || want.isSameAs(given.dimension(i));
            }
        }
        if (!fits) {
            throw OnnxException.tensor(
                    Code.SHAPE,
                    declared.name(),
                    "is declared as " + declared.shape() + ", given as " + given);
        }
    }

    private List<Fact> infer(Graph graph, Node node) {
        List<Fact> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            if (!input.isEmpty() && !facts.containsKey(input)) {
                throw OnnxException.node(Code.MISSING, node, input, "is produced by nothing");
            }
            inputs.add(input.isEmpty() ? null : facts.get(input));
        }
        Call call = new Call(node, graph.opset(), inputs, symbols);
        Operator operator = Validation.operator(node, graph.opset());
        try {
            List<Fact> outputs = operator.rule().infer(call);
            if (outputs.size() < node.outputs().size()) {
                throw OnnxException.node(
                        Code.SHAPE, node, "has more outputs than its operator gives");
            }
            return followed(operator, call, outputs);
        } catch (ArithmeticException e) {
            throw OnnxException.node(
                    Code.TOO_LARGE,
                    node,
                    "has an output with too many elements: " + e.getMessage());
        }
    }

    /** Outputs with their values, as long as the values that are followed stay few. */
    private List<Fact> followed(Operator operator, Call call, List<Fact> outputs) {
        if (followed > MOST_FOLLOWED) {
            return outputs.stream().map(fact -> Fact.of(fact.type(), fact.shape())).toList();
        }
        List<Constant> values = Evaluation.small(operator, call, outputs);
        for (Constant value : values) {
            followed += value.elements();
        }
        List<Fact> known = values.isEmpty() ? outputs : values.stream().map(Fact::of).toList();
        for (Fact fact : known) {
            followed += fact.elements() == null ? 0 : fact.elements().size();
        }
        return known;
    }

    /** What is known of a value; empty when the graph has no value of that name. */
    public Optional<TensorType> type(String value) {
        Fact fact = facts.get(value);
        return fact == null
                ? Optional.empty()
                : Optional.of(new TensorType(value, fact.type(), fact.shape()));
    }

    /** The values of a tensor that follow from constants and fixed dimensions, if they are few. */
    Optional<Constant> constant(String value) {
        Fact fact = facts.get(value);
        if (fact == null || fact.constant() != null) {
            return Optional.ofNullable(fact).map(Fact::constant);
        }
        List<Expression> elements = fact.elements();
        boolean fixed =
                elements != null
                        && elements.stream().allMatch(Expression::isFixed)
                        && fact.shape().elements() == elements.size();
        return fixed
                ? Optional.of(
                        Constant.of(
                                value,
                                fact.type(),
                                elements.stream().mapToLong(Expression::value).toArray(),
                                fact.shape().sizes()))
                : Optional.empty();
    }

    /** Shape of a value. IllegalArgumentException when the graph has no value of that name. */
    public Shape shape(String value) {
        return type(value)
                .orElseThrow(() -> new IllegalArgumentException("no value " + value))
                .shape();
    }

    /** Element type of a value. IllegalArgumentException when the graph has no such value. */
    public DataType elementType(String value) {
        return type(value)
                .orElseThrow(() -> new IllegalArgumentException("no value " + value))
                .type();
    }

    /** All values: inputs, constants, then outputs of nodes in their order. */
    public List<TensorType> all() {
        List<TensorType> all = new ArrayList<>();
        facts.forEach((name, fact) -> all.add(new TensorType(name, fact.type(), fact.shape())));
        return Collections.unmodifiableList(all);
    }
}
