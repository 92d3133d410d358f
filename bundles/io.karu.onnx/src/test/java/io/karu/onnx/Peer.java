package io.karu.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assertions;

/** Runs graphs with ONNX Runtime, what this module is checked against. */
public final class Peer {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private Peer() {}

    /** Outputs of a graph for given inputs, each as a constant of its name. */
    public static Map<String, Constant> run(Graph graph, Map<String, Constant> inputs) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            options.setSessionLogLevel(ai.onnxruntime.OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            try (OrtSession session =
                    ENVIRONMENT.createSession(graph.toProto().toByteArray(), options)) {
                return run(session, inputs);
            }
        } catch (OrtException e) {
            throw new AssertionError(graph.name() + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, Constant> run(OrtSession session, Map<String, Constant> inputs)
            throws OrtException {
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        try {
            for (String name : session.getInputNames()) {
                tensors.put(name, tensor(inputs.get(name)));
            }
            Map<String, Constant> outputs = new LinkedHashMap<>();
            try (OrtSession.Result result = session.run(tensors)) {
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.put(
                            output.getKey(),
                            constant(output.getKey(), (OnnxTensor) output.getValue()));
                }
            }
            return outputs;
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor tensor(Constant constant) throws OrtException {
        ByteBuffer data =
                ByteBuffer.allocateDirect(constant.byteCount()).order(ByteOrder.nativeOrder());
        data.put(constant.raw()).rewind();
        long[] shape = constant.shape().sizes();
        return switch (constant.type()) {
            case FLOAT -> OnnxTensor.createTensor(ENVIRONMENT, data.asFloatBuffer(), shape);
            case DOUBLE -> OnnxTensor.createTensor(ENVIRONMENT, data.asDoubleBuffer(), shape);
            case INT64 -> OnnxTensor.createTensor(ENVIRONMENT, data.asLongBuffer(), shape);
            case INT32 -> OnnxTensor.createTensor(ENVIRONMENT, data.asIntBuffer(), shape);
            case UINT8 ->
                    OnnxTensor.createTensor(
                            ENVIRONMENT, data, shape, ai.onnxruntime.OnnxJavaType.UINT8);
            case INT8 ->
                    OnnxTensor.createTensor(
                            ENVIRONMENT, data, shape, ai.onnxruntime.OnnxJavaType.INT8);
            case BOOL ->
                    OnnxTensor.createTensor(
                            ENVIRONMENT, data, shape, ai.onnxruntime.OnnxJavaType.BOOL);
            default -> throw new IllegalArgumentException(constant.toString());
        };
    }

    private static Constant constant(String name, OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        DataType type =
                DataType.valueOf(
                        info.onnxType.name().replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", ""));
        ByteBuffer data = tensor.getByteBuffer();
        return Constant.of(
                name, type, data == null ? ByteBuffer.allocate(0) : data, info.getShape());
    }

    /** A tensor of seeded values: normal for floats, 0 to 255 for bytes. */
    public static Constant random(String name, DataType type, Random random, long... shape) {
        double[] values = new double[(int) Shape.elements(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    switch (type) {
                        case BOOL -> random.nextInt(2);
                        case UINT8 -> random.nextInt(256);
                        case INT8 -> random.nextInt(256) - 128;
                        case INT32, INT64 -> random.nextInt(19) - 9;
                        default -> random.nextGaussian();
                    };
        }
        return Constant.of(name, type, values, shape);
    }

    /** Fails unless both have the same type and shape and values within a relative tolerance. */
    public static void assertClose(Constant expected, Constant actual, double tolerance) {
        String name = expected.name();
        Assertions.assertEquals(expected.type(), actual.type(), name);
        Assertions.assertEquals(expected.shape(), actual.shape(), name);
        double[] want = expected.doubles();
        double[] have = actual.doubles();
        double largest = 1;
        for (double value : want) {
            largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
        }
        for (int i = 0; i < want.length; i++) {
            if (Double.compare(want[i], have[i]) != 0) {
                double difference = Math.abs(want[i] - have[i]);
                Assertions.assertTrue(
                        difference <= tolerance * largest,
                        name + "[" + i + "]: " + want[i] + " and " + have[i]);
            }
        }
    }
}
