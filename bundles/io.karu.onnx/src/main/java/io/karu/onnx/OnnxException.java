package io.karu.onnx;

import java.util.Objects;

/**
 * A model that cannot be used as asked. Says in {@link #getMessage()} which node and which tensor,
 * and what to do.
 */
public final class OnnxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What is wrong. */
    public enum Code {
        /** Not an ONNX file, truncated, or a required part is missing. */
        MALFORMED,
        /** Larger than the limits that it was read with. */
        TOO_LARGE,
        /** An operator set that is not supported. */
        OPSET,
        /** An operator, or a domain of operators, that is not supported. */
        OPERATOR,
        /** An element type, or a part of the format, that is not supported. */
        UNSUPPORTED,
        /** A name that occurs twice. */
        DUPLICATE,
        /** A value that nothing produces. */
        MISSING,
        /** Nodes that need each other's outputs. */
        CYCLE,
        /** A tensor whose data do not fit its type and shape. */
        DATA,
        /** A file of tensor data that is absent or outside the model's folder. */
        EXTERNAL_DATA,
        /** An attribute that is absent, of another type, or out of range. */
        ATTRIBUTE,
        /** Inputs of a node whose types or shapes do not fit. */
        SHAPE,
        /** A cut that does not separate a subgraph. */
        CUT
    }

    private final Code code;
    private final String node;
    private final String tensor;

    private OnnxException(Code code, String node, String tensor, String reason) {
        super(where(node, tensor) + reason);
        this.code = Objects.requireNonNull(code, "code");
        this.node = node;
        this.tensor = tensor;
    }

    /** A fault of the model as a whole. */
    public static OnnxException model(Code code, String reason) {
        return new OnnxException(code, "", "", reason);
    }

    /** A fault of a tensor. */
    public static OnnxException tensor(Code code, String tensor, String reason) {
        return new OnnxException(code, "", tensor, reason);
    }

    /** A fault of a node. */
    public static OnnxException node(Code code, Node node, String reason) {
        return new OnnxException(code, describe(node.name(), node.operator()), "", reason);
    }

    /** A fault of a tensor where a node uses it. */
    public static OnnxException node(Code code, Node node, String tensor, String reason) {
        return new OnnxException(code, describe(node.name(), node.operator()), tensor, reason);
    }

    /** What is wrong. */
    public Code code() {
        return code;
    }

    /** The node, with its operator; empty when it is no node's fault. */
    public String node() {
        return node;
    }

    /** The tensor; empty when it is no tensor's fault. */
    public String tensor() {
        return tensor;
    }

    private static String describe(String name, String operator) {
        return name + " (" + operator + ")";
    }

    private static String where(String node, String tensor) {
        String where = node.isEmpty() ? "" : "node " + node;
        if (!tensor.isEmpty()) {
            where += (where.isEmpty() ? "" : ", ") + "tensor " + tensor;
        }
        return where.isEmpty() ? "" : where + ": ";
    }
}
