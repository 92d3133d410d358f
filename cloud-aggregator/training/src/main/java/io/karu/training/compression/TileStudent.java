package io.karu.training.compression;

import ai.djl.ndarray.NDArray;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.compression.LabelledPixels;
import io.karu.compression.PixelSamples;
import io.karu.learning.djl.Optimizer;
import io.karu.learning.djl.Schedule;
import io.karu.learning.djl.TrainableGraph;
import io.karu.learning.djl.TrainingPlan;
import io.karu.learning.djl.TrainingRun;
import io.karu.onnx.Graph;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.Preprocessor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The benchmark's anomaly model: MobileNetV1 as trained on ImageNet is the teacher, a student of
 * plain convolutions learns its features on good magnetic tiles of DifferNet's training split.
 */
final class TileStudent {
    private static final int SIDE = 96;
    private static final int CELLS = 24;
    private static final int BATCH = 8;
    private static final int STEPS_EACH = 25;

    private final Path tiles;
    private final Path backbone;
    private final long seed;

    TileStudent(Path data, long seed) {
        this.tiles = data.resolve("magnetic-tile");
        this.backbone = data.resolve("backbones/mobilenet_v1_1.0_224_tfjs");
        this.seed = seed;
    }

    static ModelCard card() {
        return new ModelCard(
                "tiles",
                "1",
                ModelCard.Task.ANOMALY,
                List.of(),
                List.of(
                        new TensorInfo(
                                StudentTeacher.IMAGE,
                                ElementType.UINT8,
                                List.of(-1L, 1L, (long) SIDE, (long) SIDE))),
                List.of(
                        new TensorInfo(
                                StudentTeacher.MAP,
                                ElementType.FLOAT,
                                List.of(-1L, 1L, (long) CELLS, (long) CELLS)),
                        new TensorInfo(
                                StudentTeacher.SCORE, ElementType.FLOAT, List.of(-1L, 1L, 1L, 1L))),
                preprocessing(),
                Map.of(),
                "student and teacher on magnetic tiles");
    }

    private static Preprocessing preprocessing() {
        return new Preprocessing(
                Preprocessing.Color.GRAY, Preprocessing.Scaling.AREA, Preprocessing.Fit.STRETCH, 0);
    }

    /** The good tiles that a model may see. */
    PixelSamples training() throws IOException {
        Set<String> names =
                new TreeSet<>(Files.readAllLines(tiles.resolve("mtd_train_filenames.txt")));
        List<Map<String, byte[]>> images = new ArrayList<>();
        for (Path file : files("MT_Free")) {
            if (names.contains(file.getFileName().toString())) {
                images.add(Map.of(StudentTeacher.IMAGE, pixels(file)));
            }
        }
        return new PixelSamples(shapes(), images);
    }

    /** The tiles that are only scored. */
    LabelledPixels test() throws IOException {
        Set<String> names =
                new TreeSet<>(Files.readAllLines(tiles.resolve("mtd_train_filenames.txt")));
        List<Map<String, byte[]>> images = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        List<boolean[]> masks = new ArrayList<>();
        for (String kind :
                List.of("MT_Free", "MT_Blowhole", "MT_Break", "MT_Crack", "MT_Fray", "MT_Uneven")) {
            for (Path file : files(kind)) {
                if (kind.equals("MT_Free") && names.contains(file.getFileName().toString())) {
                    continue;
                }
                images.add(Map.of(StudentTeacher.IMAGE, pixels(file)));
                labels.add(kind.equals("MT_Free") ? 0 : 1);
                String name = file.getFileName().toString();
                masks.add(mask(file.resolveSibling(name.replaceFirst("jpg$", "png"))));
            }
        }
        return new LabelledPixels(
                card(),
                new PixelSamples(shapes(), images),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                masks);
    }

    /** Trains the student. */
    Graph train(PixelSamples good, int epochs, Consumer<String> progress) throws Exception {
        StudentTeacher twins =
                StudentTeacher.of(
                        Networks.mobileNetV1(backbone, SIDE),
                        Networks.plainStudent(SIDE, seed),
                        StudentTeacher.Distance.COSINE,
                        1,
                        SIDE,
                        CELLS);
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(epochs, STEPS_EACH)
                        .optimizer(Optimizer.adamW(1e-4), 2e-3, Schedule.cosine(0.05, 0.02))
                        .clip(1)
                        .listener(
                                (step, of, metrics) -> {
                                    if (step % STEPS_EACH == 0) {
                                        progress.accept(
                                                "student " + step + "/" + of + " " + metrics);
                                    }
                                })
                        .build();
        try (TrainableGraph graph = TrainableGraph.of(twins.graph())) {
            graph.freeze("^" + StudentTeacher.TEACHER);
            int size = SIDE * SIDE;
            new TrainingRun(graph, plan)
                    .run(
                            step -> {
                                int[] picked = step.pick(good.size(), BATCH);
                                byte[] batch = new byte[BATCH * size];
                                for (int i = 0; i < BATCH; i++) {
                                    byte[] image =
                                            good.images().get(picked[i]).get(StudentTeacher.IMAGE);
                                    System.arraycopy(image, 0, batch, i * size, size);
                                }
                                Map<String, NDArray> distances =
                                        step.forward(
                                                Map.of(
                                                        StudentTeacher.IMAGE,
                                                        step.pixels(batch, BATCH, 1, SIDE, SIDE)),
                                                twins.distances());
                                NDArray loss = null;
                                for (NDArray distance : distances.values()) {
                                    NDArray mean = distance.mean();
                                    loss = loss == null ? mean : loss.add(mean);
                                }
                                return loss;
                            });
            return graph.writeBack();
        }
    }

    private static Map<String, List<Long>> shapes() {
        return Map.of(StudentTeacher.IMAGE, List.of(1L, 1L, (long) SIDE, (long) SIDE));
    }

    private List<Path> files(String kind) throws IOException {
        try (Stream<Path> files = Files.list(tiles.resolve(kind).resolve("Imgs"))) {
            return files.filter(f -> f.toString().endsWith(".jpg")).sorted().toList();
        }
    }

    private static byte[] pixels(Path file) throws IOException {
        byte[] pixels = new byte[SIDE * SIDE];
        new Preprocessor(preprocessing(), List.of(1L, 1L, (long) SIDE, (long) SIDE))
                .write(decode(file), ByteBuffer.wrap(pixels));
        return pixels;
    }

    private static boolean[] mask(Path file) throws IOException {
        GrayImage image = decode(file);
        boolean[] mask = new boolean[CELLS * CELLS];
        for (int y = 0; y < CELLS; y++) {
            for (int x = 0; x < CELLS; x++) {
                for (int fy = y * image.height() / CELLS;
                        fy < (y + 1) * image.height() / CELLS;
                        fy++) {
                    for (int fx = x * image.width() / CELLS;
                            fx < (x + 1) * image.width() / CELLS;
                            fx++) {
                        mask[y * CELLS + x] |=
                                (image.pixels()[fy * image.width() + fx] & 0xff) > 127;
                    }
                }
            }
        }
        return mask;
    }

    private static GrayImage decode(Path file) throws IOException {
        GrayImage image = new GrayImage();
        try (GrayDecoder decoder = new GrayDecoder()) {
            decoder.decode(ByteBuffer.wrap(Files.readAllBytes(file)), image);
        }
        return image;
    }
}
