package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.protobuf.ByteString;
import io.karu.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Conversion between ONNX tensors and NDArrays. */
final class Tensors {
    private Tensors() {}

    static NDArray read(NDManager manager, TensorProto tensor) {
        DataType type = type(tensor.getDataType(), tensor.getName());
        Shape shape = shape(tensor);
        ByteBuffer raw = raw(tensor, type, Math.toIntExact(shape.size()));
        NDArray array = manager.create(raw, shape, type);
        array.setName(tensor.getName());
        return array;
    }

    static long[] longs(TensorProto tensor) {
        DataType type = type(tensor.getDataType(), tensor.getName());
        int count = Math.toIntExact(shape(tensor).size());
        ByteBuffer raw = raw(tensor, type, count);
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = type == DataType.INT64 ? raw.getLong(8 * i) : raw.getInt(4 * i);
        }
        return values;
    }

    /** The same tensor with other values: what was typed data becomes raw data. */
    static TensorProto withValues(TensorProto tensor, float[] values) {
        ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor.toBuilder().clearFloatData().setRawData(ByteString.copyFrom(raw)).build();
    }

    static Shape shape(TensorProto tensor) {
        return new Shape(tensor.getDimsList().stream().mapToLong(Long::longValue).toArray());
    }

    /** The NDArray type of an ONNX element type. */
    static DataType type(int onnx, String name) {
        TensorProto.DataType type = TensorProto.DataType.forNumber(onnx);
        return switch (type == null ? TensorProto.DataType.UNDEFINED : type) {
            case FLOAT -> DataType.FLOAT32;
            case DOUBLE -> DataType.FLOAT64;
            case UINT8 -> DataType.UINT8;
            case INT8 -> DataType.INT8;
            case INT32 -> DataType.INT32;
            case INT64 -> DataType.INT64;
            case BOOL -> DataType.BOOLEAN;
            default ->
                    throw new UnsupportedOperatorException(
                            "tensor " + name + " has element type " + type + "; training reads"
                                    + " FLOAT, DOUBLE, UINT8, INT8, INT32, INT64 and BOOL");
        };
    }

    private static ByteBuffer raw(TensorProto tensor, DataType type, int count) {
        if (tensor.hasRawData()) {
            ByteBuffer raw = direct(tensor.getRawData().size());
            tensor.getRawData().copyTo(raw);
            return raw.rewind().order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer raw = direct(count * type.getNumOfBytes());
        switch (type) {
            case FLOAT32 -> each(count, tensor.getFloatDataList(), raw::putFloat);
            case FLOAT64 -> each(count, tensor.getDoubleDataList(), raw::putDouble);
            case INT64 -> each(count, tensor.getInt64DataList(), raw::putLong);
            case INT32 -> each(count, tensor.getInt32DataList(), raw::putInt);
            default -> each(count, tensor.getInt32DataList(), value -> raw.put(value.byteValue()));
        }
        return raw.rewind();
    }

    private static <T> void each(int count, List<T> values, java.util.function.Consumer<T> sink) {
        if (values.size() != count) {
            throw new IllegalArgumentException(
                    "tensor holds " + values.size() + " values, its shape wants " + count);
        }
        values.forEach(sink);
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
