package io.karu.onnx;

import io.karu.onnx.OnnxException.Code;

/** What a model must be to be used. */
public final class Validation {
    private Validation() {}

    /** The operator of a node. OnnxException when it is not supported in that operator set. */
    static Operator operator(Node node, int opset) {
        Operator operator =
                Operators.find(node)
                        .orElseThrow(
                                () ->
                                        OnnxException.node(
                                                Code.OPERATOR,
                                                node,
                                                node.domain().isEmpty()
                                                        ? "is not a supported operator"
                                                        : "is of the domain "
                                                                + node.domain()
                                                                + ": only ONNX's own operators"
                                                                + " are supported"));
        if (opset < operator.since()) {
            throw OnnxException.node(
                    Code.OPSET,
                    node,
                    "needs operator set " + operator.since() + ", the model has " + opset);
        }
        return operator;
    }
}
