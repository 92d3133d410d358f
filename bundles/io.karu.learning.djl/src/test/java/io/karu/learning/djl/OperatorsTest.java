package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.karu.learning.djl.OperatorCases.Case;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.OnnxException;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each operator in its forms, against ONNX Runtime. */
class OperatorsTest {
    /** Set to have the page written instead of compared. */
    private static final String WRITE = "karu.write.docs";

    @TestFactory
    Stream<DynamicTest> everyFormComputesWhatOnnxRuntimeComputes() {
        return OperatorCases.all().stream()
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.name(),
                                        () ->
                                                RoundTripTest.agree(
                                                        one.graph(),
                                                        Map.of(
                                                                "x",
                                                                Feed.floats(
                                                                        9,
                                                                        one.low(),
                                                                        one.high(),
                                                                        one.shape())))));
    }

    @Test
    void everySupportedOperatorIsCompared() {
        Set<String> compared = new HashSet<>();
        for (Case one : OperatorCases.all()) {
            one.graph().nodes().forEach(node -> compared.add(node.operator()));
        }
        Set<String> missing = new TreeSet<>(Operators.all().keySet());
        missing.removeAll(compared);
        assertEquals(Set.of(), missing);
    }

    @Test
    void thePageOfTrainableOperatorsIsWhatTheCodeSays() throws Exception {
        Path page = Path.of("../../docs/trainable-operators.md");
        String text = TrainableOperatorsPage.text();
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(page, text);
        }
        assertEquals(text, Files.readString(page), "write it again with -D" + WRITE + "=true");
    }

    /** A difference quotient along the gradient, in every form that has one. */
    @TestFactory
    Stream<DynamicTest> gradientsAgreeWithDifferences() {
        Set<String> flat =
                Set.of(
                        "Equal Where",
                        "IsNaN",
                        "IsInf",
                        "Floor",
                        "Ceil",
                        "Round",
                        "Sign",
                        "ArgMax",
                        "ArgMin",
                        "QuantizeLinear per axis",
                        "QuantizeLinear DequantizeLinear",
                        "QuantizeLinear clipped INT8",
                        "Cast there and back");
        return OperatorCases.all().stream()
                .filter(one -> !flat.contains(one.name()))
                .map(one -> DynamicTest.dynamicTest(one.name(), () -> gradient(one)));
    }

    private static void gradient(Case one) throws Exception {
        Feed feed = Feed.floats(9, one.low(), one.high(), one.shape());
        try (TrainableGraph graph = TrainableGraph.of(one.graph());
                NDManager manager = graph.newManager()) {
            NDArray x = Tensors.own(feed.array(manager));
            x.setRequiresGradient(true);
            NDArray gradient;
            try (GradientCollector collector = Torch.engine().newGradientCollector()) {
                collector.backward(score(graph, manager, x));
                gradient = x.getGradient().duplicate();
            }
            double length = gradient.square().sum().getFloat();
            assertTrue(length > 0, "no gradient");
            double small = 1e-3 / Math.max(1, Math.sqrt(length));
            NDArray step = gradient.mul((float) small);
            NDArray plain = x.stopGradient();
            double up = value(graph, manager, plain.add(step));
            double down = value(graph, manager, plain.sub(step));
            double expected = 2 * small * length;
            assertEquals(1, (up - down) / expected, 0.05);
        }
    }

    private static NDArray score(TrainableGraph graph, NDManager manager, NDArray x) {
        NDArray y = graph.forward(manager, Map.of("x", x), Mode.EVALUATE).get("y");
        // Uneven weights: a plain sum would hide what is exchanged.
        return y.mul(manager.create(OperatorCases.numbers((int) y.size()), y.getShape())).sum();
    }

    private static double value(TrainableGraph graph, NDManager manager, NDArray x) {
        return score(graph, manager, x).getFloat();
    }

    @Test
    void anUnknownOperatorIsRefusedNamingItsNode() {
        GraphBuilder graph = new GraphBuilder("unknown");
        Value x = graph.input("x", DataType.FLOAT, 1);
        graph.output("y", graph.node("Det", x), DataType.FLOAT, 1);
        OnnxException refused =
                assertThrows(OnnxException.class, () -> TrainableGraph.of(graph.graph()));
        assertTrue(refused.getMessage().contains("Det"), refused.getMessage());
        assertEquals("det_1", refused.node().split(" ")[0].replace("\"", ""));
    }
}
