package io.karu.packages;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Writes a classifier of random weights whose convolutions take a while. Run in a JVM of its own:
 * the test's JVM loads ONNX Runtime in its frameworks.
 */
final class SlowModel {
    static final String NAME = "slow";
    static final int SIZE = 48;
    private static final int CHANNELS = 32;

    private SlowModel() {}

    /**
     * @param arguments the version's folder
     */
    public static void main(String... arguments) throws Exception {
        Random random = new Random(7);
        GraphBuilder graph = new GraphBuilder(NAME);
        Value image = graph.input("image", DataType.UINT8, 1, 1, SIZE, SIZE);
        Value pixels =
                graph.node("Cast", List.of(image), integers("to", false, DataType.FLOAT_VALUE));
        Value y = graph.node("Mul", pixels, graph.scalar(1f / 255));
        int channels = 1;
        for (int layer = 0; layer < 4; layer++) {
            Value weights = weights(graph, random, CHANNELS, channels, 3, 3);
            y =
                    graph.node(
                            "Relu",
                            graph.node(
                                    "Conv",
                                    List.of(y, weights),
                                    integers("pads", true, 1, 1, 1, 1)));
            channels = CHANNELS;
        }
        Value pooled = graph.node("Flatten", graph.node("GlobalAveragePool", y));
        Value scores = graph.node("MatMul", pooled, weights(graph, random, CHANNELS, 2));
        graph.output("probability", graph.node("Softmax", scores), DataType.FLOAT, 1, 2);
        ModelCard card =
                new ModelCard(
                        NAME,
                        "1",
                        ModelCard.Task.CLASSIFICATION,
                        List.of("good", "defect"),
                        List.of(
                                new TensorInfo(
                                        "image",
                                        ElementType.UINT8,
                                        List.of(1L, 1L, (long) SIZE, (long) SIZE))),
                        List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(1L, 2L))),
                        Map.of("threshold", 0.5, "accept.good", 1.0),
                        "for tests");
        Path file = Files.createTempFile("slow", ".onnx");
        graph.graph().write(file);
        try (OnnxEngine engine = new OnnxEngine()) {
            new TrainedModel(card, Files.readAllBytes(file))
                    .golden(new byte[SIZE * SIZE])
                    .write(engine, Path.of(arguments[0]));
        }
        Files.delete(file);
    }

    private static Value weights(GraphBuilder graph, Random random, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        double spread = Math.sqrt(2.0 * shape[0] / count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * spread);
        }
        return graph.constant(values, shape);
    }

    private static AttributeProto integers(String name, boolean list, long... values) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        if (!list) {
            return attribute.setType(AttributeProto.AttributeType.INT).setI(values[0]).build();
        }
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.setType(AttributeProto.AttributeType.INTS).build();
    }
}
