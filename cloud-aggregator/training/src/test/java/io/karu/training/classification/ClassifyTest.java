package io.karu.training.classification;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Layout;
import io.karu.learning.data.Part;
import io.karu.learning.data.Sample;
import io.karu.modelversion.CardFile;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.training.Progress;
import io.karu.training.Train;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Classification in miniature, on generated boards. */
class ClassifyTest {
    private static final int TRAINING_BOARDS = 60;
    private static final int TEST_BOARDS = 24;
    private static final double BAR = 0.85;

    @TempDir static Path temp;
    private static Path boards;
    private static Path few;

    @BeforeAll
    static void generate() throws IOException {
        Path flat = temp.resolve("flat");
        BoardFolder folder = new BoardFolder(flat);
        BoardGenerator generator = new BoardGenerator(31, 1);
        for (int i = 0; i < TRAINING_BOARDS + TEST_BOARDS; i++) {
            folder.write(generator.board(i));
        }
        DataSet all = DataSets.read(flat);
        boards = divided(all, TRAINING_BOARDS, TEST_BOARDS, "boards");
        few = divided(all, 6, 2, "few");
    }

    private static Path divided(DataSet all, int training, int test, String name)
            throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (Sample sample : all.samples().subList(0, training + test)) {
            samples.add(
                    new Sample(
                            sample.id(),
                            sample.image(),
                            samples.size() < training ? Part.TRAINING : Part.TEST,
                            sample.label(),
                            sample.annotations(),
                            sample.template(),
                            sample.mask(),
                            sample.attributes()));
        }
        Path folder = temp.resolve(name);
        DataSets.write(
                new DataSet(name, all.layout(), all.labels(), samples), Layout.DEEPPCB, folder);
        return folder;
    }

    @Test
    void defectsOfGeneratedBoardsAreToldApart() throws Exception {
        Path out = temp.resolve("defects-1");
        Trained trained = Train.run(new Classify(), order(boards, out, 12), Progress.SILENT);
        CardFile card = ModelVersionFolder.card(out);
        Metric recall = card.metrics().get(0);
        assertEquals("macro recall", recall.name());
        assertTrue(recall.value() >= BAR, "macro recall " + recall.value());
        assertEquals(ModelCard.Task.CLASSIFICATION, card.card().task());
        assertEquals(3, card.golden().size());
        Provenance provenance = Provenance.parse(card.lineage()).orElseThrow();
        assertEquals(5, provenance.seed());
        assertEquals("12", provenance.configuration().get("epochs"));
        assertEquals(TRAINING_BOARDS, provenance.data().get(0).items());
        assertEquals(trained.version().digest(), ModelVersionFolder.read(out).digest());
        Path reports = temp.resolve("defects-1.reports");
        assertTrue(Files.readString(reports.resolve("training.json")).contains("\"loss\""));
        assertTrue(Files.readString(reports.resolve("training.html")).contains("<polyline"));
    }

    @Test
    void theSameSeedGivesTheSameVersion() throws Exception {
        Map<String, String> options = options(1);
        options.put("members", "2");
        List<Digest> digests = new ArrayList<>();
        for (String out : List.of("a", "b")) {
            TrainingOrder order =
                    new TrainingOrder(few, temp.resolve(out), "defects", "1", 5, options);
            digests.add(new Classify().train(order, Progress.SILENT).version().digest());
        }
        assertEquals(digests.get(0), digests.get(1));
    }

    @Test
    void aSideThatTheNetworkCannotHaveIsNamed() {
        Map<String, String> options = options(1);
        options.put("labels", "");
        options.put("side", "20");
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                new Classify()
                                        .train(
                                                new TrainingOrder(
                                                        few,
                                                        temp.resolve("c"),
                                                        "c",
                                                        "1",
                                                        1,
                                                        options),
                                                Progress.SILENT));
        assertTrue(refused.getMessage().contains("--side is 20"), refused.getMessage());
    }

    private static TrainingOrder order(Path data, Path out, int epochs) {
        return new TrainingOrder(data, out, "defects", "1", 5, options(epochs));
    }

    private static Map<String, String> options(int epochs) {
        Map<String, String> options = new LinkedHashMap<>();
        new Classify().options().forEach((name, meant) -> options.put(name, meant.standard()));
        options.put("template", "yes");
        options.put("window", "64");
        options.put("side", "32");
        options.put("width", "8");
        options.put("batch", "16");
        options.put("epochs", Integer.toString(epochs));
        return options;
    }
}
