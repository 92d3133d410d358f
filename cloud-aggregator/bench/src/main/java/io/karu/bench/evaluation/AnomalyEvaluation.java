package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.bench.BenchReport;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.learning.metric.Bootstrap;
import io.karu.learning.metric.Confusion;
import io.karu.learning.metric.Interval;
import io.karu.learning.metric.Localisation;
import io.karu.learning.report.Curve;
import io.karu.learning.report.Curve.Point;
import io.karu.learning.report.Curve.Series;
import io.karu.learning.report.Report;
import io.karu.learning.report.SampleResult;
import io.karu.modelversion.Metric;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Anomaly models: the image score against good and defective samples, the map against masks, and
 * what trivial features tell.
 */
final class AnomalyEvaluation {
    private static final int PICTURES = 24;

    private final Subject subject;
    private final Localisation localisation = new Localisation();
    private final List<Double> scores = new ArrayList<>();
    private final List<Boolean> defective = new ArrayList<>();
    private final List<SampleResult> wrong = new ArrayList<>();
    private final Confusion confusion = new Confusion(List.of("good", "defect"));
    private final TrivialFeatures trivial = new TrivialFeatures();
    private boolean masks;

    private AnomalyEvaluation(Subject subject) {
        this.subject = subject;
    }

    static Evaluated of(Subject subject, DataSet data, String part)
            throws IOException, InferenceException {
        return new AnomalyEvaluation(subject).run(data, part);
    }

    private Evaluated run(DataSet data, String part) throws IOException, InferenceException {
        masks = data.samples().stream().anyMatch(sample -> sample.mask().isPresent());
        try (GrayDecoder decoder = new GrayDecoder()) {
            for (Sample sample : data.samples()) {
                String product = sample.attribute(Sample.PRODUCT);
                double threshold =
                        subject.card()
                                .parameters()
                                .getOrDefault(
                                        "threshold." + product,
                                        subject.card().parameter("threshold"));
                subject.run(sample, threshold);
                double score = subject.inspector().score();
                boolean bad = !sample.isGood();
                scores.add(score);
                defective.add(bad);
                GrayImage image = new GrayImage();
                decoder.decode(ByteBuffer.wrap(Files.readAllBytes(sample.image())), image);
                trivial.add(image, bad);
                confusion.add(bad ? 1 : 0, score >= threshold ? 1 : 0);
                if (masks && subject.inspector().map() != null) {
                    locate(sample, decoder);
                }
                if (bad != score >= threshold) {
                    keep(sample, score, threshold);
                }
            }
        }
        return result(data, part);
    }

    private Evaluated result(DataSet data, String part) throws IOException {
        double[] values = scores.stream().mapToDouble(Double::doubleValue).toArray();
        boolean[] bad = new boolean[values.length];
        for (int i = 0; i < bad.length; i++) {
            bad[i] = defective.get(i);
        }
        BenchReport table =
                subject.table(data, part)
                        .figure("images", values.length, "")
                        .figure("defective", confusion.samples(1), "")
                        .figure("good parts rejected", share(0, 1), "")
                        .figure("defective parts found", share(1, 1), "");
        List<Metric> metrics = new ArrayList<>();
        if (confusion.samples(0) > 0 && confusion.samples(1) > 0) {
            Interval auroc = Bootstrap.withSeed(1).auroc(values, bad);
            table.figure("image AUROC", auroc.value(), "")
                    .figure("image AUROC, 95 % from", auroc.low(), "")
                    .figure("image AUROC, 95 % to", auroc.high(), "");
            metrics.add(
                    Metric.of("image AUROC", auroc.value(), data.name(), part)
                            .within(auroc.low(), auroc.high())
                            .over(values.length));
            table.figure("best trivial feature: image AUROC", trivial.auroc(), "");
            metrics.add(Metric.of("image AUROC", trivial.auroc(), data.name(), part).asBaseline());
        }
        if (masks && localisation.defects() > 0) {
            double pro = localisation.pro(Localisation.USUAL_LIMIT);
            table.figure("pixel AUROC", localisation.auroc(), "").figure("PRO", pro, "");
            metrics.add(Metric.of("pixel AUROC", localisation.auroc(), data.name(), part));
            metrics.add(Metric.of("PRO", pro, data.name(), part));
        }
        subject.times(table);
        wrong.sort(Comparator.comparingDouble(AnomalyEvaluation::distance).reversed());
        Report report =
                subject.report(data, part, metrics)
                        .confusion(confusion)
                        .samples(wrong.stream().limit(PICTURES).toList());
        report.curve(sorted(values, bad));
        return new Evaluated(table, report);
    }

    private double share(int truth, int decided) {
        return confusion.samples(truth) == 0
                ? 0
                : confusion.count(truth, decided) / (double) confusion.samples(truth);
    }

    private void locate(Sample sample, GrayDecoder decoder) throws IOException {
        int columns = subject.inspector().mapColumns();
        int rows = subject.inspector().mapRows();
        FloatBuffer map = subject.inspector().map();
        int width = subject.frame().width();
        int height = subject.frame().height();
        boolean[] mask = new boolean[width * height];
        if (sample.mask().isPresent()) {
            GrayImage drawn = new GrayImage();
            decoder.decode(ByteBuffer.wrap(Files.readAllBytes(sample.mask().get())), drawn);
            if (drawn.width() != width || drawn.height() != height) {
                throw new IOException(
                        sample.mask().get() + " has another size than " + sample.image());
            }
            for (int i = 0; i < mask.length; i++) {
                mask[i] = (drawn.pixels()[i] & 0xff) > 127;
            }
        } else if (!sample.isGood()) {
            return;
        }
        float[] full = new float[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                full[y * width + x] =
                        map.get(
                                (int) ((long) y * rows / height) * columns
                                        + (int) ((long) x * columns / width));
            }
        }
        localisation.add(full, mask, width, height);
    }

    private void keep(Sample sample, double score, double threshold) throws IOException {
        boolean bad = !sample.isGood();
        wrong.add(
                new SampleResult(
                        sample.id(),
                        sample.label().orElse(bad ? "defect" : "good"),
                        bad ? "good" : "defect",
                        score,
                        Optional.of(threshold),
                        true,
                        bad ? "missed" : "false alarm",
                        Files.readAllBytes(sample.image()),
                        subject.heatMap(),
                        sample.mask().isPresent()
                                ? Optional.of(Files.readAllBytes(sample.mask().get()))
                                : Optional.empty(),
                        subject.inspector().findings(threshold)));
        if (wrong.size() > 4 * PICTURES) {
            wrong.sort(Comparator.comparingDouble(AnomalyEvaluation::distance).reversed());
            wrong.subList(PICTURES, wrong.size()).clear();
        }
    }

    private static double distance(SampleResult result) {
        return Math.abs(result.score() - result.threshold().orElse(0.0));
    }

    /** The samples' scores in order, good and defective ones apart. */
    private static Curve sorted(double[] values, boolean[] bad) {
        List<Series> lines = new ArrayList<>();
        for (boolean side : new boolean[] {false, true}) {
            double[] own = new double[values.length];
            int count = 0;
            for (int i = 0; i < values.length; i++) {
                if (bad[i] == side) {
                    own[count++] = values[i];
                }
            }
            Arrays.sort(own, 0, count);
            List<Point> points = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                points.add(new Point(count == 1 ? 0 : i / (double) (count - 1), own[i]));
            }
            lines.add(new Series(side ? "defective" : "good", points));
        }
        return Curve.of(
                "score of good and bad parts", "share of the parts", lines.toArray(Series[]::new));
    }
}
