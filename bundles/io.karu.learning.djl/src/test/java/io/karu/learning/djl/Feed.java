package io.karu.learning.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** The same input for both engines. */
record Feed(DataType type, byte[] raw, long... shape) {

    static Feed floats(long seed, double low, double high, long... shape) {
        Random random = new Random(seed);
        int count = (int) new Shape(shape).size();
        ByteBuffer raw = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            raw.putFloat((float) (low + (high - low) * random.nextDouble()));
        }
        return new Feed(DataType.FLOAT32, raw.array(), shape);
    }

    static Feed bytes(long seed, long... shape) {
        byte[] raw = new byte[(int) new Shape(shape).size()];
        new Random(seed).nextBytes(raw);
        return new Feed(DataType.UINT8, raw, shape);
    }

    NDArray array(NDManager manager) {
        return manager.create(direct(), new Shape(shape), type);
    }

    OnnxTensor tensor(OrtEnvironment environment) throws OrtException {
        return type == DataType.UINT8
                ? OnnxTensor.createTensor(environment, direct(), shape, OnnxJavaType.UINT8)
                : OnnxTensor.createTensor(environment, direct().asFloatBuffer(), shape);
    }

    private ByteBuffer direct() {
        return ByteBuffer.allocateDirect(raw.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(raw)
                .rewind();
    }
}
