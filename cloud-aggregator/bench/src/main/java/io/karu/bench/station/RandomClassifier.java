package io.karu.bench.station;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.AttributeProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes a classifier of seeded random weights: some ten milliseconds of convolutions. */
final class RandomClassifier {
    static final String NAME = "random-classifier";
    private static final int SIZE = 96;
    private static final int CHANNELS = 32;
    private static final int LAYERS = 4;

    private RandomClassifier() {}

    static ModelVersionFolder write(InferenceEngine engine, Path folder, long seed)
            throws Exception {
        Random random = new Random(seed);
        GraphBuilder graph = new GraphBuilder(NAME);
        Value image = graph.input("image", DataType.UINT8, 1, 1, SIZE, SIZE);
        AttributeProto toFloat =
                AttributeProto.newBuilder()
                        .setName("to")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(DataType.FLOAT_VALUE)
                        .build();
        AttributeProto same =
                AttributeProto.newBuilder()
                        .setName("pads")
                        .setType(AttributeProto.AttributeType.INTS)
                        .addAllInts(List.of(1L, 1L, 1L, 1L))
                        .build();
        Value y =
                graph.node(
                        "Mul", graph.node("Cast", List.of(image), toFloat), graph.scalar(1f / 255));
        int channels = 1;
        for (int layer = 0; layer < LAYERS; layer++) {
            Value weights = weights(graph, random, CHANNELS, channels, 3, 3);
            y = graph.node("Relu", graph.node("Conv", List.of(y, weights), same));
            channels = CHANNELS;
        }
        Value pooled = graph.node("Flatten", graph.node("GlobalAveragePool", y));
        Value scores = graph.node("MatMul", pooled, weights(graph, random, CHANNELS, 2));
        graph.output("probability", graph.node("Softmax", scores), DataType.FLOAT, 1, 2);
        List<Long> shape = List.of(1L, 1L, (long) SIZE, (long) SIZE);
        ModelCard card =
                new ModelCard(
                        NAME,
                        "1",
                        ModelCard.Task.CLASSIFICATION,
                        List.of("good", "defect"),
                        List.of(new TensorInfo("image", ElementType.UINT8, shape)),
                        List.of(new TensorInfo("probability", ElementType.FLOAT, List.of(1L, 2L))),
                        new Preprocessing(
                                Preprocessing.Color.GRAY,
                                Preprocessing.Scaling.AREA,
                                Preprocessing.Fit.STRETCH,
                                0),
                        Map.of("threshold", 0.5, "accept.good", 1.0, "accept.defect", 1.0),
                        "random weights, for benchmarks");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        graph.build().writeTo(bytes);
        return new TrainedModel(card, bytes.toByteArray())
                .golden(new byte[SIZE * SIZE])
                .write(engine, folder);
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
}
