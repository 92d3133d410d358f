package io.karu.training.compression;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.Weights;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A small student with its teacher, not trained, and generated boards to compress it on. */
final class BoardStudent {
    private static final int SIDE = 64;
    private static final int CELLS = 16;

    private BoardStudent() {}

    static Path write(InferenceEngine engine, Path folder) throws Exception {
        Graph graph =
                StudentTeacher.of(
                                trunk("t", 1),
                                trunk("s", 2),
                                StudentTeacher.Distance.COSINE,
                                1,
                                SIDE,
                                CELLS)
                        .graph();
        ModelCard card =
                new ModelCard(
                        "boards",
                        "1",
                        ModelCard.Task.ANOMALY,
                        List.of(),
                        List.of(info("image", ElementType.UINT8, 1, SIDE)),
                        List.of(
                                info("map", ElementType.FLOAT, 1, CELLS),
                                info("score", ElementType.FLOAT, 1, 1)),
                        new Preprocessing(
                                Preprocessing.Color.GRAY,
                                Preprocessing.Scaling.AREA,
                                Preprocessing.Fit.STRETCH,
                                0),
                        Map.of("threshold", 0.5),
                        "");
        new TrainedModel(card, graph.toProto().toByteArray())
                .golden(new byte[SIDE * SIDE])
                .write(engine, folder);
        return folder;
    }

    /** So many good boards to calibrate on, as many others good and defective to score. */
    static Path images(Path data, int count) throws IOException {
        BoardGenerator generator = new BoardGenerator(7, 1);
        for (int i = 0; i < count; i++) {
            Board board = generator.board(i);
            put(data, "train/good/" + i, board.templateJpeg());
            put(data, "test/good/" + i, generator.board(100 + i).templateJpeg());
            put(data, "test/defective/" + i, board.testJpeg());
        }
        return data;
    }

    static void put(Path data, String name, byte[] jpeg) throws IOException {
        Path file = data.resolve(name.endsWith(".jpg") ? name : name + ".jpg");
        Files.createDirectories(file.getParent());
        Files.write(file, jpeg);
    }

    private static TensorInfo info(String name, ElementType type, long channels, long side) {
        return new TensorInfo(name, type, List.of(-1L, channels, side, side));
    }

    private static StudentTeacher.Trunk trunk(String name, long seed) {
        GraphBuilder builder = new GraphBuilder(name);
        Weights weights = Weights.seeded(seed);
        Value at = builder.input("image", DataType.FLOAT, "N", 3, SIDE, SIDE);
        int[][] layers = {{3, 16}, {16, 32}};
        for (int i = 0; i < layers.length; i++) {
            Value conv =
                    builder.named(
                            "conv" + i,
                            "Conv",
                            List.of(
                                    at,
                                    builder.constant(
                                            "w" + i,
                                            weights.of("w" + i, layers[i][1], layers[i][0], 3, 3),
                                            layers[i][1],
                                            layers[i][0],
                                            3,
                                            3)),
                            Attribute.integers("kernel_shape", 3, 3),
                            Attribute.integers("strides", 2, 2),
                            Attribute.integers("pads", 1, 1, 1, 1));
            at = builder.named("relu" + i, "Relu", List.of(conv));
        }
        builder.output("end", at, DataType.FLOAT);
        Graph graph = builder.graph();
        graph.bypass(graph.node("end").orElseThrow());
        return new StudentTeacher.Trunk(graph, List.of("end"));
    }
}
