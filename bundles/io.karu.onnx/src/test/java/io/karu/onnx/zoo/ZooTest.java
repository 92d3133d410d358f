package io.karu.onnx.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Peer;
import io.karu.onnx.Shape;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZooTest {
    private static void runsWithLogitsInRange(Graph graph, int size, int classes) {
        Constant image = Peer.random("image", DataType.FLOAT, new Random(1), 2, 3, size, size);
        Constant logits = Peer.run(graph, Map.of("image", image)).get("logits");
        assertEquals(Shape.of(2, classes), logits.shape());
        for (double logit : logits.doubles()) {
            assertTrue(Math.abs(logit) < 100, "logit " + logit);
        }
        assertTrue(logits.doubles()[0] != logits.doubles()[1]);
    }

    private static long parameters(Graph graph) {
        return graph.constants().stream()
                .filter(c -> c.type() == DataType.FLOAT && !c.name().contains("running_"))
                .mapToLong(Constant::elements)
                .sum();
    }

    @Test
    void residualNetworksRun() {
        runsWithLogitsInRange(ResNet.eighteen().width(8).classes(5).graph(64, 64), 64, 5);
        runsWithLogitsInRange(ResNet.eight().graph(-1, -1), 32, 10);
    }

    @Test
    void mobileNetworksRun() {
        runsWithLogitsInRange(
                new MobileNetV2().multiplier(0.35).classes(5).smallImages().graph(64, 64), 64, 5);
    }

    @Test
    void transformersRun() {
        runsWithLogitsInRange(new VisionTransformer().graph(32), 32, 10);
    }

    @Test
    void fullNetworksHaveThePapersNumberOfParameters() {
        assertEquals(11_689_512, parameters(ResNet.eighteen().graph(224, 224)));
        // Two scalars per Clip are constants too.
        assertEquals(3_504_872 + 2 * 35, parameters(new MobileNetV2().graph(224, 224)));
    }

    @Test
    void theSameSeedGivesTheSameBytes() {
        assertArrayEquals(
                ResNet.eight().graph(32, 32).toProto().toByteArray(),
                ResNet.eight().graph(32, 32).toProto().toByteArray());
    }
}
