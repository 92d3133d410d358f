package io.karu.onnx;

import io.karu.onnx.proto.AttributeProto;
import java.util.Optional;

/** Constant nodes as constants. */
final class Constants {
    private Constants() {}

    /** The constant that a Constant node gives; empty for other nodes. */
    static Optional<Constant> of(Node node) {
        if (!node.is("Constant") || node.attributes().size() != 1 || node.outputs().size() != 1) {
            return Optional.empty();
        }
        AttributeProto attribute = node.attributes().iterator().next();
        String name = node.output();
        return switch (attribute.getName()) {
            case "value" -> node.tensor("value").map(value -> value.named(name));
            case "value_float" ->
                    Optional.of(Constant.of(name, new float[] {node.floating("value_float", 0)}));
            case "value_floats" -> {
                float[] values = node.floats("value_floats");
                yield Optional.of(Constant.of(name, values, values.length));
            }
            case "value_int" ->
                    Optional.of(Constant.of(name, new long[] {node.integer("value_int", 0)}));
            case "value_ints" -> {
                long[] values = node.integers("value_ints");
                yield Optional.of(Constant.of(name, values, values.length));
            }
            default -> Optional.empty();
        };
    }
}
