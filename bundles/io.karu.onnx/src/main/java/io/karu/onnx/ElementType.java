package io.karu.onnx;

import com.google.protobuf.ByteString;
import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** How the elements of each numeric type lie in memory. */
final class ElementType {
    private static final Map<DataType, Integer> BITS =
            Map.ofEntries(
                    Map.entry(DataType.FLOAT, 32),
                    Map.entry(DataType.DOUBLE, 64),
                    Map.entry(DataType.FLOAT16, 16),
                    Map.entry(DataType.BFLOAT16, 16),
                    Map.entry(DataType.BOOL, 8),
                    Map.entry(DataType.UINT8, 8),
                    Map.entry(DataType.INT8, 8),
                    Map.entry(DataType.UINT16, 16),
                    Map.entry(DataType.INT16, 16),
                    Map.entry(DataType.UINT32, 32),
                    Map.entry(DataType.INT32, 32),
                    Map.entry(DataType.UINT64, 64),
                    Map.entry(DataType.INT64, 64),
                    Map.entry(DataType.UINT4, 4),
                    Map.entry(DataType.INT4, 4));

    private ElementType() {}

    static boolean isSupported(DataType type) {
        return BITS.containsKey(type);
    }

    static boolean isFloating(DataType type) {
        return switch (type) {
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
            default -> false;
        };
    }

    static boolean isInteger(DataType type) {
        return isSupported(type) && !isFloating(type);
    }

    static boolean isUnsigned(DataType type) {
        return switch (type) {
            case UINT4, UINT8, UINT16, UINT32, UINT64, BOOL -> true;
            default -> false;
        };
    }

    static int bits(DataType type) {
        return BITS.getOrDefault(type, 0);
    }

    /** Bytes that the elements of a tensor take. */
    static long bytes(String tensor, DataType type, Shape shape) {
        if (!isSupported(type)) {
            throw OnnxException.tensor(
                    Code.UNSUPPORTED, tensor, "has the element type " + type + ": not supported");
        }
        try {
            long bits = Math.multiplyExact(shape.elements(), bits(type));
            return (Math.addExact(bits, 7)) / 8;
        } catch (ArithmeticException e) {
            throw OnnxException.tensor(
                    Code.TOO_LARGE, tensor, "has the shape " + shape + ": too many elements");
        }
    }

