package io.karu.training.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.compression.Variant;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Train;
import io.karu.training.TrainingOrder;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that a station runs through an inspector of its own, in miniature. */
class StationModelsTest {
    private static final Path BOARD_MODEL = Path.of("../board-model/board-detector-1");

    @TempDir Path folder;

    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());

    @AfterEach
    void close() {
        engine.close();
    }

    /** A copy: reports are written beside the model that they are about. */
    private Path boardModel() throws IOException {
        Path copy = folder.resolve(BOARD_MODEL.getFileName());
        try (Stream<Path> files = Files.walk(BOARD_MODEL)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(BOARD_MODEL.relativize(file).toString()));
            }
        }
        return copy;
    }

    @Test
    void memoriesOfOneProductAndOfTwoAreJudgedOnWholeImagesInOneReport() throws Exception {
        Path rows = product("rows", true);
        Path columns = product("columns", false);
        Path one = memory("one", rows, "");
        Path both = memory("both", rows, columns.toString());
        Compression.Result result =
                compress(
                        4,
                        one.toString(),
                        both.toString(),
                        "--calibration",
                        rows.toString(),
                        "--calibration",
                        rows + "," + columns,
                        "--budget",
                        "99");
        assertEquals(
                List.of(Material.ONE_CLASS, Material.UNIFIED),
                result.variants().stream().map(Variant::scope).distinct().toList());
        Map<String, Set<String>> metrics =
                result.variants().stream()
                        .filter(v -> v.name().equals("fp32"))
                        .collect(Collectors.toMap(Variant::scope, v -> v.metrics().keySet()));
        assertEquals(Set.of("image AUROC", "pixel AUROC", "PRO"), metrics.get(Material.ONE_CLASS));
        assertTrue(metrics.get(Material.UNIFIED).contains("PRO columns"), metrics::toString);
        for (String scope : metrics.keySet()) {
            double exact = auroc(result, scope, "fp32");
            assertTrue(exact > 0.7, scope + " " + exact);
            assertTrue(auroc(result, scope, "corrected") > exact - 0.2, scope);
        }
        assertTrue(result.report().json().contains("\"metric\": \"PRO\""), "it is guarded too");
        assertTrue(result.report().json().contains("\"images\": 4"), "those that calibrated");
    }

    @Test
    void aDetectorOfPairsIsJudgedByTheBoardsThatItsStationWouldSee() throws Exception {
        Path calibration = boards("calibration", 21, 8);
        Path evaluation = boards("evaluation", 22, 10);
        Compression.Result result =
                compress(
                        8,
                        boardModel().toString(),
                        "--calibration",
                        calibration.toString(),
                        "--evaluation",
                        evaluation.toString(),
                        "--out",
                        folder.resolve("int8").toString(),
                        "--budget",
                        "50");
        for (Variant variant : result.variants()) {
            assertEquals(Set.of("mAP at IoU 0.33"), variant.metrics().keySet());
        }
        double exact = result.variants().get(0).metrics().get("mAP at IoU 0.33").value();
        Variant corrected = result.variants().get(7);
        assertEquals("corrected", corrected.name());
        assertTrue(exact > 0.9, "mAP " + exact);
        assertTrue(
                corrected.metrics().get("mAP at IoU 0.33").value() > exact - 0.1,
                corrected.metrics()::toString);
    }

    @Test
    void aModelWithoutLearnedWeightsIsRefusedWithTheReason() throws Exception {
        Path golden = Path.of("../golden-template/target/models/golden-template-1");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.isDirectory(golden), golden + " is not built");
        Path data = boards("boards", 3, 4);
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> compress(4, golden.toString(), "--calibration", data.toString()));
        assertTrue(refused.getMessage().contains("no learned weights"), refused.getMessage());
    }

    private static double auroc(Compression.Result result, String scope, String name) {
        return result.variants().stream()
                .filter(v -> v.scope().equals(scope) && v.name().equals(name))
                .mapToDouble(v -> v.metrics().get("image AUROC").value())
                .findFirst()
                .orElseThrow();
    }

    private Compression.Result compress(int images, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--images", Integer.toString(images), "--rounds", "20"));
        return new Compression(
                        engine,
                        CompressionOrder.parse(line),
                        (graph, shapes) -> OptionalLong.empty(),
                        Progress.SILENT)
                .run();
    }

    private Path memory(String name, Path data, String and) throws Exception {
        Recipe recipe = Train.recipe("anomaly");
        Map<String, String> options = new LinkedHashMap<>();
        recipe.options().forEach((option, of) -> options.put(option, of.standard()));
        options.putAll(
                Map.of(
                        "and", and,
                        "bytes", "20000",
                        "whole", "0.3",
                        "false-rejects", "0.3",
                        "confidence", "0.8"));
        TrainingOrder order = new TrainingOrder(data, folder.resolve(name), name, "1", 1, options);
        Train.run(recipe, order, Progress.SILENT);
        return order.out();
    }

    private Path boards(String name, long seed, int count) throws IOException {
        Path boards = folder.resolve(name);
        BoardFolder files = new BoardFolder(boards);
        BoardGenerator generator = new BoardGenerator(seed, 1);
        for (int i = 0; i < count; i++) {
            files.write(generator.board(i * 17));
        }
        return boards;
    }

    /** Striped parts of several sizes; defective ones have a bright spot, and a mask of it. */
    private Path product(String name, boolean horizontal) throws IOException {
        Random random = new Random(name.length());
        Path product = folder.resolve(name);
        for (int i = 0; i < 12; i++) {
            write(product.resolve("train/good/" + i + ".png"), part(horizontal, i, random));
        }
        for (int i = 0; i < 5; i++) {
            write(product.resolve("test/good/" + i + ".png"), part(horizontal, i, random));
            BufferedImage spoiled = part(horizontal, i, random);
            BufferedImage mask =
                    new BufferedImage(
                            spoiled.getWidth(), spoiled.getHeight(), BufferedImage.TYPE_BYTE_GRAY);
            int x = 20 + random.nextInt(40);
            int y = 20 + random.nextInt(40);
            for (int p = 0; p < 400; p++) {
                spoiled.getRaster().setSample(x + p % 20, y + p / 20, 0, 255);
                mask.getRaster().setSample(x + p % 20, y + p / 20, 0, 255);
            }
            write(product.resolve("test/spot/" + i + ".png"), spoiled);
            write(product.resolve("ground_truth/spot/" + i + "_mask.png"), mask);
        }
        return product;
    }

    private static BufferedImage part(boolean horizontal, int number, Random random) {
        int width = 96 + 16 * (number % 3);
        int height = 96 + 16 * (number % 2);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int stripe = (horizontal ? y : x) / 8 % 2;
                image.getRaster().setSample(x, y, 0, 70 + 70 * stripe + random.nextInt(30));
            }
        }
        return image;
    }

    private static void write(Path file, BufferedImage image) throws IOException {
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
    }
}
