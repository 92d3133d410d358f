package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.karu.onnx.Constant;
import io.karu.onnx.OnnxException;
import io.karu.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Conversion between ONNX tensors and NDArrays. */
final class Tensors {
    private Tensors() {}

    static NDArray read(NDManager manager, Constant constant) {
        ByteBuffer raw = direct(constant.byteCount());
        raw.put(constant.raw()).rewind();
        return own(
                manager.create(
                        raw,
                        new Shape(constant.shape().sizes()),
                        type(constant.type(), constant.name())));
    }

    /**
     * A copy in memory of PyTorch's own. An array made from Java values borrows them, and they
     * would be gone when the array is closed although the gradient still needs them.
     */
    static NDArray own(NDArray borrowed) {
        try (borrowed) {
            return borrowed.duplicate();
        }
    }

    static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The NDArray type of an ONNX element type. */
    static DataType type(TensorProto.DataType type, String tensor) {
        return switch (type == null ? TensorProto.DataType.UNDEFINED : type) {
            case FLOAT -> DataType.FLOAT32;
            case DOUBLE -> DataType.FLOAT64;
            case UINT8 -> DataType.UINT8;
            case INT8 -> DataType.INT8;
            case INT32 -> DataType.INT32;
            case INT64 -> DataType.INT64;
            case BOOL -> DataType.BOOLEAN;
            default ->
                    throw OnnxException.tensor(
                            OnnxException.Code.UNSUPPORTED,
                            tensor,
                            "has the element type "
                                    + type
                                    + "; training reads FLOAT, DOUBLE, UINT8, INT8, INT32, INT64"
                                    + " and BOOL");
        };
    }
}
