package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.ResNet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SubgraphTest {
    private static final int CUTS = 4;

    @ParameterizedTest
    @MethodSource("io.karu.onnx.ShapesTest#networks")
    void headAndTailTogetherAreTheWhole(Sample sample) {
        Map<String, Constant> whole = Peer.run(sample.graph(), sample.inputs());
        List<String> values = new ArrayList<>();
        sample.graph().nodes().forEach(node -> values.addAll(node.outputs()));
        Collections.shuffle(values, new Random(7));
        int legal = 0;
        int illegal = 0;
        for (String value : values) {
            Subgraph.Parts parts;
            try {
                parts = Subgraph.split(sample.graph(), List.of(value));
            } catch (OnnxException e) {
                assertEquals(Code.CUT, e.code());
                illegal++;
                continue;
            }
            if (++legal <= CUTS) {
                assertAgree(whole, parts, sample.inputs());
            }
        }
        assertTrue(legal > 0 && illegal > 0, legal + " legal cuts, " + illegal + " others");
    }

    @ParameterizedTest
    @MethodSource({"io.karu.onnx.ShapesTest#networks", "io.karu.onnx.RandomGraphs#stream"})
    void cutsOfSeveralValuesAtAnyDepthGiveTheWhole(Sample sample) {
        Graph graph = sample.graph().copy();
        graph.setOutputs(graph.outputs().subList(0, 1));
        graph.prune();
        List<Node> nodes = graph.nodes();
        Map<String, Constant> whole = Peer.run(graph, sample.inputs());
        for (int part = 1; part < 5; part++) {
            List<String> crossing = crossing(graph, nodes.subList(0, nodes.size() * part / 5));
            Subgraph.Parts parts = Subgraph.split(graph, crossing);
            assertAgree(whole, parts, sample.inputs());
        }
    }

    private static void assertAgree(
            Map<String, Constant> whole, Subgraph.Parts parts, Map<String, Constant> inputs) {
        Map<String, Constant> results = new HashMap<>(Peer.run(parts.head(), inputs));
        results.putAll(Peer.run(parts.tail(), results));
        whole.forEach((name, constant) -> Peer.assertClose(constant, results.get(name), 1e-6));
    }

    /** Values that the first nodes give and later ones take. */
    private static List<String> crossing(Graph graph, List<Node> first) {
        List<String> crossing = new ArrayList<>();
        for (Node node : first) {
            for (String output : node.outputs()) {
                if (graph.consumers(output).stream().anyMatch(n -> !first.contains(n))) {
                    crossing.add(output);
                }
            }
        }
        for (TensorType input : graph.inputs()) {
            if (graph.consumers(input.name()).stream().anyMatch(n -> !first.contains(n))) {
                crossing.add(input.name());
            }
        }
        return crossing;
    }

    @Test
    void aCutThatAShortcutGoesRoundIsRefusedWithThePath() {
        Graph graph = ResNet.eight().graph(32, 32);
        OnnxException refused =
                assertThrows(
                        OnnxException.class,
                        () -> Subgraph.split(graph, List.of("layer1.0.conv1")));
        assertEquals(Code.CUT, refused.code());
        assertTrue(refused.getMessage().contains("image → conv1 → bn1"), refused.getMessage());
    }

    @Test
    void partsBetweenTwoCutsKeepNamesAndTypes() {
        Graph graph = ResNet.eight().graph(32, 32);
        Graph block = Subgraph.extract(graph, List.of("relu"), List.of("layer1.0.relu2"));
        assertEquals(
                new TensorType(
                        "relu",
                        DataType.FLOAT,
                        Shape.of(
                                List.of(
                                        Dimension.open("N"),
                                        Dimension.of(16),
                                        Dimension.of(32),
                                        Dimension.of(32)))),
                block.inputs().get(0));
        assertTrue(block.node("layer1.0.conv2").isPresent());
        assertTrue(block.constant("layer1.0.conv2.weight").isPresent());
        assertTrue(block.constant("fc.weight").isEmpty());
    }

    @Test
    void uselessInputsConstantsAndUnknownValuesAreRefused() {
        Graph graph = ResNet.eight().graph(32, 32);
        assertEquals(Code.CUT, refused(graph, "fc.weight", "logits"));
        assertEquals(Code.CUT, refused(graph, "layer2.0.relu2", "layer1.0.relu2"));
        assertEquals(Code.CUT, refused(graph, "relu", "relu"));
        assertEquals(Code.MISSING, refused(graph, "nowhere", "logits"));
    }

    private static Code refused(Graph graph, String input, String output) {
        return assertThrows(
                        OnnxException.class,
                        () -> Subgraph.extract(graph, List.of(input), List.of(output)))
                .code();
    }
}
