package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.bench.BenchReport;
import io.karu.learning.data.Crop;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.metric.Bootstrap;
import io.karu.learning.metric.Confusion;
import io.karu.learning.metric.Interval;
import io.karu.learning.report.Pictures;
import io.karu.learning.report.Report;
import io.karu.learning.report.SampleResult;
import io.karu.modelversion.Metric;
import io.karu.vision.Image;
import io.karu.vision.inspect.ClassificationInspector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs a classification model over labelled pieces of images with the station's own inspector.
 *
 * @param confusion what was decided for which class
 * @param worst wrong pieces, the surest first
 * @param millis time for one piece: preprocessing, inference on one thread, reading
 */
public record ClassificationEvaluation(
        Confusion confusion, List<SampleResult> worst, double[] millis) {

    /** One wrong decision. */
    private record Wrong(Crop crop, String decided, double score) {}

    /**
     * Evaluates.
     *
     * @throws IllegalArgumentException when the data hold a class that the model does not know
     */
    public static ClassificationEvaluation of(
            ModelCard card, InferenceSession session, DataSet data)
            throws IOException, InferenceException {
        Confusion confusion = new Confusion(card.labels());
        List<Wrong> wrong = new ArrayList<>();
        List<Double> millis = new ArrayList<>();
        int window = card.parameters().getOrDefault(Crops.WINDOW, 64.0).intValue();
        boolean pairs =
                card.inputs().stream()
                        .anyMatch(input -> input.name().equals(ClassificationInspector.TEMPLATE));
        Crops crops =
                new Crops(
                        card.preprocessing().color(),
                        window,
                        0,
                        pairs ? Crops.Templates.NEEDED : Crops.Templates.LEFT_OUT);
        try (ClassificationInspector inspector = new ClassificationInspector(Set.of())) {
            crops.forEach(
                    data,
                    crop -> {
                        int truth = card.labels().indexOf(crop.label());
                        if (truth < 0) {
                            throw new IllegalArgumentException(
                                    crop.id()
                                            + " is of class "
                                            + crop.label()
                                            + "; the model knows "
                                            + card.labels());
                        }
                        Image piece = crop.piece();
                        try {
                            inspector.prepare(card, session, piece.width(), piece.height());
                            long start = System.nanoTime();
                            if (pairs) {
                                inspector.fill(piece, crop.templatePiece().orElseThrow());
                            } else {
                                inspector.fill(piece);
                            }
                            inspector.run();
                            int decided = inspector.mostProbable();
                            millis.add((System.nanoTime() - start) / 1e6);
                            confusion.add(truth, decided);
                            if (decided != truth) {
                                wrong.add(
                                        new Wrong(
                                                crop,
                                                card.labels().get(decided),
                                                inspector.labelScore(decided)));
                            }
                        } catch (InferenceException e) {
                            throw new IllegalStateException(crop.id() + ": " + e.getMessage(), e);
                        }
                    });
        }
        double[] times = millis.stream().mapToDouble(Double::doubleValue).toArray();
        return new ClassificationEvaluation(confusion, pictures(wrong), times);
    }

    Evaluated evaluated(Subject subject, DataSet data, String part) throws IOException {
        Interval recall = confusion.macroRecall(Bootstrap.withSeed(1));
        BenchReport table =
                subject.table(data, part)
                        .figure("images", data.samples().size(), "")
                        .figure("pieces", confusion.total(), "")
                        .figure("macro recall", recall.value(), "")
                        .figure("macro recall, 95 % from", recall.low(), "")
                        .figure("macro recall, 95 % to", recall.high(), "")
                        .figure("accuracy", confusion.accuracy(), "")
                        .figure("macro recall of one class for all", 1.0 / classes(), "");
        for (int k = 0; k < confusion.labels().size(); k++) {
            if (confusion.samples(k) > 0) {
                table.figure("  recall of " + confusion.labels().get(k), confusion.recall(k), "");
            }
        }
        List<Double> times = Arrays.stream(millis).boxed().toList();
        table.figure("one piece, p50", Subject.percentile(times, 0.5), "ms")
                .figure("one piece, p99", Subject.percentile(times, 0.99), "ms");
        List<Metric> metrics =
                List.of(
                        Metric.of("macro recall", recall.value(), data.name(), part)
                                .within(recall.low(), recall.high())
                                .over(confusion.total()),
                        Metric.of("macro recall", 1.0 / classes(), data.name(), part)
                                .over(confusion.total())
                                .asBaseline(),
                        Metric.of("accuracy", confusion.accuracy(), data.name(), part)
                                .over(confusion.total()));
        Report report = subject.report(data, part, metrics).confusion(confusion).samples(worst);
        return new Evaluated(table, report);
    }

    /** Classes that occur. */
    private int classes() {
        int count = 0;
        for (int k = 0; k < confusion.labels().size(); k++) {
            count += confusion.samples(k) > 0 ? 1 : 0;
        }
        return count;
    }

    private static List<SampleResult> pictures(List<Wrong> wrong) throws IOException {
        wrong.sort(Comparator.comparingDouble(Wrong::score).reversed());
        List<SampleResult> results = new ArrayList<>();
        for (Wrong one : wrong.subList(0, Math.min(wrong.size(), Report.MAX_SAMPLES))) {
            results.add(
                    new SampleResult(
                            one.crop().id(),
                            one.crop().label(),
                            one.decided(),
                            one.score(),
                            Optional.empty(),
                            true,
                            "",
                            Pictures.png(one.crop().piece()),
                            Optional.empty(),
                            Optional.empty(),
                            List.of()));
        }
        return results;
    }
}
