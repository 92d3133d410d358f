package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import io.karu.onnx.zoo.VisionTransformer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShapesTest {
    private static final Set<String> DATA_DEPENDENT =
            Set.of("NonZero", "NonMaxSuppression", "golden-template-1", "golden-template-2");

    static Stream<Sample> operators() {
        return Stream.of(17, 18, 19, 20, 21, 23, Operators.LAST_OPSET)
                .flatMap(opset -> Corpus.of(opset).stream());
    }

    static Stream<Sample> networks() {
        Constant image = Peer.random("image", DataType.FLOAT, new Random(1), 2, 3, 64, 64);
        Stream<Sample> built =
                Stream.of(
                                ResNet.eighteen().width(8).graph(-1, -1),
                                ResNet.eight().graph(64, 64),
                                new MobileNetV2().multiplier(0.35).graph(-1, -1),
                                new VisionTransformer().graph(64))
                        .map(graph -> new Sample(graph.name(), graph, Map.of("image", image)));
        return Stream.concat(built, given());
    }

    /** Models of Karu's own: much shape arithmetic, and slices that depend on pixels. */
    private static Stream<Sample> given() {
        Random random = new Random(2);
        Map<String, Constant> pair =
                Map.of(
                        "image", Peer.random("image", DataType.UINT8, random, 1, 1, 90, 131),
                        "template", Peer.random("template", DataType.UINT8, random, 1, 1, 90, 131));
        return Stream.of("golden-template-1", "golden-template-2")
                .map(
                        name -> {
                            try (InputStream in =
                                    ShapesTest.class.getResourceAsStream(
                                            "given/" + name + ".onnx")) {
                                return new Sample(name, Graph.of(ModelProto.parseFrom(in)), pair);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        });
    }

    @ParameterizedTest
    @MethodSource({"operators", "networks", "io.karu.onnx.RandomGraphs#stream"})
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
                    if (!DATA_DEPENDENT.contains(sample.name().split(" ")[0])) {
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
        Sample cellByCell = given().toList().get(1);
        assertEquals("[1, 1, H, W]", Shapes.of(cellByCell.graph()).shape("score").toString());
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
