package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.AttributeProto.AttributeType;

/** Whether a model can be used: known operators, well connected, of shapes that fit. */
public final class Validation {
    private Validation() {}

    /**
     * Validates a graph within {@link Limits#DEFAULT}.
     *
     * @return the shapes of its values for the inputs as declared
     * @throws OnnxException naming the node, the tensor and the reason
     */
    public static Shapes validate(Graph graph) {
        return validate(graph, Limits.DEFAULT);
    }

    /** Validates a graph of which no value may be larger than a limit. */
    public static Shapes validate(Graph graph, Limits limits) {
        int opset = graph.opset();
        if (opset < Operators.FIRST_OPSET || opset > Operators.LAST_OPSET) {
            throw OnnxException.model(
                    Code.OPSET,
                    "the model is written for operator set "
                            + opset
                            + ", supported are "
                            + Operators.FIRST_OPSET
                            + " to "
                            + Operators.LAST_OPSET
                            + ": export it again for one of these");
        }
        if (graph.outputs().isEmpty()) {
            throw OnnxException.model(Code.MALFORMED, "the graph has no output");
        }
        for (TensorType input : graph.inputs()) {
            wantTensor(input);
        }
        for (Node node : graph.nodes()) {
            validate(node, opset);
        }
        for (TensorType output : graph.outputs()) {
            if (!graph.has(output.name())) {
                throw OnnxException.tensor(
                        Code.MISSING, output.name(), "is an output that nothing produces");
            }
        }
        Shapes shapes = Shapes.of(graph);
        graph.outputs().forEach(output -> wantDeclared(output, shapes));
        shapes.all().forEach(value -> wantWithin(value, limits));
        return shapes;
    }

    private static void wantTensor(TensorType input) {
        if (!ElementType.isSupported(input.type())) {
            throw OnnxException.tensor(
                    Code.UNSUPPORTED,
                    input.name(),
                    "is an input of the type " + input.type() + ", must be a tensor of numbers");
        }
    }

    private static void validate(Node node, int opset) {
        Operator operator = operator(node, opset);
        if (!operator.inputs().holds(node.inputs().size())) {
            throw OnnxException.node(
                    Code.MALFORMED,
                    node,
                    "has " + node.inputs().size() + " inputs, takes " + operator.inputs());
        }
        if (!operator.outputs().holds(node.outputs().size())) {
            throw OnnxException.node(
                    Code.MALFORMED,
                    node,
                    "has " + node.outputs().size() + " outputs, gives " + operator.outputs());
        }
        for (int i = 0; i < operator.inputs().least(); i++) {
            boolean optional = operator.name().equals("Resize");
            if (!node.hasInput(i) && !optional) {
                throw OnnxException.node(Code.MISSING, node, "wants an input " + i);
            }
        }
        for (AttributeProto attribute : node.attributes()) {
            AttributeType want = operator.attributes().get(attribute.getName());
            int since = operator.introduced().getOrDefault(attribute.getName(), 0);
            if (want == null || opset < since) {
                throw OnnxException.node(
                        Code.ATTRIBUTE,
                        node,
                        "has the attribute "
                                + attribute.getName()
                                + ", which is not known in operator set "
                                + opset);
            }
            if (attribute.getType() != want) {
                throw OnnxException.node(
                        Code.ATTRIBUTE,
                        node,
                        "has the attribute "
                                + attribute.getName()
                                + " as "
                                + attribute.getType()
                                + ", must be "
                                + want);
            }
        }
        for (String flag : operator.flags()) {
            long value = node.integer(flag, 0);
            if (value != 0 && value != 1) {
                throw OnnxException.node(
                        Code.ATTRIBUTE, node, "has " + flag + " " + value + ", must be 0 or 1");
            }
        }
        for (String attribute : operator.required()) {
            if (!node.has(attribute)) {
                throw OnnxException.node(Code.ATTRIBUTE, node, "lacks the attribute " + attribute);
            }
        }
    }

    private static void wantDeclared(TensorType output, Shapes shapes) {
        TensorType found = shapes.type(output.name()).orElseThrow();
        boolean typed =
                output.type().getNumber() == 0
                        || found.type().getNumber() == 0
                        || output.type() == found.type();
        boolean shaped = true;
        if (output.shape().isRanked() && found.shape().isRanked()) {
            shaped = output.shape().rank() == found.shape().rank();
            for (int i = 0; shaped && i < output.shape().rank(); i++) {
                long declared = output.shape().size(i);
                long actual = found.shape().size(i);
                shaped =
                        declared == Dimension.OPEN
                                || actual == Dimension.OPEN
                                || declared == actual;
            }
        }
        if (!typed || !shaped) {
            throw OnnxException.tensor(
                    Code.SHAPE,
                    output.name(),
                    "is declared as "
                            + output.type()
                            + " "
                            + output.shape()
                            + ", the graph gives "
                            + found.type()
                            + " "
                            + found.shape());
        }
    }

    private static void wantWithin(TensorType value, Limits limits) {
        boolean fits = true;
        if (value.shape().isRanked()) {
            try {
                // Open dimensions count as 1: what is too large then is too large for all sizes.
                long[] least =
                        value.shape().dimensions().stream()
                                .mapToLong(d -> d.isOpen() ? 1 : d.size())
                                .toArray();
                int bits = Math.max(1, ElementType.bits(value.type()));
                fits = Shape.elements(least) <= limits.valueBytes() / bits * 8;
            } catch (ArithmeticException e) {
                fits = false;
            }
        }
        if (!fits) {
            throw OnnxException.tensor(
                    Code.TOO_LARGE,
                    value.name(),
                    "has the shape "
                            + value.shape()
                            + ", more than "
                            + limits.valueBytes()
                            + " bytes");
        }
    }

    /** The operator of a node. OnnxException when it is not supported in that operator set. */
    static Operator operator(Node node, int opset) {
        Operator operator = Operators.find(node).orElseThrow(() -> unknown(node));
        if (opset < operator.since()) {
            throw OnnxException.node(
                    Code.OPSET,
                    node,
                    "needs operator set " + operator.since() + ", the model has " + opset);
        }
        return operator;
    }

    private static OnnxException unknown(Node node) {
        return OnnxException.node(
                Code.OPERATOR,
                node,
                node.domain().isEmpty()
                        ? "is not a supported operator (see docs/operators.md)"
                        : "is of the domain "
                                + node.domain()
                                + ": only ONNX's own operators are supported");
    }
}
