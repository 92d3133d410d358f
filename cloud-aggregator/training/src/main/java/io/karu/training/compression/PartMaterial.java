package io.karu.training.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelCard;
import io.karu.compression.Budget;
import io.karu.compression.OpenGraph;
import io.karu.compression.Outcome;
import io.karu.compression.Outcomes;
import io.karu.compression.PixelSamples;
import io.karu.learning.anomaly.GoodPart;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.Sha256;
import io.karu.onnx.Graph;
import io.karu.training.TrainingOrder;
import io.karu.training.anomaly.AnomalyParts;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.training.anomaly.FindAnomalies;
import io.karu.training.compression.CompressionOrder.SubjectOrder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.AnomalyInspector;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * For anomaly models that take whole images of any size, of one product or several: good parts
 * calibrate, each in its own size; the test parts decide as the station would, each by its
 * product's score.
 */
final class PartMaterial {
    private static final int TRAINING_PIECES = 512;
    private static final int PIECE = 128;
    private static final int BATCH = 8;

    private final InferenceEngine engine;
    private final CompressionOrder order;
    private final ModelCard card;

    /** A part to score. */
    private record Scored(GrayImage image, boolean defective, boolean[] mask) {}

    PartMaterial(InferenceEngine engine, CompressionOrder order, ModelCard card) {
        this.engine = engine;
        this.order = order;
        this.card = card;
    }

    /** Whether a model takes images of any size. */
    static boolean fits(ModelCard card) {
        return card.task() == ModelCard.Task.ANOMALY
                && card.inputs().size() == 1
                && card.inputs().get(0).shape().size() == 4
                && card.inputs().get(0).shape().subList(2, 4).contains(-1L);
    }

    Material read(SubjectOrder subject) throws IOException {
        List<AnomalyParts> products = FindAnomalies.products(data(subject));
        boolean labelled =
                products.stream()
                        .allMatch(
                                p ->
                                        p.test().stream()
                                                        .map(TestPart::defective)
                                                        .distinct()
                                                        .count()
                                                == 2);
        List<PixelSamples> calibration = new ArrayList<>();
        List<GoodPart> good = new ArrayList<>();
        List<DataUse> calibrates = new ArrayList<>();
        List<DataUse> decides = new ArrayList<>();
        Map<String, List<Scored>> scored = new LinkedHashMap<>();
        for (AnomalyParts product : products) {
            int most = Math.max(1, order.images() / products.size());
            List<GoodPart> seen = spread(product.good(), most, 0);
            PixelSamples pixels = pixels(seen);
            calibration.add(pixels);
            good.addAll(product.good());
            calibrates.add(
                    new DataUse(
                            product.product(),
                            subject.split(),
                            "calibration",
                            digest(pixels),
                            seen.size()));
            List<Scored> parts = new ArrayList<>();
            if (labelled) {
                for (TestPart part : product.test()) {
                    parts.add(scored(part));
                }
            } else {
                parts.addAll(drawn(spread(product.good(), most, 1)));
            }
            scored.put(product.product(), parts);
            decides.add(
                    new DataUse(
                            product.product(),
                            subject.split(),
                            labelled ? "test" : "drawn defects",
                            digest(parts),
                            parts.size()));
        }
        PixelSamples all = calibration.stream().reduce(PixelSamples::and).orElseThrow();
        return new Material(
                subject.scope().orElse(products.size() > 1 ? Material.UNIFIED : Material.ONE_CLASS),
                budgets(scored),
                all,
                all.withDefects(order.seed()),
                order.trains() ? pieces(good) : all,
                true,
                inputs(scored),
                graph -> outcomes(graph, scored),
                calibrates,
                decides,
                labelled
                        ? "test parts decide, scored by the station's inspector, each by its"
                                + " product's own score"
                        : ImageMaterial.SYNTHETIC);
    }

    /** Where masks are known, what the map shows must be kept too. */
    private static List<Budget> budgets(Map<String, List<Scored>> scored) {
        List<Budget> budgets = new ArrayList<>();
        budgets.add(new Budget("image AUROC", Material.USUAL_LOSS));
        boolean located =
                scored.values().stream()
                        .anyMatch(
                                parts ->
                                        parts.stream()
                                                .anyMatch(p -> p.mask() != null && any(p.mask())));
        if (located) {
            budgets.add(new Budget("pixel AUROC", Material.USUAL_LOSS));
            budgets.add(new Budget("PRO", 2 * Material.USUAL_LOSS));
        }
        return budgets;
    }

