package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pairs of QuantizeLinear and DequantizeLinear in a graph that is trained. */
class FakeQuantizationTest {
    private static final float STEP = 0.1f;

    /** {@code out = quantized(in) · quantized(w)}: INT8 weights per column, UINT8 activations. */
    private static Graph graph() {
        GraphBuilder graph = new GraphBuilder("quantized");
        Value in = graph.input("in", DataType.FLOAT, "N", 2);
        Value inScale = graph.constant("in.scale", new float[] {STEP});
        Value inZero = graph.constant(Constant.of("in.zero", DataType.UINT8, new byte[] {100}));
        Value real = pair(graph, in, inScale, inZero);
        Value scale = graph.constant("w.scale", new float[] {STEP, 2 * STEP}, 2);
        Value zero = graph.constant(Constant.of("w.zero", DataType.INT8, new byte[2], 2));
        Value weight = graph.constant("w", new float[] {0.52f, -0.31f, 99, 0.2f}, 2, 2);
        Value realWeight = pair(graph, weight, scale, zero, Attribute.integer("axis", 1));
        graph.output("out", graph.node("MatMul", real, realWeight), DataType.FLOAT, "N", 2);
        return graph.graph();
    }

    private static Value pair(
            GraphBuilder graph,
            Value value,
            Value scale,
            Value zero,
            io.karu.onnx.proto.AttributeProto... attributes) {
        List<Value> first = List.of(value, scale, zero);
        Value quantized = graph.node("QuantizeLinear", first, attributes);
        return graph.node("DequantizeLinear", List.of(quantized, scale, zero), attributes);
    }

    @Test
    void itComputesWhatOnnxRuntimeComputes() throws Exception {
        RoundTripTest.agree(graph(), Map.of("in", Feed.floats(3, -3, 3, 16, 2)));
    }

    @Test
    void roundingPassesTheGradientAndClippingStopsIt() {
        try (TrainableGraph graph = TrainableGraph.of(graph())) {
            assertEquals(List.of("w"), graph.names());
            // The input 1 is kept, so the gradient of each weight is 1, but for the clipped one.
            assertArrayEquals(
                    new float[] {1, 1, 0, 1}, gradient(graph, "w", new float[] {1, 1}), 1e-5f);
        }
    }

    /** Esser et al. 2020, eq. 3: inside rounding error, outside the bound. */
    @Test
    void aTrainableScaleReceivesTheGradientOfLearnedStepSizes() {
        try (TrainableGraph graph = TrainableGraph.of(graph()).train("^w\\.scale$")) {
            float[] gradient = gradient(graph, "w.scale", new float[] {1, 1});
            double rounding = 5 - 5.2;
            assertEquals(rounding + 127, gradient[0], 1e-3);
            double second = (-2 + 0.31 / 0.2) + (1 - 1.0);
            assertEquals(second, gradient[1], 1e-3);
        }
    }

    private static float[] gradient(TrainableGraph graph, String name, float[] input) {
        try (NDManager manager = graph.newManager()) {
            NDArray in = manager.create(input, new ai.djl.ndarray.types.Shape(1, 2));
            try (GradientCollector collector = Torch.engine().newGradientCollector()) {
                collector.backward(
                        graph.forward(manager, Map.of("in", in), Mode.TRAIN).get("out").sum());
            }
            try (NDArray gradient = graph.array(name).getGradient()) {
                return gradient.toFloatArray();
            }
        }
    }

    /** Weights that rounding hurts are moved until the rounded net fits again. */
    @Test
    void trainingRecoversWhatRoundingLost() throws Exception {
        float[] inputs = new float[64 * 2];
        float[] targets = new float[64 * 2];
        for (int i = 0; i < 64; i++) {
            inputs[2 * i] = (float) Math.sin(i);
            inputs[2 * i + 1] = (float) Math.cos(1.3 * i);
            targets[2 * i] = 0.84f * inputs[2 * i] + 0.26f * inputs[2 * i + 1];
            targets[2 * i + 1] = -0.5f * inputs[2 * i] + 0.7f * inputs[2 * i + 1];
        }
        try (TrainableGraph graph = TrainableGraph.of(graph()).train("scale$")) {
            float[] before = graph.values().get("w");
            TrainingPlan plan =
                    TrainingPlan.builder()
                            .epochs(10, 40)
                            .optimizer(Optimizer.adamW(0), 0.02, Schedule.cosine(0, 0.01))
                            .factor("scale$", 0.1)
                            .build();
            graph.setValues(Map.of("w", new float[] {0.5f, -0.3f, 0.1f, 0.2f}));
            History history =
                    new TrainingRun(graph, plan)
                            .run(
                                    step ->
                                            Losses.squared(
                                                    step.forward(step.floats(inputs, 64, 2)),
                                                    step.floats(targets, 64, 2)));
            double first = history.epochs().get(0).training().get("loss");
            double last = history.epochs().get(9).training().get("loss");
            assertTrue(last < 0.1 * first, first + " became " + last);
            Graph written = graph.writeBack();
            assertNotEquals(before[0], written.constant("w").orElseThrow().floats()[0]);
            assertNotEquals(STEP, written.constant("in.scale").orElseThrow().floats()[0]);
            RoundTripTest.agree(written, Map.of("in", Feed.floats(3, -1, 1, 16, 2)));
        }
    }
}
