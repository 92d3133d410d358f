package io.karu.engine.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutputShapesTest {
    private static TensorInfo tensor(String name, long width) {
        return new TensorInfo(name, ElementType.FLOAT, List.of(1L, width));
    }

    @Test
    void oneRunTellsWhatTheGraphLeavesOpen() throws Exception {
        GraphBuilder graph = new GraphBuilder("doubling");
        Value x = graph.input("x", DataType.FLOAT, 1, "width");
        graph.output(
                "y",
                graph.node("Concat", List.of(x, x), Attribute.integer("axis", 1)),
                DataType.FLOAT,
                1,
                "twice");
        OutputShapes shapes = new OutputShapes(List.of(tensor("y", -1)));
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(graph.build().toByteArray())) {
            for (int width : new int[] {3, 5}) {
                try (OnnxTensor value = OnnxTensor.createTensor(environment, new float[1][width])) {
                    assertEquals(
                            List.of(tensor("y", 2 * width)),
                            shapes.at(
                                    List.of(tensor("x", width)),
                                    () -> session.run(Map.of("x", value))));
                }
            }
        }
        assertEquals(
                List.of(tensor("y", 6)),
                shapes.at(List.of(tensor("x", 3)), () -> fail("it ran again")));
    }

    @Test
    void whatTheGraphSaysNeedsNoRun() throws Exception {
        assertEquals(
                List.of(tensor("y", 2)),
                new OutputShapes(List.of(tensor("y", 2)))
                        .at(List.of(tensor("x", 2)), () -> fail("it ran")));
    }
}
