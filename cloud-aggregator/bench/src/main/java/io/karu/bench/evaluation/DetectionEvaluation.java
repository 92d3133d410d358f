package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.learning.data.Annotation;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.learning.metric.DetectionPrecision;
import io.karu.learning.metric.DetectionPrecision.Located;
import io.karu.learning.metric.DetectionPrecision.Scored;
import io.karu.modelversion.Metric;
import io.karu.vision.Box;
import io.karu.vision.DetectionScore;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.PairInspector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Runs a detector of pairs over annotated pairs with the station's own inspector, and scores it by
 * DeepPCB's rule: an overlap above {@value #DEEP_PCB} with a free defect of the same class.
 */
public final class DetectionEvaluation {
    /** DeepPCB's limit of the intersection over union (Tang et al. 2019). */
    public static final double DEEP_PCB = 0.33;

    /** The limit of most later papers. */
    public static final double HALF = 0.5;

    /** Findings below this score are not counted. */
    public static final double LEAST = 0.01;

    private final ModelCard card;
    private final String data;
    private final List<Seen> seen = new ArrayList<>();
    private final List<Double> decodeMillis = new ArrayList<>();
    private final List<Double> inspectMillis = new ArrayList<>();
    private long candidates;
    private DetectionScore trivial = DetectionScore.NONE;

    /** What was found on a sample, and what is there. */
    private record Seen(Sample sample, List<Scored> found, List<Located> defects) {}

    private DetectionEvaluation(ModelCard card, String data) {
        this.card = card;
        this.data = data;
    }

    /**
     * Evaluates on every sample that has a template.
     *
     * @throws IllegalArgumentException when no sample has a template, or one has a class that the
     *     model does not know
     */
    public static DetectionEvaluation of(ModelCard card, InferenceSession session, DataSet data)
            throws IOException, InferenceException {
        DetectionEvaluation evaluation = new DetectionEvaluation(card, data.name());
        XorBaseline baseline = new XorBaseline();
        GrayImage image = new GrayImage();
        GrayImage template = new GrayImage();
        try (PairInspector inspector = new PairInspector();
                GrayDecoder decoder = new GrayDecoder()) {
            for (Sample sample : data.samples()) {
                if (sample.template().isPresent()) {
                    ByteBuffer test = ByteBuffer.wrap(Files.readAllBytes(sample.image()));
                    ByteBuffer reference =
                            ByteBuffer.wrap(Files.readAllBytes(sample.template().get()));
                    long start = System.nanoTime();
                    decoder.decode(test, image);
                    decoder.decode(reference, template);
                    evaluation.decodeMillis.add((System.nanoTime() - start) / 1e6);
                    inspector.prepare(card, session, image.width(), image.height());
                    evaluation.inspect(sample, inspector, image, template);
                    evaluation.compare(sample, baseline.boxes(image, template));
                }
            }
        }
        if (evaluation.seen.isEmpty()) {
            throw new IllegalArgumentException(data.name() + " holds no pair of images");
        }
        return evaluation;
    }

    private void inspect(
            Sample sample, PairInspector inspector, GrayImage image, GrayImage template)
            throws InferenceException {
        long start = System.nanoTime();
        inspector.fill(image, template);
        inspector.run();
        List<Finding> findings = inspector.findings(LEAST);
        inspectMillis.add((System.nanoTime() - start) / 1e6);
        candidates += inspector.candidates();
        seen.add(new Seen(sample, scored(card, findings), defects(card, sample)));
    }

    private void compare(Sample sample, List<Box> boxes) {
        List<Box> truth = sample.annotations().stream().map(Annotation::box).toList();
        trivial = trivial.plus(DetectionScore.of(boxes, truth, DEEP_PCB));
    }

    /** The XOR baseline, classes not told apart. */
    public DetectionScore trivial() {
        return trivial;
    }

    /** What a detector found of the classes that its card names. */
    public static List<Scored> scored(ModelCard card, List<Finding> findings) {
        List<Scored> found = new ArrayList<>();
        for (Finding finding : findings) {
            int type = card.labels().indexOf(finding.label());
            if (type >= 0) {
                double right = finding.x() + finding.width();
                double bottom = finding.y() + finding.height();
                found.add(
                        new Scored(
                                new Located(finding.x(), finding.y(), right, bottom, type),
                                finding.score()));
            }
        }
        return found;
    }

    /**
     * What is wrong with a sample.
     *
     * @throws IllegalArgumentException when the card does not name the class of a defect
     */
    public static List<Located> defects(ModelCard card, Sample sample) {
        List<Located> defects = new ArrayList<>();
        for (Annotation mark : sample.annotations()) {
            int type = card.labels().indexOf(mark.label());
            if (type < 0) {
                throw new IllegalArgumentException(
                        sample.id()
                                + " has a defect of class "
                                + mark.label()
                                + "; the model knows "
                                + card.labels());
            }
            double right = mark.box().x() + mark.box().width();
            double bottom = mark.box().y() + mark.box().height();
            defects.add(new Located(mark.box().x(), mark.box().y(), right, bottom, type));
        }
        return defects;
    }

    /** Precision at a limit of the overlap. */
    public DetectionPrecision precision(double overlap) {
        return precision(overlap, sample -> true);
    }

    /** Precision on part of the samples. */
    public DetectionPrecision precision(double overlap, Predicate<Sample> part) {
        DetectionPrecision precision = new DetectionPrecision(card.labels().size(), overlap);
        seen.stream()
                .filter(each -> part.test(each.sample))
                .forEach(each -> precision.add(each.found, each.defects));
        return precision;
    }

    /** Counts at the card's threshold by DeepPCB's rule, classes not told apart. */
    public DetectionPrecision.Counts withoutClasses() {
        double threshold = card.parameter("threshold");
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        for (Seen each : seen) {
            precision.add(
                    each.found.stream()
                            .map(found -> new Scored(classless(found.where()), found.score()))
                            .toList(),
                    each.defects.stream().map(DetectionEvaluation::classless).toList());
        }
        return precision.counts(threshold);
    }

    private static Located classless(Located box) {
        return new Located(box.left(), box.top(), box.right(), box.bottom(), 0);
    }

    /** Number of pairs. */
    public int pairs() {
        return seen.size();
    }

    /** Candidates per pair. */
    public double candidates() {
        return candidates / (double) seen.size();
    }

    /** Milliseconds for decoding both images, pair by pair. */
    public double[] decodeMillis() {
        return decodeMillis.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** Milliseconds for candidates, inference and findings, pair by pair. */
    public double[] inspectMillis() {
        return inspectMillis.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** The card's metrics. */
    public List<Metric> metrics(String split) {
        DetectionPrecision official = precision(DEEP_PCB);
        double threshold = card.parameter("threshold");
        List<Metric> metrics = new ArrayList<>();
        metrics.add(metric("mAP at IoU 0.33", official.mean(), split));
        metrics.add(metric("mAP at IoU 0.5", precision(HALF).mean(), split));
        metrics.add(metric("F at the threshold", official.counts(threshold).f(), split));
        metrics.add(metric("precision", official.counts(threshold).precision(), split));
        metrics.add(metric("recall", official.counts(threshold).recall(), split));
        for (int type = 0; type < card.labels().size(); type++) {
            double average = official.average(type);
            if (!Double.isNaN(average)) {
                metrics.add(metric("AP of " + card.labels().get(type), average, split));
            }
        }
        return metrics;
    }

    private Metric metric(String name, double value, String split) {
        return Metric.of(name, value, data, split).over(seen.size());
    }
}
