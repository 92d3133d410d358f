package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.VisionTransformer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CostTest {
    private static final Map<String, Shape> IMAGE = Map.of("image", Shape.of(1, 3, 224, 224));

    @Test
    void knownNetworksCostWhatTheirPapersSay() {
        Cost resnet = Cost.of(ResNet.eighteen().graph(-1, -1), IMAGE);
        assertEquals(11_689_512, resnet.parameters());
        assertEquals(1_814_073_344, resnet.macs());
        Cost mobile = Cost.of(new MobileNetV2().graph(-1, -1), IMAGE);
        assertEquals(3_504_872, mobile.parameters());
        assertEquals(300_774_272, mobile.macs());
    }

    @Test
    void foldingTakesWorkAwayButNoProducts() {
        Graph graph = ResNet.eighteen().width(16).graph(-1, -1);
        Cost before = Cost.of(graph, IMAGE);
        Folding.fold(graph);
        Cost after = Cost.of(graph, IMAGE);
        assertEquals(before.macs(), after.macs());
        assertTrue(after.bytesMoved() < before.bytesMoved());
        assertTrue(after.peakActivationBytes() <= before.peakActivationBytes());
    }

    @Test
    void aChainHoldsTwoActivationsAtOnceAndAShortcutThree() {
        GraphBuilder builder = new GraphBuilder("chain");
        Value image = builder.input("image", DataType.FLOAT, 1, 1, 10, 10);
        Value first = builder.named("first", "Relu", List.of(image));
        Value second = builder.named("second", "Sigmoid", List.of(first));
        Value third = builder.named("third", "Tanh", List.of(second));
        Value view = builder.named("view", "Reshape", List.of(third, builder.vector(1, 100)));
        builder.output("out", builder.node("Neg", view), DataType.FLOAT, 1, 100);
        Cost chain = Cost.of(builder.graph(), Map.of());
        assertEquals(800, chain.peakActivationBytes());
        assertEquals(800, chain.nodes().get(0).bytesMoved());
        assertEquals(
                0,
                chain.nodes().stream()
                        .filter(node -> node.operator().equals("Reshape"))
                        .findFirst()
                        .orElseThrow()
                        .bytesMoved());

        GraphBuilder residual = new GraphBuilder("residual");
        Value in = residual.input("in", DataType.FLOAT, 100);
        Value a = residual.node("Relu", in);
        Value b = residual.node("Tanh", residual.node("Sigmoid", a));
        residual.output("out", residual.node("Add", a, b), DataType.FLOAT, 100);
        assertEquals(1200, Cost.of(residual.graph(), Map.of()).peakActivationBytes());
    }

    @Test
    void quantizedWeightsCountAsTheyAreStored() {
        GraphBuilder builder = new GraphBuilder("quantized");
        Value image = builder.input("image", DataType.FLOAT, 1, 10);
        Value weight = builder.constant(Constant.of("w", DataType.INT8, new byte[100], 10, 10));
        Value real = builder.node("DequantizeLinear", weight, builder.scalar(1));
        builder.output(
                "out", builder.named("mul", "MatMul", List.of(image, real)), DataType.FLOAT, 1, 10);
        Cost cost = Cost.of(builder.graph(), Map.of());
        assertEquals(100, cost.parameters());
        assertEquals(100, cost.macs());
        assertEquals(
                100 + 80,
                cost.nodes().stream()
                        .filter(node -> node.node().equals("mul"))
                        .findFirst()
                        .orElseThrow()
                        .bytesMoved());
    }

    @Test
    void openShapesAreAskedFor() {
        OnnxException refused =
                assertThrows(
                        OnnxException.class, () -> Cost.of(ResNet.eight().graph(-1, -1), Map.of()));
        assertEquals(Code.SHAPE, refused.code());
        assertTrue(
                Cost.of(new VisionTransformer().graph(32), Map.of("image", Shape.of(1, 3, 32, 32)))
                                .macs()
                        > 0);
    }
}
