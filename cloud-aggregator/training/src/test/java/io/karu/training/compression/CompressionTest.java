package io.karu.training.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtEnvironment;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.compression.Variant;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.Weights;
import io.karu.training.Progress;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompressionTest {
    private static final int SIDE = 64;
    private static final int CELLS = 16;

    @TempDir Path folder;

    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    private Path model;

    @BeforeEach
    void writeModel() throws Exception {
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
        model = folder.resolve("boards");
        new TrainedModel(card, graph.toProto().toByteArray())
                .golden(new byte[SIDE * SIDE])
                .write(engine, model);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void everyCalibratorRunsOnGeneratedBoardsAndIsReported() throws Exception {
        BoardGenerator generator = new BoardGenerator(7, 1);
        Path data = folder.resolve("data");
        for (int i = 0; i < 8; i++) {
            Board board = generator.board(i);
            put(data, "train/good/" + i, board.templateJpeg());
            put(data, "test/good/" + i, generator.board(100 + i).templateJpeg());
            put(data, "test/defective/" + i, board.testJpeg());
        }
        Compression.Result result =
                compress(data, "--budget", "image AUROC=99", "--qat", "1", "--prune", "0.3");
        assertEquals(
                List.of(
                        "fp32",
                        "min-max",
                        "percentile",
                        "entropy",
                        "mse",
                        "random-normal",
                        "synthetic-defects",
                        "corrected",
                        "qat",
                        "pruned-30"),
                result.variants().stream().map(Variant::name).limit(10).toList());
        for (Variant variant : result.variants()) {
            assertTrue(variant.metrics().containsKey("image AUROC"), variant.name());
            assertTrue(variant.size().macs() > 0);
            assertTrue(variant.clippedFraction() < 0.2, variant.name());
            assertFalse(variant.reason().isEmpty());
        }
        JsonObject json = new Gson().fromJson(result.report().json(), JsonObject.class);
        assertEquals("compression", json.get("kind").getAsString());
        for (JsonElement variant : json.getAsJsonArray("variants")) {
            assertTrue(variant.getAsJsonObject().has("latencyMillis"));
        }
        String page = Files.readString(result.page());
        assertTrue(page.contains("<svg") && !page.contains("http"), "one file that loads nothing");
    }

    @Test
    void everyCalibratorRunsOnRealBoardsAndTheSameSeedWritesTheSameModel() throws Exception {
        Path boards = Path.of("../../../shared/data/deeppcb/PCBData");
        assumeTrue(Files.isDirectory(boards), "../shared/data/deeppcb is absent");
        Path data = folder.resolve("data");
        List<Path> templates;
        try (Stream<Path> files = Files.walk(boards)) {
            templates =
                    files.filter(f -> f.toString().endsWith("_temp.jpg"))
                            .sorted()
                            .limit(12)
                            .toList();
        }
        for (Path template : templates) {
            put(data, "good/" + template.getFileName(), Files.readAllBytes(template));
        }
        List<String> digests = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Compression.Result result =
                    compress(data, "--budget", "99", "--images", "6", "--seed", "5");
            Variant corrected = result.variants().get(7);
            digests.add(corrected.graph().toProto().toString());
            if (result.chosen().isPresent()) {
                ModelVersionFolder chosen = result.chosen().get();
                assertEquals("1-int8", chosen.card().version());
                String lineage = ModelVersionFolder.card(chosen.root()).lineage();
                assertTrue(lineage.contains(ModelVersionFolder.read(model).digest().value()));
            }
        }
        assertEquals(digests.get(0), digests.get(1));
    }

    @Test
    void whatIsMissingIsNamed() {
        assertTrue(refusal().contains("name the folder"));
        assertTrue(refusal(model.toString()).contains("--calibration DIR is needed"));
        assertTrue(refusal(model.toString(), "--calibration", "absent").contains("absent"));
        assertTrue(refusal(model.toString(), "--budgets", "1").contains("no option --budgets"));
    }

    private static String refusal(String... words) {
        return assertThrows(
                        IllegalArgumentException.class,
                        () -> CompressionOrder.parse(List.of(words)))
                .getMessage();
    }

    private Compression.Result compress(Path data, String... more) throws Exception {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                model.toString(),
                                "--calibration",
                                data.toString(),
                                "--rounds",
                                "20"));
        words.addAll(List.of(more));
        return new Compression(
                        engine,
                        CompressionOrder.parse(words),
                        (graph, shapes) -> OptionalLong.empty(),
                        Progress.SILENT)
                .run();
    }

    private static void put(Path data, String name, byte[] jpeg) throws IOException {
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
