package io.karu.training.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inference.TensorInfo;
import io.karu.learning.anomaly.GoodScores;
import io.karu.learning.report.Curve;
import io.karu.learning.report.Pictures;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Train;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindAnomaliesTest {
    @TempDir private Path temp;

    @Test
    void findsDefectsOnGeneratedBoardsFromGoodOnesOnlyAndRepeats() throws Exception {
        Path data = temp.resolve("pieces");
        AnomalyParts boards = BoardPatches.generated(60, 1);
        for (int i = 0; i < boards.good().size(); i++) {
            write(data.resolve("train/good/" + i + ".png"), boards.good().get(i).image());
        }
        for (AnomalyParts.TestPart part : boards.test()) {
            String kind = part.defective() ? "defect" : "good";
            write(data.resolve("test/" + kind + "/" + part.id() + ".png"), part.image());
        }
        Trained trained = Train.run(recipe(), order(data, "one"), Progress.SILENT);
        double auroc = metric(trained, "image AUROC");
        assertTrue(auroc >= 0.7, "image AUROC " + auroc);

        Map<String, Double> parameters = trained.version().card().parameters();
        GoodScores good = GoodScores.fromParameters(parameters, "pieces");
        assertEquals(60, good.count());
        assertEquals(good.threshold(0.05, 0.9).value(), parameters.get("threshold.pieces"), 1e-12);
        assertTrue(good.threshold(0.1, 0.9).value() <= parameters.get("threshold.pieces"));

        ModelVersionFolder again =
                Train.run(recipe(), order(data, "two"), Progress.SILENT).version();
        assertEquals(
                trained.version().files().get(ModelVersionFolder.GRAPH),
                again.files().get(ModelVersionFolder.GRAPH));
    }

    @Test
    void aStudentLearnsItsTeacherAndBecomesOneGraphWithIt() throws Exception {
        Path data = temp.resolve("student");
        AnomalyParts boards = BoardPatches.generated(20, 2);
        for (int i = 0; i < boards.good().size(); i++) {
            write(data.resolve("train/good/" + i + ".png"), boards.good().get(i).image());
        }
        TrainingOrder order =
                order(
                        data,
                        "pair",
                        Map.of(
                                "method", "student",
                                "steps", "60",
                                "batch", "4",
                                "side", "64",
                                "width", "8",
                                "rate", "0.005",
                                "false-rejects", "0.4",
                                "confidence", "0.8"));
        Trained trained = Train.run(recipe(), order, Progress.SILENT);
        double threshold = trained.version().card().parameter("threshold");
        assertTrue(threshold > 0.3 && threshold < 0.9, "threshold " + threshold);
        List<Curve.Point> loss = trained.report().curves().get(0).series().get(0).points();
        assertTrue(loss.get(loss.size() - 1).value() < 0.9 * loss.get(0).value(), "loss " + loss);
        assertEquals(
                List.of("score", "map"),
                trained.version().card().outputs().stream().map(TensorInfo::name).toList());
    }

    @Test
    void dataWithoutGoodPartsAreRefused() throws Exception {
        AnomalyParts boards = BoardPatches.generated(4, 1);
        Path data = temp.resolve("bad");
        for (AnomalyParts.TestPart part : boards.test()) {
            write(data.resolve("test/defect/" + part.id() + ".png"), part.image());
        }
        assertTrue(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> recipe().train(order(data, "x"), Progress.SILENT))
                        .getMessage()
                        .contains("good"));
    }

    private static Recipe recipe() {
        return Train.recipe("anomaly");
    }

    private TrainingOrder order(Path data, String out) {
        return order(data, out, Map.of("bytes", "400000"));
    }

    private TrainingOrder order(Path data, String out, Map<String, String> given) {
        Map<String, String> options = new LinkedHashMap<>();
        recipe().options().forEach((name, option) -> options.put(name, option.standard()));
        options.putAll(given);
        return new TrainingOrder(data, temp.resolve(out), "pieces", "1", 1, options);
    }

    private static double metric(Trained trained, String name) {
        return trained.report().metrics().stream()
                .filter(metric -> metric.name().startsWith(name))
                .mapToDouble(Metric::value)
                .findFirst()
                .orElseThrow();
    }

    private static void write(Path file, io.karu.learning.anomaly.GoodPart.Source image)
            throws Exception {
        Files.createDirectories(file.getParent());
        Files.write(file, Pictures.png(image.read()));
    }
}
