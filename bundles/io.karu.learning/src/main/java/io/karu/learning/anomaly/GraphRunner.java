package io.karu.learning.anomaly;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.Tensor;
import io.karu.onnx.OnnxFile;
import io.karu.onnx.proto.ModelProto;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs a graph of one gray image in, one map out, on images of any size. */
final class GraphRunner implements AutoCloseable {
    static final String IMAGE = "image";
    static final String FEATURES = "features";

    private final InferenceSession session;
    private List<Long> bound = List.of();
    private Binding binding;

    GraphRunner(InferenceEngine engine, ModelProto model) throws IOException, InferenceException {
        Path file = Files.createTempFile("karu-features", ".onnx");
        try {
            OnnxFile.write(model, file);
            session = engine.open(file, SessionOptions.SHARED_GATEWAY);
        } finally {
            Files.delete(file);
        }
    }

    FeatureMap run(GrayImage image) throws InferenceException {
        List<Long> shape = List.of(1L, 1L, (long) image.height(), (long) image.width());
        if (!shape.equals(bound)) {
            release();
            binding = session.bind(Map.of(IMAGE, shape));
            bound = shape;
        }
        image.copyTo(binding.input(IMAGE).data());
        binding.run();
        Tensor tensor = binding.output(FEATURES);
        float[] values = new float[tensor.data().capacity() / Float.BYTES];
        tensor.data().duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer().get(values);
        return new FeatureMap(
                tensor.shape().get(1).intValue(),
                tensor.shape().get(2).intValue(),
                tensor.shape().get(3).intValue(),
                values);
    }

    private void release() {
        if (binding != null) {
            binding.close();
            binding = null;
        }
        bound = List.of();
    }

    @Override
    public void close() {
        release();
        session.close();
    }
}
