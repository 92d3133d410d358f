package io.karu.onnx;

import com.google.protobuf.ByteString;
import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * A tensor whose values are part of the model: an initializer or the output of a Constant node.
 * Immutable; the elements lie in row-major order, little-endian.
 */
public final class Constant {
    private final String name;
    private final DataType type;
    private final Shape shape;
    private final ByteString raw;

    private Constant(String name, DataType type, Shape shape, ByteString raw) {
        this.name = Objects.requireNonNull(name, "name");
        this.type = type;
        this.shape = shape;
        this.raw = raw;
        long bytes = ElementType.bytes(name, type, shape);
        if (raw.size() != bytes) {
            throw OnnxException.tensor(
                    Code.DATA,
                    name,
                    "has "
                            + raw.size()
                            + " bytes of data, its type "
                            + type
                            + " and shape "
                            + shape
                            + " want "
                            + bytes);
        }
    }

    /** A FLOAT constant; no shape is a scalar. */
    public static Constant of(String name, float[] values, long... shape) {
        ByteBuffer raw = buffer(values.length, Float.BYTES);
        raw.asFloatBuffer().put(values);
        return of(name, DataType.FLOAT, raw, shape);
    }

    /** An INT64 constant; no shape is a scalar. */
    public static Constant of(String name, long[] values, long... shape) {
        ByteBuffer raw = buffer(values.length, Long.BYTES);
        raw.asLongBuffer().put(values);
        return of(name, DataType.INT64, raw, shape);
    }

    /** An INT32 constant; no shape is a scalar. */
    public static Constant of(String name, int[] values, long... shape) {
        ByteBuffer raw = buffer(values.length, Integer.BYTES);
        raw.asIntBuffer().put(values);
        return of(name, DataType.INT32, raw, shape);
    }

    /** A constant of bytes, for INT8, UINT8 and BOOL; no shape is a scalar. */
    public static Constant of(String name, DataType type, byte[] values, long... shape) {
        return of(name, type, ByteBuffer.wrap(values), shape);
    }

    /**
     * A constant of any type from little-endian elements in row-major order.
     *
     * @throws OnnxException when the number of bytes does not fit type and shape
     */
    public static Constant of(String name, DataType type, ByteBuffer raw, long... shape) {
        return new Constant(name, type, Shape.of(shape), ByteString.copyFrom(raw.duplicate()));
    }

    /**
     * A constant of any numeric type from values that are converted to it; used for small tensors.
     * Integers are truncated and saturate.
     */
    public static Constant of(String name, DataType type, double[] values, long... shape) {
        return of(name, type, ElementType.encode(name, type, values), shape);
    }

    /** A constant of an integer type; values that do not fit wrap around. */
    static Constant of(String name, DataType type, long[] values, long... shape) {
        return of(name, type, ElementType.encode(name, type, values), shape);
    }

    static Constant of(TensorProto proto) {
        DataType type = DataType.forNumber(proto.getDataType());
        String name = proto.getName();
        if (type == null) {
            throw OnnxException.tensor(
                    Code.UNSUPPORTED, name, "has the unknown element type " + proto.getDataType());
        }
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            throw OnnxException.tensor(
                    Code.EXTERNAL_DATA,
                    name,
                    "has its data in another file; read the model from its folder");
        }
        long[] sizes = proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
        for (long size : sizes) {
            if (size < 0) {
                throw OnnxException.tensor(
                        Code.DATA, name, "has the negative dimension " + size + " in its shape");
            }
        }
        Shape shape = Shape.of(sizes);
        ByteString raw =
                proto.hasRawData() ? proto.getRawData() : ElementType.raw(proto, type, shape);
        return new Constant(name, type, shape, raw);
    }

    /** Its name in the graph. */
    public String name() {
        return name;
    }

    /** Type of its elements. */
    public DataType type() {
        return type;
    }

    /** Its shape, always fixed. */
    public Shape shape() {
        return shape;
    }

    /** Number of elements. */
    public int elements() {
        return Math.toIntExact(shape.elements());
    }

    /** Number of bytes of its data. */
    public int byteCount() {
        return raw.size();
    }

    /** The elements as little-endian bytes, read-only. */
    public ByteBuffer raw() {
        return raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A copy of {@link #raw()} as an array: the values of INT8, UINT8 and BOOL. */
    public byte[] bytes() {
        return raw.toByteArray();
    }

    /** A copy of the values of a FLOAT, FLOAT16, BFLOAT16 or DOUBLE constant, as floats. */
    public float[] floats() {
        float[] values = new float[elements()];
        if (type == DataType.FLOAT) {
            raw().asFloatBuffer().get(values);
            return values;
        }
        if (!ElementType.isFloating(type)) {
            throw new IllegalStateException("constant " + name + " is " + type + ", not floating");
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ElementType.get(raw, type, i);
        }
        return values;
    }

    /** A copy of the values of a constant of integers (or BOOL, as 0 and 1). */
    public long[] longs() {
        if (!ElementType.isInteger(type)) {
            throw new IllegalStateException("constant " + name + " is " + type + ", not integer");
        }
        long[] values = new long[elements()];
        if (type == DataType.INT64) {
            raw().asLongBuffer().get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = ElementType.getLong(raw, type, i);
        }
        return values;
    }

    /** A copy of the values of any numeric constant as doubles. */
    public double[] doubles() {
        double[] values = new double[elements()];
        if (type == DataType.FLOAT) {
            FloatBuffer floats = raw().asFloatBuffer();
            for (int i = 0; i < values.length; i++) {
                values[i] = floats.get(i);
            }
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    ElementType.isFloating(type)
                            ? ElementType.get(raw, type, i)
                            : ElementType.getLong(raw, type, i);
        }
        return values;
    }

    /** The same values under another name. */
    public Constant named(String other) {
        return new Constant(other, type, shape, raw);
    }

    /** The same values in another shape of as many elements. */
    public Constant shaped(long... sizes) {
        return new Constant(name, type, Shape.of(sizes), raw);
    }

    /** What is known of it as a value. */
    public TensorType tensorType() {
        return new TensorType(name, type, shape);
    }

    TensorProto toProto() {
        TensorProto.Builder proto =
                TensorProto.newBuilder()
                        .setName(name)
                        .setDataType(type.getNumber())
                        .setRawData(raw);
        for (long size : shape.sizes()) {
            proto.addDims(size);
        }
        return proto.build();
    }

    private static ByteBuffer buffer(int elements, int bytes) {
        return ByteBuffer.allocate(Math.multiplyExact(elements, bytes))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Constant constant
                && name.equals(constant.name)
                && type == constant.type
                && shape.equals(constant.shape)
                && raw.equals(constant.raw);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, type, shape);
    }

    @Override
    public String toString() {
        return name + " " + type + " " + shape;
    }
}
