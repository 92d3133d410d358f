package io.karu.learning.djl;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.karu.onnx.Graph;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** ONNX Runtime, without its own rewriting. */
final class Peer {
    private Peer() {}

    /** All FLOAT outputs by name. */
    static Map<String, float[]> run(Graph graph, Map<String, Feed> feeds) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensorLike> tensors = new HashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
            try (OrtSession session =
                    environment.createSession(graph.toProto().toByteArray(), options)) {
                for (Map.Entry<String, Feed> feed : feeds.entrySet()) {
                    tensors.put(feed.getKey(), feed.getValue().tensor(environment));
                }
                try (OrtSession.Result result = session.run(tensors)) {
                    Map<String, float[]> values = new LinkedHashMap<>();
                    for (Map.Entry<String, ?> output : result) {
                        OnnxTensor tensor = (OnnxTensor) output.getValue();
                        values.put(output.getKey(), floats(tensor));
                    }
                    return values;
                }
            } finally {
                tensors.values().forEach(OnnxTensorLike::close);
            }
        }
    }

    private static float[] floats(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        float[] values = new float[(int) info.getNumElements()];
        switch (info.type) {
            case FLOAT -> {
                FloatBuffer buffer = tensor.getFloatBuffer();
                buffer.get(values);
            }
            case INT64 -> {
                var buffer = tensor.getLongBuffer();
                for (int i = 0; i < values.length; i++) {
                    values[i] = buffer.get(i);
                }
            }
            default -> {
                var buffer = tensor.getByteBuffer();
                for (int i = 0; i < values.length; i++) {
                    values[i] = buffer.get(i);
                }
            }
        }
        return values;
    }
}
