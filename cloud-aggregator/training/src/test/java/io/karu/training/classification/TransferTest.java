package io.karu.training.classification;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.karu.modelversion.CardFile;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A head on the given backbone, in miniature: few pieces of odd sizes, one class rare. */
class TransferTest {
    private static final Path BACKBONE =
            Path.of("../../../shared/data/backbones/mobilenet_v1_1.0_224_tfjs");

    @TempDir Path temp;

    @Test
    void aRareClassIsFoundByAHeadOnTheGivenBackbone() throws Exception {
        Path out = temp.resolve("parts-1");
        new Classify().train(order(parts(), out, 1), Progress.SILENT);
        CardFile card = ModelVersionFolder.card(out);
        Metric recall = card.metrics().get(0);
        assertEquals("macro recall", recall.name());
        assertTrue(recall.value() >= 0.8, "macro recall " + recall.value());
        assertEquals(List.of(-1L, 3L, 32L, 32L), card.card().inputs().get(0).shape());
    }

    @Test
    void twoHeadsShareOneBackbone() throws Exception {
        Path data = parts();
        Trained one = new Classify().train(order(data, temp.resolve("one"), 1), Progress.SILENT);
        Trained two = new Classify().train(order(data, temp.resolve("two"), 2), Progress.SILENT);
        assertEquals(count(one, "Conv"), count(two, "Conv"));
        assertEquals(count(one, "Gemm") + 1, count(two, "Gemm"));
    }

    private static long count(Trained trained, String operator) throws IOException {
        Graph graph = Graph.read(trained.version().graph());
        return graph.nodes().stream().filter(node -> node.is(operator)).count();
    }

    private Path parts() throws IOException {
        assumeTrue(Files.isDirectory(BACKBONE), BACKBONE + " is absent");
        Path data = temp.resolve("parts");
        SplittableRandom random = new SplittableRandom(3);
        draw(data.resolve("train"), "round", 16, random);
        draw(data.resolve("train"), "square", 3, random);
        draw(data.resolve("test"), "round", 6, random);
        draw(data.resolve("test"), "square", 6, random);
        return data;
    }

    private static TrainingOrder order(Path data, Path out, int members) {
        Map<String, String> options = new LinkedHashMap<>();
        new Classify().options().forEach((name, meant) -> options.put(name, meant.standard()));
        options.put("backbone", BACKBONE.toString());
        options.put("color", "rgb");
        options.put("side", "32");
        options.put("members", Integer.toString(members));
        options.put("epochs", "10");
        options.put("rate", "0.002");
        return new TrainingOrder(data, out, "parts", "1", 5, options);
    }

    private static void draw(Path folder, String shape, int count, SplittableRandom random)
            throws IOException {
        Path into = Files.createDirectories(folder.resolve(shape));
        for (int i = 0; i < count; i++) {
            int width = 30 + random.nextInt(30);
            int height = 30 + random.nextInt(30);
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = image.createGraphics();
            graphics.setColor(color(random, 60));
            graphics.fillRect(0, 0, width, height);
            graphics.setColor(color(random, 190));
            if (shape.equals("round")) {
                graphics.fillOval(width / 5, height / 5, width * 3 / 5, height * 3 / 5);
            } else {
                graphics.fillRect(width / 5, height / 5, width * 3 / 5, height * 3 / 5);
            }
            graphics.dispose();
            ImageIO.write(image, "png", into.resolve(i + ".png").toFile());
        }
    }

    private static Color color(SplittableRandom random, int around) {
        return new Color(
                around + random.nextInt(50),
                around + random.nextInt(50),
                around + random.nextInt(50));
    }
}
