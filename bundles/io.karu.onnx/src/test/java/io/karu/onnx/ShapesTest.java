package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.VisionTransformer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShapesTest {
    static Stream<Sample> operators() {
        return IntStream.rangeClosed(Operators.FIRST_OPSET, Operators.LAST_OPSET)
                .boxed()
                .flatMap(opset -> Corpus.of(opset).stream());
    }

    static Stream<Sample> networks() {
        Constant image = Peer.random("image", DataType.FLOAT, new Random(1), 2, 3, 64, 64);
        return Stream.of(
                        ResNet.eighteen().width(8).graph(-1, -1),
                        ResNet.eight().graph(64, 64),
                        new MobileNetV2().multiplier(0.35).graph(-1, -1),
                        new VisionTransformer().graph(64))
                .map(graph -> new Sample(graph.name(), graph, Map.of("image", image)));
    }

    @ParameterizedTest
    @MethodSource({"operators", "networks"})
    void shapesAreThoseThatOnnxRuntimeGives(Sample sample) {
        Graph exposed = sample.graph().copy();
        exposed.expose(sample.graph().nodes().stream().flatMap(n -> n.outputs().stream()).toList());
        Map<String, Constant> actual = Peer.run(exposed, sample.inputs());
        Shapes given = Shapes.of(sample.graph(), sample.shapes());
        Shapes open = Shapes.of(sample.graph());
        Map<String, Long> symbols = new HashMap<>();
        actual.forEach(
                (value, constant) -> {
                    assertEquals(constant.type(), given.elementType(value), value);
                    assertFits(value, constant.shape(), given.shape(value), new HashMap<>());
                    if (!Set.of("NonZero", "NonMaxSuppression")
                            .contains(sample.graph().producer(value).orElseThrow().operator())) {
                        assertTrue(given.shape(value).isFixed(), value + given.shape(value));
                    }
                    assertEquals(constant.type(), open.elementType(value), value);
                    assertFits(value, constant.shape(), open.shape(value), symbols);
                });
    }

    private static void assertFits(
            String value, Shape actual, Shape inferred, Map<String, Long> symbols) {
        if (!inferred.isRanked()) {
            return;
        }
        assertEquals(actual.rank(), inferred.rank(), value + " " + actual + " " + inferred);
        for (int i = 0; i < actual.rank(); i++) {
            Dimension dimension = inferred.dimension(i);
            long want = actual.size(i);
            if (!dimension.isOpen()) {
                assertEquals(want, dimension.size(), value + " " + actual + " " + inferred);
            } else if (!dimension.symbol().isEmpty()) {
                Long before = symbols.putIfAbsent(dimension.symbol(), want);
                assertTrue(before == null || before == want, value + " " + inferred);
            }
        }
    }

    @Test
    void theCorpusHoldsEverySupportedOperator() {
        Set<String> missing = new TreeSet<>();
        Operators.all().forEach(operator -> missing.add(operator.name()));
        Corpus.of(Operators.LAST_OPSET)
                .forEach(
                        sample ->
                                sample.graph().nodes().forEach(n -> missing.remove(n.operator())));
        assertEquals(Set.of(), missing);
    }

    @Test
    void openDimensionsKeepTheirNamesThroughConvolutions() {
        Shapes shapes = Shapes.of(ResNet.eighteen().width(8).graph(-1, -1));
        assertEquals(
                "[N, 8, floor((H-1)/2)+1, floor((W-1)/2)+1]", shapes.shape("conv1").toString());
        assertEquals("[N, 1000]", shapes.shape("logits").toString());
        assertEquals(List.of(), open(ResNet.eight().graph(32, 32)));
    }

    private static List<String> open(Graph graph) {
        return Shapes.of(graph).all().stream()
                .filter(
                        type ->
                                type.shape().dimensions().stream()
                                        .anyMatch(Dimension.UNKNOWN::equals))
                .map(TensorType::name)
                .toList();
    }
}
