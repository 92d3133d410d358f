package io.karu.training.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.Crops;
import io.karu.onnx.Graph;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SymmetriesTest {
    private static final int SIDE = 16;
    private static final int CLASSES = 3;

    @TempDir Path temp;

    @Test
    void theMeanOverEightViewsDoesNotChangeWhenTheImageIsTurned() throws Exception {
        Graph plain =
                new ClassificationNet(1, SIDE, 1, 4, CLASSES, Crops.Templates.LEFT_OUT).graph(3);
        Graph averaged = Symmetries.averaged(plain);
        byte[] image = new byte[SIDE * SIDE];
        new SplittableRandom(1).nextBytes(image);
        byte[] turned = new byte[image.length];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                turned[y * SIDE + x] = image[x * SIDE + SIDE - 1 - y];
            }
        }
        float[] before = run(averaged, image);
        assertArrayEquals(before, run(averaged, turned), 1e-5f);
        assertEquals(1, before[0] + before[1] + before[2], 1e-5);
        float[] alone = run(plain, image);
        float[] aloneTurned = run(plain, turned);
        assertTrue(Math.abs(alone[0] - aloneTurned[0]) > 1e-5, "a net that sees no turn");
    }

    private float[] run(Graph graph, byte[] image) throws Exception {
        Path file = temp.resolve("graph.onnx");
        graph.write(file);
        List<Long> shape = List.of(1L, 1L, (long) SIDE, (long) SIDE);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY);
                Binding binding = session.bind(Map.of(ClassificationNet.IMAGE, shape))) {
            binding.input(ClassificationNet.IMAGE).data().duplicate().put(image);
            binding.run();
            float[] probabilities = new float[CLASSES];
            binding.output(ClassificationNet.PROBABILITY)
                    .data()
                    .duplicate()
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer()
                    .get(probabilities);
            return probabilities;
        }
    }
}
