package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.VisionTransformer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FoldingTest {
    private static final double TOLERANCE = 1e-5;

    static Stream<Sample> samples() {
        return Stream.of(operators(), ShapesTest.networks(), RandomGraphs.stream())
                .flatMap(stream -> stream);
    }

    /** Folding follows the operator set only through axes that became inputs with 18. */
    static Stream<Sample> operators() {
        return Stream.of(Operators.FIRST_OPSET, 18, Operators.LAST_OPSET)
                .flatMap(opset -> Corpus.of(opset).stream());
    }

    @ParameterizedTest
    @MethodSource("samples")
    void foldedGraphsGiveWhatTheyGaveBefore(Sample sample) {
        Graph folded = sample.graph().copy();
        Folding.fold(folded);
        assertAgree(sample.graph(), folded, sample.inputs());
    }

    /** The same samples with their inputs as constants: everything folds that can. */
    @ParameterizedTest
    @MethodSource("operators")
    void whatIsComputedWithoutRunningIsWhatOnnxRuntimeComputes(Sample sample) {
        Graph constant = sample.graph().copy();
        constant.setInputs(List.of());
        sample.inputs().values().forEach(constant::set);
        Graph folded = constant.copy();
        Folding.constants(folded);
        assertAgree(constant, folded, Map.of());
    }

    @Test
    void operatorsWithKernelsFold() {
        long unfolded =
                Corpus.of(Operators.FIRST_OPSET).stream()
                        .filter(sample -> foldable(sample) && !folds(sample))
                        .count();
        assertTrue(unfolded <= 6, unfolded + " samples with a kernel do not fold");
    }

    private static boolean foldable(Sample sample) {
        return Operators.find(sample.graph().nodes().get(0)).orElseThrow().kernel() != null;
    }

    private static boolean folds(Sample sample) {
        Graph graph = sample.graph().copy();
        graph.setInputs(List.of());
        sample.inputs().values().forEach(graph::set);
        Folding.constants(graph);
        return graph.nodes().isEmpty();
    }

    private static void assertAgree(Graph graph, Graph folded, Map<String, Constant> inputs) {
        Map<String, Constant> expected = Peer.run(graph, inputs);
        Map<String, Constant> actual = Peer.run(folded, inputs);
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, value) -> Peer.assertClose(value, actual.get(name), TOLERANCE));
    }

    @Test
    void batchNormalizationVanishesFromNetworks() {
        for (Graph graph :
                List.of(
                        ResNet.eighteen().width(8).graph(-1, -1),
                        new MobileNetV2().multiplier(0.35).graph(64, 64))) {
            Folding.fold(graph);
            assertFalse(graph.nodes().stream().anyMatch(n -> n.is("BatchNormalization")));
            assertTrue(graph.constants().stream().noneMatch(c -> c.name().contains("running_")));
        }
    }

    @Test
    void shapeArithmeticOfFixedSizesVanishes() {
        Graph graph = new VisionTransformer().graph(32);
        Graph fixed = graph.copy();
        fixed.setInputs(List.of(new TensorType("image", DataType.FLOAT, Shape.of(1, 3, 32, 32))));
        Folding.fold(fixed);
        assertTrue(
                fixed.nodes().stream().noneMatch(n -> n.is("Shape", "Concat") && isShape(n)),
                fixed.nodes().toString());
        Constant image = Peer.random("image", DataType.FLOAT, new Random(3), 1, 3, 32, 32);
        assertAgree(graph, fixed, Map.of("image", image));
    }

    private static boolean isShape(Node node) {
        return node.is("Shape") || node.inputs().size() == 2 && node.input(0).startsWith("gather");
    }

    @Test
    void normalisationBehindTransposedAndLinearLayersFolds() {
        GraphBuilder builder = new GraphBuilder("layers");
        Random random = new Random(5);
        Value image = builder.input("image", DataType.FLOAT, 1, 4, 5, 5);
        Value up =
                builder.named(
                        "up",
                        "ConvTranspose",
                        List.of(image, weight(builder, random, "w", 4, 3, 3, 3)),
                        Attribute.integer("group", 2),
                        Attribute.integers("strides", 2, 2));
        Value flat = builder.node("GlobalAveragePool", norm(builder, random, "n1", up, 6));
        Value rows = builder.named("rows", "Flatten", List.of(flat));
        Value linear =
                builder.named(
                        "linear",
                        "Gemm",
                        List.of(
                                rows,
                                weight(builder, random, "w2", 6, 5),
                                weight(builder, random, "b2", 5)),
                        Attribute.floating("alpha", 0.5f),
                        Attribute.floating("beta", 2));
        builder.output("out", norm(builder, random, "n2", linear, 5), DataType.FLOAT, 1, 5);
        Graph graph = builder.graph();
        Graph folded = graph.copy();
        assertEquals(2, Folding.batchNormalization(folded));
        assertAgree(
                graph,
                folded,
                Map.of("image", Peer.random("image", DataType.FLOAT, random, 1, 4, 5, 5)));
    }

    @Test
    void aSharedWeightIsFoldedIntoACopy() {
        GraphBuilder builder = new GraphBuilder("shared");
        Random random = new Random(6);
        Value image = builder.input("image", DataType.FLOAT, 1, 2, 4, 4);
        Value weight = weight(builder, random, "w", 2, 2, 1, 1);
        Value first = builder.named("first", "Conv", List.of(image, weight));
        Value second = builder.named("second", "Conv", List.of(image, weight));
        Value sum = builder.node("Add", norm(builder, random, "n", first, 2), second);
        builder.output("out", sum, DataType.FLOAT, 1, 2, 4, 4);
        Graph graph = builder.graph();
        Graph folded = graph.copy();
        Folding.fold(folded);
        assertEquals("w", folded.node("second").orElseThrow().input(1));
        assertEquals("first.weight", folded.node("first").orElseThrow().input(1));
        assertAgree(
                graph,
                folded,
                Map.of("image", Peer.random("image", DataType.FLOAT, random, 1, 2, 4, 4)));
    }

    @Test
    void quantizedWeightsStayQuantized() {
        GraphBuilder builder = new GraphBuilder("quantized");
        Value image = builder.input("image", DataType.FLOAT, 1, 2);
        Value weight =
                builder.constant(Constant.of("w", DataType.INT8, new byte[] {1, -2, 3, 4}, 2, 2));
        Value scale = builder.scalar(0.5f);
        Value real = builder.named("w/dequantized", "DequantizeLinear", List.of(weight, scale));
        builder.output("out", builder.node("MatMul", image, real), DataType.FLOAT, 1, 2);
        Graph graph = builder.graph();
        Folding.fold(graph);
        assertTrue(graph.node("w/dequantized").isPresent());
    }

    @Test
    void constantsThatWouldGrowTheModelAreLeftToTheRun() {
        GraphBuilder builder = new GraphBuilder("huge");
        Value in = builder.input("in", DataType.FLOAT, 1);
        Value huge = builder.node("Expand", builder.scalar(1), builder.vector(1 << 20, 1 << 10));
        builder.output("out", builder.node("Add", in, huge), DataType.FLOAT, 1 << 20, 1 << 10);
        Graph graph = builder.graph();
        Folding.fold(graph);
        assertTrue(graph.nodes().stream().anyMatch(node -> node.is("Expand")));
    }

    private static Value weight(GraphBuilder builder, Random random, String name, long... shape) {
        return builder.constant(Peer.random(name, DataType.FLOAT, random, shape));
    }

    private static Value norm(
            GraphBuilder builder, Random random, String name, Value in, int channels) {
        float[] variance = new float[channels];
        for (int i = 0; i < channels; i++) {
            variance[i] = 0.1f + random.nextFloat();
        }
        return builder.named(
                name,
                "BatchNormalization",
                List.of(
                        in,
                        weight(builder, random, name + ".weight", channels),
                        weight(builder, random, name + ".bias", channels),
                        weight(builder, random, name + ".mean", channels),
                        builder.constant(name + ".var", variance, channels)));
    }
}
