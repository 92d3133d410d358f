package io.karu.training.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelCard;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.metric.Auroc;
import io.karu.learning.metric.Bootstrap;
import io.karu.learning.metric.Interval;
import io.karu.learning.metric.Localisation;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.AnomalyInspector;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Scores of test parts by a model, as the station would compute them, and what follows from them.
 *
 * @param scores one for each part
 * @param wholes scores by the whole part alone; empty where the model does not tell them apart
 * @param defective what each part is
 * @param localisation absent defects have no mask
 * @param byKind AUROC of each kind of defect against all good parts
 */
record Scoring(
        double[] scores,
        double[] wholes,
        boolean[] defective,
        Localisation localisation,
        Map<String, Double> byKind) {

    static Scoring of(ModelCard card, InferenceSession session, AnomalyParts parts)
            throws IOException, InferenceException {
        List<TestPart> test = parts.test();
        double[] scores = new double[test.size()];
        boolean apart =
                session.outputs().stream()
                        .anyMatch(output -> output.name().equals(AnomalyInspector.EXTENT));
        double[] wholes = new double[apart ? test.size() : 0];
        boolean[] defective = new boolean[test.size()];
        Localisation localisation = new Localisation();
        try (AnomalyInspector inspector = new AnomalyInspector(parts.product())) {
            for (int i = 0; i < scores.length; i++) {
                TestPart part = test.get(i);
                GrayImage image = part.image().read();
                inspector.prepare(card, session, image.width(), image.height());
                inspector.fill(image);
                inspector.run();
                scores[i] = inspector.score();
                if (apart) {
                    wholes[i] = inspector.score(1);
                }
                defective[i] = part.defective();
                boolean[] mask =
                        part.mask().isPresent()
                                ? part.mask().get().read(image)
                                : new boolean[image.width() * image.height()];
                if (!part.defective() || part.mask().isPresent()) {
                    localisation.add(
                            enlarged(inspector, image.width(), image.height()),
                            mask,
                            image.width(),
                            image.height());
                }
            }
        }
        return new Scoring(
                scores, wholes, defective, localisation, byKind(test, scores, defective));
    }

    /** Scores of good parts by a graph. */
    static double[] good(InferenceEngine engine, byte[] graph, List<GoodPart> parts)
            throws IOException, InferenceException {
        ModelCard card =
                new ModelCard(
                        "good",
                        "1",
                        ModelCard.Task.ANOMALY,
                        List.of(),
                        List.of(AnomalyModel.IMAGE),
                        List.of(),
                        Map.of(AnomalyInspector.THRESHOLD, 1.0),
                        "");
        List<TestPart> test =
                parts.stream()
                        .map(
                                part ->
                                        new TestPart(
                                                part.part(),
                                                TestPart.GOOD,
                                                part.image(),
                                                Optional.empty()))
                        .toList();
        Path file = Files.createTempFile("karu-anomaly", ".onnx");
        try {
            Files.write(file, graph);
            try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                return of(card, session, new AnomalyParts("", List.of(), test)).scores();
            }
        } finally {
            Files.delete(file);
        }
    }

    Interval auroc(long seed) {
        return Bootstrap.withSeed(seed).auroc(scores, defective);
    }

    /** As {@link #auroc}, by the whole part alone. */
    double aurocOfWhole() {
        return Auroc.of(wholes, defective);
    }

    /** Share of good parts that a threshold rejects. */
    double falseRejects(double threshold) {
        return share(threshold, false);
    }

    /** Share of defective parts that a threshold rejects. */
    double detected(double threshold) {
        return share(threshold, true);
    }

    private double share(double threshold, boolean bad) {
        int count = 0;
        int rejected = 0;
        for (int i = 0; i < scores.length; i++) {
            if (defective[i] == bad) {
                count++;
                rejected += scores[i] >= threshold ? 1 : 0;
            }
        }
        return (double) rejected / count;
    }

    private static Map<String, Double> byKind(
            List<TestPart> test, double[] scores, boolean[] defective) {
        Map<String, Double> all = new TreeMap<>();
        test.stream()
                .filter(TestPart::defective)
                .map(TestPart::kind)
                .distinct()
                .forEach(
                        kind -> {
                            int[] kept =
                                    java.util.stream.IntStream.range(0, scores.length)
                                            .filter(
                                                    i ->
                                                            !defective[i]
                                                                    || test.get(i)
                                                                            .kind()
                                                                            .equals(kind))
                                            .toArray();
                            double[] some = new double[kept.length];
                            boolean[] bad = new boolean[kept.length];
                            for (int i = 0; i < kept.length; i++) {
                                some[i] = scores[kept[i]];
                                bad[i] = defective[kept[i]];
                            }
                            all.put(kind, Auroc.of(some, bad));
                        });
        return all;
    }

    /** The map at the image's size, bilinear between the centres of its cells. */
    static float[] enlarged(AnomalyInspector inspector, int width, int height) {
        int columns = inspector.mapColumns();
        int rows = inspector.mapRows();
        FloatBuffer map = inspector.map();
        float[] pixels = new float[width * height];
        for (int y = 0; y < height; y++) {
            float fy = Math.max(0, Math.min(rows - 1f, (y + 0.5f) * rows / height - 0.5f));
            int y0 = (int) fy;
            int y1 = Math.min(rows - 1, y0 + 1);
            for (int x = 0; x < width; x++) {
                float fx = Math.max(0, Math.min(columns - 1f, (x + 0.5f) * columns / width - 0.5f));
                int x0 = (int) fx;
                int x1 = Math.min(columns - 1, x0 + 1);
                float top = mix(map.get(y0 * columns + x0), map.get(y0 * columns + x1), fx - x0);
                float low = mix(map.get(y1 * columns + x0), map.get(y1 * columns + x1), fx - x0);
                pixels[y * width + x] = mix(top, low, fy - y0);
            }
        }
        return pixels;
    }

    private static float mix(float a, float b, float share) {
        return a + (b - a) * share;
    }
}
