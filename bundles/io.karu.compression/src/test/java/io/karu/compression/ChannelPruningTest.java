package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ChannelPruningTest {
    private final OnnxEngine engine = Nets.engine();
    private final Samples samples = Nets.images(6, 3, 32, 1);

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void halfOfTheWorkOfAResidualNetIsRemovedForReal() throws Exception {
        halves(Nets.folded(ResNet.eighteen().width(16).classes(10).smallImages().graph(32, 32)));
    }

    @Test
    void depthwiseConvolutionsShrinkWithWhatTheyJoin() throws Exception {
        halves(
                Nets.folded(
                        new MobileNetV2().multiplier(0.5).classes(5).smallImages().graph(32, 32)));
    }

    @Test
    void channelsThatGiveNothingAreTheFirstToGo() throws Exception {
        Graph net = Nets.folded(ResNet.eight().graph(32, 32));
        String conv = "layer1.0.conv1";
        Constant weights = net.constant(net.node(conv).orElseThrow().input(1)).orElseThrow();
        float[] values = weights.floats();
        java.util.Arrays.fill(values, 0, values.length / 2, 0);
        net.set(Constant.of(weights.name(), values, weights.shape().sizes()));
        Constant bias = net.constant(net.node(conv).orElseThrow().input(2)).orElseThrow();
        net.set(Constant.of(bias.name(), new float[bias.elements()], bias.elements()));
        Graph pruned = new ChannelPruning(engine, net, samples).remove(0.01);
        assertTrue(
                pruned.constant(weights.name()).orElseThrow().shape().size(0)
                        <= weights.shape().size(0) / 2);
        assertTrue(Nets.decibel(engine, net, pruned, samples) > 15);
    }

    @Test
    void whatCannotBeRemovedIsSaid() throws Exception {
        Graph net = Nets.folded(ResNet.eight().graph(32, 32));
        ChannelPruning pruning = new ChannelPruning(engine, net, samples);
        String message =
                assertThrows(IllegalArgumentException.class, () -> pruning.remove(0.9999))
                        .getMessage();
        assertTrue(message.startsWith("at most "), message);
        assertThrows(IllegalArgumentException.class, () -> pruning.remove(1.5));
    }

    @Test
    void theStrongestChannelsStayInTheirOrder() {
        assertArrayEquals(new int[] {1, 3}, ChannelPruning.strongest(new double[] {1, 5, 0, 4}, 2));
    }

    private void halves(Graph net) throws Exception {
        long before = ModelSize.of(net, samples.shapes()).macs();
        Graph pruned = new ChannelPruning(engine, net, samples).remove(0.5);
        Variant.Size after = ModelSize.of(pruned, samples.shapes());
        assertTrue(after.macs() <= before / 2, after.macs() + " of " + before);
        assertTrue(after.macs() > before / 3, after.macs() + " of " + before);
        assertTrue(pruned.toProto().getSerializedSize() < net.toProto().getSerializedSize() * 0.8);
        try (OpenGraph open = new OpenGraph(engine, pruned, samples.shapes())) {
            open.run(samples, 0);
            assertEquals(
                    net.outputs().get(0).shape().size(1),
                    open.floats(net.outputs().get(0).name()).length);
        }
    }
}
