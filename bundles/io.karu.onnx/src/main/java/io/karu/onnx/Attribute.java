package io.karu.onnx;

import com.google.protobuf.ByteString;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.AttributeProto.AttributeType;

/** Factories of node attributes, named as ONNX names their types. */
public final class Attribute {
    private Attribute() {}

    /** INT. */
    public static AttributeProto integer(String name, long value) {
        return named(name, AttributeType.INT).setI(value).build();
    }

    /** INTS. */
    public static AttributeProto integers(String name, long... values) {
        AttributeProto.Builder builder = named(name, AttributeType.INTS);
        for (long value : values) {
            builder.addInts(value);
        }
        return builder.build();
    }

    /** FLOAT. */
    public static AttributeProto floating(String name, float value) {
        return named(name, AttributeType.FLOAT).setF(value).build();
    }

    /** FLOATS. */
    public static AttributeProto floats(String name, float... values) {
        AttributeProto.Builder builder = named(name, AttributeType.FLOATS);
        for (float value : values) {
            builder.addFloats(value);
        }
        return builder.build();
    }

    /** TENSOR. */
    public static AttributeProto tensor(String name, Constant value) {
        return named(name, AttributeType.TENSOR).setT(value.toProto()).build();
    }

    /** STRING, in UTF-8. */
    public static AttributeProto text(String name, String value) {
        return named(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value)).build();
    }

    private static AttributeProto.Builder named(String name, AttributeType type) {
        return AttributeProto.newBuilder().setName(name).setType(type);
    }
}