    /** The bytes of a tensor that lie in the typed fields of its message. */
    static ByteString raw(TensorProto proto, DataType type, Shape shape) {
        int count =
                switch (type) {
                    case FLOAT -> proto.getFloatDataCount();
                    case DOUBLE -> proto.getDoubleDataCount();
                    case INT64 -> proto.getInt64DataCount();
                    case UINT32, UINT64 -> proto.getUint64DataCount();
                    default -> proto.getInt32DataCount();
                };
        long bytes = bytes(proto.getName(), type, shape);
        long expected = bits(type) < 8 ? bytes : shape.elements();
        if (count != expected) {
            throw OnnxException.tensor(
                    Code.DATA,
                    proto.getName(),
                    "has " + count + " values, its shape " + shape + " wants " + expected);
        }
        ByteBuffer raw = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type) {
                case FLOAT -> raw.putFloat(proto.getFloatData(i));
                case DOUBLE -> raw.putDouble(proto.getDoubleData(i));
                case INT64 -> raw.putLong(proto.getInt64Data(i));
                case UINT64 -> raw.putLong(proto.getUint64Data(i));
                case UINT32 -> raw.putInt((int) proto.getUint64Data(i));
                case INT32 -> raw.putInt(proto.getInt32Data(i));
                case INT16, UINT16, FLOAT16, BFLOAT16 ->
                        raw.putShort((short) proto.getInt32Data(i));
                default -> raw.put((byte) proto.getInt32Data(i));
            }
        }
        return ByteString.copyFrom(raw.rewind());
    }

    /** An element of a floating type. */
    static double get(ByteString raw, DataType type, int index) {
        return switch (type) {
            case FLOAT -> Float.intBitsToFloat((int) little(raw, index, 4));
            case DOUBLE -> Double.longBitsToDouble(little(raw, index, 8));
            case FLOAT16 -> half((int) little(raw, index, 2));
            case BFLOAT16 -> Float.intBitsToFloat((int) little(raw, index, 2) << 16);
            default -> throw new IllegalArgumentException(type + " is not floating");
        };
    }

    /** An element of an integer type, or BOOL as 0 and 1. */
    static long getLong(ByteString raw, DataType type, int index) {
        return switch (type) {
            case BOOL -> raw.byteAt(index) == 0 ? 0 : 1;
            case UINT8 -> raw.byteAt(index) & 0xFF;
            case INT8 -> raw.byteAt(index);
            case UINT16 -> little(raw, index, 2);
            case INT16 -> (short) little(raw, index, 2);
            case UINT32 -> little(raw, index, 4);
            case INT32 -> (int) little(raw, index, 4);
            case UINT64, INT64 -> little(raw, index, 8);
            case UINT4 -> nibble(raw, index);
            case INT4 -> (nibble(raw, index) << 28) >> 28;
            default -> throw new IllegalArgumentException(type + " is not an integer");
        };
    }

    /** Values as elements of a type; integers are truncated and saturate. */
    static ByteBuffer encode(String tensor, DataType type, double[] values) {
        ByteBuffer raw =
                ByteBuffer.allocate(Math.toIntExact(bytes(tensor, type, Shape.of(values.length))))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            double value = values[i];
            switch (type) {
                case FLOAT -> raw.putFloat((float) value);
                case DOUBLE -> raw.putDouble(value);
                case FLOAT16 -> raw.putShort(half((float) value));
                case BFLOAT16 -> raw.putShort(brain((float) value));
                case BOOL -> raw.put((byte) (value != 0 ? 1 : 0));
                case UINT8 -> raw.put((byte) clamp(value, 0, 255));
                case INT8 -> raw.put((byte) clamp(value, -128, 127));
                case UINT16 -> raw.putShort((short) clamp(value, 0, 65535));
                case INT16 -> raw.putShort((short) clamp(value, -32768, 32767));
                case UINT32 -> raw.putInt((int) clamp(value, 0, 0xFFFFFFFFL));
                case INT32 -> raw.putInt((int) clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
                case INT64, UINT64 -> raw.putLong((long) value);
                case UINT4 -> putNibble(raw, i, clamp(value, 0, 15));
                case INT4 -> putNibble(raw, i, clamp(value, -8, 7));
                default -> throw new IllegalArgumentException(type + " is not supported");
            }
        }
        return raw.rewind();
    }

    /** Integers as elements of an integer type; what does not fit wraps around. */
    static ByteBuffer encode(String tensor, DataType type, long[] values) {
        ByteBuffer raw =
                ByteBuffer.allocate(Math.toIntExact(bytes(tensor, type, Shape.of(values.length))))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            long value = values[i];
            switch (bits(type)) {
                case 64 -> raw.putLong(value);
                case 32 -> raw.putInt((int) value);
                case 16 -> raw.putShort((short) value);
                case 8 -> raw.put((byte) (type == DataType.BOOL && value != 0 ? 1 : value));
                default -> putNibble(raw, i, value);
            }
        }
        return raw.rewind();
    }

    private static long clamp(double value, long least, long most) {
        return Math.max(least, Math.min(most, (long) value));
    }

    private static void putNibble(ByteBuffer raw, int index, long value) {
        int shift = (index & 1) * 4;
        raw.put(index / 2, (byte) (raw.get(index / 2) | (value & 0xF) << shift));
    }

    private static int nibble(ByteString raw, int index) {
        return raw.byteAt(index / 2) >> (index & 1) * 4 & 0xF;
    }

    private static long little(ByteString raw, int index, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | raw.byteAt(index * bytes + i) & 0xFF;
        }
        return value;
    }

    /** IEEE 754 binary16 to float. */
    static float half(int bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >> 10 & 0x1F;
        int fraction = bits & 0x3FF;
        if (exponent == 0x1F) {
            return Float.intBitsToFloat(sign | 0x7F800000 | fraction << 13);
        }
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        return Float.intBitsToFloat(sign | exponent + 112 << 23 | fraction << 13);
    }

    /** Float to IEEE 754 binary16, to the nearest, ties to even. */
    static short half(float value) {
        int bits = Float.floatToIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        float magnitude = Math.abs(value);
        if (Float.isNaN(value)) {
            return (short) (sign | 0x7E00);
        }
        if (magnitude >= 65520f) {
            return (short) (sign | 0x7C00);
        }
        if (magnitude < 0x1p-14f) {
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int rounded = (bits & 0x7FFFFFFF) + 0xFFF + (bits >> 13 & 1);
        return (short) (sign | (rounded >> 13) - (112 << 10));
    }

    private static short brain(float value) {
        int bits = Float.floatToIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
