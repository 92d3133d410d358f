package io.karu.onnx;

import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;

/**
 * What is known of a value while shapes are inferred.
 *
 * @param type element type, UNDEFINED when not known
 * @param shape its shape
 * @param constant its values when all are known, or null
 * @param elements its values when it holds few integers of which some depend on open dimensions, or
 *     null
 */
record Fact(DataType type, Shape shape, Constant constant, List<Expression> elements) {
    static Fact of(DataType type, Shape shape) {
        return new Fact(type, shape, null, null);
    }

    static Fact of(Constant constant) {
        return new Fact(constant.type(), constant.shape(), constant, null);
    }

    static Fact of(DataType type, Shape shape, List<Expression> elements) {
        return new Fact(type, shape, null, elements);
    }
}
