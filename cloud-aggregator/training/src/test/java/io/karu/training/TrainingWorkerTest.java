package io.karu.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.modelversion.ModelVersionFolder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./karu train} in its own process. */
class TrainingWorkerTest {
    @TempDir Path folder;

    /** Two classes: a bright row, a bright column. */
    private Path images() throws IOException {
        Random random = new Random(1);
        for (String label : List.of("row", "column")) {
            Path of = Files.createDirectories(folder.resolve("images").resolve(label));
            for (int i = 0; i < 10; i++) {
                BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_BYTE_GRAY);
                int line = random.nextInt(64);
                for (int p = 0; p < 64 * 64; p++) {
                    boolean bright = (label.equals("row") ? p / 64 : p % 64) == line;
                    int level = random.nextInt(40) + (bright ? 200 : 0);
                    image.getRaster().setSample(p % 64, p / 64, 0, level);
                }
                ImageIO.write(image, "png", of.resolve(i + ".png").toFile());
            }
        }
        return folder.resolve("images");
    }

    private String train(Progress progress, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("--out", folder.resolve("model").toString()));
        TrainingOrder order = Train.order(Train.recipe("classify"), words);
        return TrainingWorker.run("classify", words, order, progress);
    }

    @Test
    void aVersionIsTrainedInAProcessOfItsOwnThatTellsHowFarItIs() throws Exception {
        List<String> told = new ArrayList<>();
        Progress progress =
                new Progress() {
                    @Override
                    public void begin(String stage, long total, String unit) {
                        told.add(stage + " of " + total + " " + unit);
                    }

                    @Override
                    public void at(long done, String figures) {
                        told.add(done + ": " + figures);
                    }
                };
        String summary = train(progress, "--data", images().toString(), "--epochs", "1");
        assertTrue(summary.startsWith("model " + folder.resolve("model")), summary);
        String digest = ModelVersionFolder.read(folder.resolve("model")).digest().toString();
        assertTrue(summary.contains(digest), summary);
        assertTrue(told.stream().anyMatch(line -> line.contains("loss")), told.toString());
        assertTrue(told.get(0).startsWith("training of"), told.toString());
        assertFalse(Files.exists(folder.resolve("model.state")), "nothing is left behind");
    }

    @Test
    void whyItFailedIsSaidAndWhereTheLogIs() throws Exception {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        IOException failed =
                assertThrows(
                        IOException.class,
                        () -> train(Progress.SILENT, "--data", empty.toString()));
        assertTrue(failed.getMessage().contains(empty.toString()), failed.getMessage());
        assertTrue(failed.getMessage().contains("worker.log"), failed.getMessage());
        assertEquals(1, Files.list(folder.resolve("model.state")).filter(this::isLog).count());
    }

    private boolean isLog(Path file) {
        return file.endsWith("worker.log");
    }
}