    /** What {@code ./karu train anomaly} would read. */
    private TrainingOrder data(SubjectOrder subject) {
        List<Path> folders = subject.calibration();
        return new TrainingOrder(
                folders.get(0),
                order.out(),
                card.name(),
                card.version(),
                order.seed(),
                Map.of(
                        "and",
                        folders.stream()
                                .skip(1)
                                .map(Path::toString)
                                .collect(Collectors.joining(",")),
                        "boards",
                        Integer.toString(subject.boards()),
                        "split",
                        subject.split()));
    }

    private static List<GoodPart> spread(List<GoodPart> all, int most, int first) {
        List<GoodPart> some = new ArrayList<>();
        int step = Math.max(2, all.size() / most);
        for (int i = first; i < all.size() && some.size() < most; i += step) {
            some.add(all.get(i));
        }
        return some;
    }

    private static List<Long> shape(GrayImage image) {
        return List.of(1L, 1L, (long) image.height(), (long) image.width());
    }

    private static byte[] bytes(GrayImage image) {
        return Arrays.copyOf(image.pixels(), image.width() * image.height());
    }

    private static PixelSamples pixels(List<GoodPart> parts) throws IOException {
        List<Map<String, List<Long>>> sizes = new ArrayList<>();
        List<Map<String, byte[]>> images = new ArrayList<>();
        for (GoodPart part : parts) {
            GrayImage image = part.image().read();
            sizes.add(Map.of(AnomalyInspector.IMAGE, shape(image)));
            images.add(Map.of(AnomalyInspector.IMAGE, bytes(image)));
        }
        return new PixelSamples(sizes, images);
    }

    private static PixelSamples inputs(Map<String, List<Scored>> scored) {
        List<Map<String, List<Long>>> sizes = new ArrayList<>();
        List<Map<String, byte[]>> images = new ArrayList<>();
        for (List<Scored> parts : scored.values()) {
            for (Scored part : parts) {
                sizes.add(Map.of(AnomalyInspector.IMAGE, shape(part.image())));
                images.add(Map.of(AnomalyInspector.IMAGE, bytes(part.image())));
            }
        }
        return new PixelSamples(sizes, images);
    }

    private static Scored scored(TestPart part) throws IOException {
        GrayImage read = part.image().read();
        GrayImage image = new GrayImage(read.width(), read.height(), bytes(read));
        boolean[] mask =
                part.mask().isPresent()
                        ? part.mask().get().read(image)
                        : part.defective() ? null : new boolean[image.width() * image.height()];
        return new Scored(image, part.defective(), mask);
    }

    /** Good parts and the same with drawn defects. */
    private List<Scored> drawn(List<GoodPart> parts) throws IOException {
        PixelSamples good = pixels(parts);
        PixelSamples damaged = good.withDefects(order.seed() + 1);
        List<Scored> scored = new ArrayList<>();
        for (PixelSamples some : List.of(good, damaged)) {
            for (int i = 0; i < some.size(); i++) {
                List<Long> shape = some.shapes(i).get(AnomalyInspector.IMAGE);
                byte[] pixels = some.images().get(i).get(AnomalyInspector.IMAGE);
                byte[] before = good.images().get(i).get(AnomalyInspector.IMAGE);
                boolean[] mask = new boolean[pixels.length];
                for (int p = 0; p < mask.length; p++) {
                    mask[p] = Math.abs((pixels[p] & 0xff) - (before[p] & 0xff)) > 16;
                }
                scored.add(
                        new Scored(
                                new GrayImage(
                                        shape.get(3).intValue(), shape.get(2).intValue(), pixels),
                                some == damaged,
                                mask));
            }
        }
        return scored;
    }

