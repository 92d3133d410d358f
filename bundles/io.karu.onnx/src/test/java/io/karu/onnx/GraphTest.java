package io.karu.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.onnx.OnnxException.Code;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.NodeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {
    private static GraphBuilder chain() {
        GraphBuilder builder = new GraphBuilder("chain");
        Value image = builder.input("image", DataType.FLOAT, "N", 3, 8, 8);
        Value weight = builder.constant("conv/weight", new float[2 * 3], 2, 3, 1, 1);
        Value conv = builder.named("conv", "Conv", List.of(image, weight));
        Value relu = builder.named("relu", "Relu", List.of(conv));
        Value sum = builder.named("sum", "Add", List.of(relu, conv));
        builder.output("score", sum, DataType.FLOAT, "N", 2, 8, 8);
        return builder;
    }

    private static List<String> names(Graph graph) {
        return graph.nodes().stream().map(Node::name).toList();
    }

    @Test
    void knowsWhoProducesAndWhoTakesEachValue() {
        Graph graph = chain().graph();
        assertEquals(17, graph.opset());
        assertEquals(List.of("conv", "relu", "sum", "score"), names(graph));
        assertEquals("conv", graph.producer("conv").orElseThrow().name());
        assertEquals(
                List.of("relu", "sum"), graph.consumers("conv").stream().map(Node::name).toList());
        assertEquals(Shape.of(2, 3, 1, 1), graph.constant("conv/weight").orElseThrow().shape());
        assertTrue(graph.isInput("image"));
        assertTrue(graph.isOutput("score"));
        assertEquals("N", graph.inputs().get(0).shape().dimension(0).symbol());
    }

    @Test
    void theSameGraphGivesTheSameBytes() {
        assertArrayEquals(
                chain().graph().toProto().toByteArray(), chain().graph().toProto().toByteArray());
        assertEquals(chain().build(), chain().graph().toProto());
    }

    @Test
    void aNodePutBehindAValueStandsBeforeWhoTakesIt() {
        Graph graph = chain().graph();
        graph.insertAfter("conv", "conv/abs", "Abs", List.of());
        assertEquals(List.of("conv", "conv/abs", "relu", "sum", "score"), names(graph));
        assertEquals("conv/abs", graph.node("relu").orElseThrow().input(0));
        assertEquals(List.of("relu", "conv/abs"), graph.node("sum").orElseThrow().inputs());
    }

    @Test
    void freshNamesNumberOnlyWhatIsTaken() {
        Graph graph = chain().graph();
        assertEquals("conv/bias", graph.fresh("conv/bias"));
        assertEquals("conv_2", graph.fresh("conv"));
    }

    @Test
    void bypassedNodesLeaveTheOutputsItsName() {
        Graph graph = chain().graph();
        assertTrue(graph.bypass(graph.node("score").orElseThrow()));
        assertEquals("score", graph.node("sum").orElseThrow().output());
        assertTrue(graph.bypass(graph.node("relu").orElseThrow()));
        assertEquals(List.of("conv", "conv"), graph.node("sum").orElseThrow().inputs());
        assertEquals(List.of("score"), graph.outputs().stream().map(TensorType::name).toList());
    }

    @Test
    void anOutputThatIsAnInputKeepsItsIdentity() {
        GraphBuilder builder = new GraphBuilder("same");
        builder.output("out", builder.input("in", DataType.FLOAT, 1), DataType.FLOAT, 1);
        Graph graph = builder.graph();
        assertFalse(graph.bypass(graph.node("out").orElseThrow()));
        assertEquals(1, graph.nodes().size());
    }

    @Test
    void renamedValuesAreRenamedWhereverTheyAreUsed() {
        Graph graph = chain().graph();
        graph.renameValue("image", "pixels");
        graph.renameValue("conv/weight", "w");
        graph.renameValue("score", "map");
        Graph again = Graph.of(graph.toProto());
        assertEquals(List.of("pixels", "w"), again.node("conv").orElseThrow().inputs());
        assertEquals("map", again.outputs().get(0).name());
    }

    @Test
    void constantNodesAndInitializersAreAlike() {
        GraphBuilder builder = new GraphBuilder("constants");
        Value in = builder.input("in", DataType.FLOAT, 2);
        Value two =
                builder.named("two", "Constant", List.of(), Attribute.floats("value_floats", 2, 3));
        builder.output("out", builder.node("Mul", in, two), DataType.FLOAT, 2);
        Graph graph = builder.graph();
        assertArrayEquals(new float[] {2, 3}, graph.constant("two").orElseThrow().floats());
        assertEquals(1, graph.toProto().getGraph().getInitializerCount());
    }

    @Test
    void pruningRemovesWhatNoOutputNeeds() {
        Graph graph = chain().graph();
        graph.expose(List.of("relu"));
        graph.setOutputs(graph.outputs().subList(1, 2));
        graph.prune();
        assertEquals(List.of("conv", "relu"), names(graph));
        graph.setOutputs(List.of(graph.inputs().get(0)));
        graph.prune();
        assertTrue(graph.constants().isEmpty());
    }

    @Test
    void cyclesAreFoundWithoutRecursion() {
        Graph graph = chain().graph();
        graph.setInput(graph.node("conv").orElseThrow(), 0, "sum");
        assertEquals(Code.CYCLE, assertThrows(OnnxException.class, graph::nodes).code());
    }

    @Test
    void unnamedNodesAreNamedByTheirFirstOutput() {
        ModelProto.Builder model = chain().build().toBuilder();
        for (NodeProto.Builder node : model.getGraphBuilder().getNodeBuilderList()) {
            node.clearName();
        }
        assertEquals(List.of("conv", "relu", "sum", "score"), names(Graph.of(model.build())));
    }

    @Test
    void valuesProducedTwiceAreRefused() {
        ModelProto.Builder model = chain().build().toBuilder();
        model.getGraphBuilder().getNodeBuilder(1).setOutput(0, "conv");
        OnnxException refused = assertThrows(OnnxException.class, () -> Graph.of(model.build()));
        assertEquals(Code.DUPLICATE, refused.code());
        assertEquals("conv", refused.tensor());
    }

    @Test
    void constantsOfEveryTypeKeepTheirValues() {
        double[] values = {0, 1, 3, -2.5, 70000, -1e9};
        for (DataType type : DataType.values()) {
            if (ElementType.isSupported(type)) {
                Constant constant = Constant.of("c", type, values, 2, 3);
                Constant again = Constant.of(constant.toProto());
                assertEquals(constant, again);
                assertEquals(1, again.doubles()[1], type.name());
                assertEquals(type == DataType.BOOL ? 1 : 3, again.doubles()[2], type.name());
            }
        }
        assertArrayEquals(
                new float[] {1.5f, 0x1p-24f, 65504},
                Constant.of("h", DataType.FLOAT16, new double[] {1.5, 0x1p-24, 65504}, 3).floats());
    }
}
