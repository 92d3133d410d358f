package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.learning.data.Crop;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.metric.Confusion;
import io.karu.learning.report.Pictures;
import io.karu.learning.report.Report;
import io.karu.learning.report.SampleResult;
import io.karu.vision.Image;
import io.karu.vision.inspect.ClassificationInspector;
import java.io.IOException;
import java.util.ArrayList;
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
        Crops crops = new Crops(card.preprocessing().color(), window, 0);
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
                            inspector.fill(piece);
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