    /** Pieces of one size from good parts, in batches. */
    private PixelSamples pieces(List<GoodPart> good) throws IOException {
        SplittableRandom random = new SplittableRandom(order.seed());
        List<Map<String, byte[]>> batches = new ArrayList<>();
        byte[] batch = new byte[BATCH * PIECE * PIECE];
        for (int i = 0; i < TRAINING_PIECES; i++) {
            GrayImage image =
                    good.get((int) ((long) i * good.size() / TRAINING_PIECES)).image().read();
            int x = random.nextInt(Math.max(1, image.width() - PIECE + 1));
            int y = random.nextInt(Math.max(1, image.height() - PIECE + 1));
            for (int p = 0; p < PIECE * PIECE; p++) {
                int row = Math.min(image.height() - 1, y + p / PIECE);
                int column = Math.min(image.width() - 1, x + p % PIECE);
                batch[i % BATCH * PIECE * PIECE + p] = image.pixels()[row * image.width() + column];
            }
            if (i % BATCH == BATCH - 1) {
                batches.add(Map.of(AnomalyInspector.IMAGE, batch.clone()));
            }
        }
        return new PixelSamples(
                Map.of(
                        AnomalyInspector.IMAGE,
                        List.of((long) BATCH, 1L, (long) PIECE, (long) PIECE)),
                batches);
    }

    private static Digest digest(List<Scored> parts) {
        MessageDigest all = Sha256.begin();
        parts.forEach(part -> all.update(bytes(part.image())));
        return Sha256.end(all);
    }

    private static Digest digest(PixelSamples samples) {
        MessageDigest all = Sha256.begin();
        samples.images().forEach(image -> all.update(image.get(AnomalyInspector.IMAGE)));
        return Sha256.end(all);
    }

    private List<Outcome> outcomes(Graph graph, Map<String, List<Scored>> scored)
            throws InferenceException {
        Map<String, List<Outcome>> byMetric = new LinkedHashMap<>();
        List<Outcome> single = new ArrayList<>();
        try (InferenceSession session = OpenGraph.session(engine, graph)) {
            for (Map.Entry<String, List<Scored>> product : scored.entrySet()) {
                for (Outcome outcome : outcomes(session, product.getKey(), product.getValue())) {
                    byMetric.computeIfAbsent(outcome.metric(), m -> new ArrayList<>()).add(outcome);
                    if (scored.size() > 1) {
                        single.add(
                                Outcomes.mean(
                                        outcome.metric() + " " + product.getKey(),
                                        List.of(outcome)));
                    }
                }
            }
        }
        List<Outcome> all = new ArrayList<>();
        byMetric.forEach((metric, products) -> all.add(Outcomes.mean(metric, products)));
        all.addAll(single);
        return all;
    }

    private List<Outcome> outcomes(InferenceSession session, String product, List<Scored> parts)
            throws InferenceException {
        double[] scores = new double[parts.size()];
        boolean[] defective = new boolean[parts.size()];
        List<float[]> maps = new ArrayList<>();
        List<boolean[]> masks = new ArrayList<>();
        List<Integer> columns = new ArrayList<>();
        try (AnomalyInspector inspector = new AnomalyInspector(product)) {
            for (int i = 0; i < scores.length; i++) {
                Scored part = parts.get(i);
                GrayImage image = part.image();
                inspector.prepare(card, session, image.width(), image.height());
                inspector.fill(image);
                inspector.run();
                scores[i] = inspector.score();
                defective[i] = part.defective();
                if (part.mask() != null) {
                    maps.add(copy(inspector.map()));
                    masks.add(cells(part, inspector.mapColumns(), inspector.mapRows()));
                    columns.add(inspector.mapColumns());
                }
            }
        }
        List<Outcome> outcomes = new ArrayList<>();
        outcomes.add(Outcomes.imageAuroc(scores, defective));
        boolean located = masks.stream().anyMatch(PartMaterial::any);
        if (located && !masks.stream().allMatch(PartMaterial::any)) {
            outcomes.addAll(
                    Outcomes.localisation(
                            maps.toArray(float[][]::new),
                            masks.toArray(boolean[][]::new),
                            columns.stream().mapToInt(Integer::intValue).toArray()));
        }
        return outcomes;
    }

    private static float[] copy(FloatBuffer map) {
        float[] values = new float[map.capacity()];
        map.get(0, values);
        return values;
    }

    /** Cells of the map with a defective pixel. */
    private static boolean[] cells(Scored part, int columns, int rows) {
        boolean[] cells = new boolean[columns * rows];
        int width = part.image().width();
        int height = part.image().height();
        for (int p = 0; p < part.mask().length; p++) {
            if (part.mask()[p]) {
                cells[p / width * rows / height * columns + p % width * columns / width] = true;
            }
        }
        return cells;
    }

    private static boolean any(boolean[] mask) {
        for (boolean cell : mask) {
            if (cell) {
                return true;
            }
        }
        return false;
    }
}
