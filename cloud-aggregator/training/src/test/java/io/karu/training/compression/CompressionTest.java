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
import io.karu.api.model.Digest;
import io.karu.compression.Variant;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.training.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompressionTest {
    @TempDir Path folder;

    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    private Path model;

    @BeforeEach
    void writeModel() throws Exception {
        model = BoardStudent.write(engine, folder.resolve("boards"));
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void everyCalibratorRunsOnGeneratedBoardsAndIsReported() throws Exception {
        Path data = BoardStudent.images(folder.resolve("data"), 8);
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
            BoardStudent.put(data, "good/" + template.getFileName(), Files.readAllBytes(template));
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
    void aVersionLeftHalfWrittenIsReplacedAndOneThatIsThereStaysUntilThen() throws Exception {
        Path half = Files.createDirectories(folder.resolve(".boards.next"));
        Files.write(half.resolve(ModelVersionFolder.GRAPH), new byte[100]);
        Digest before = ModelVersionFolder.read(model).digest();
        BoardStudent.write(engine, model);
        assertEquals(before, ModelVersionFolder.read(model).digest());
        assertFalse(Files.exists(half));
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
}
