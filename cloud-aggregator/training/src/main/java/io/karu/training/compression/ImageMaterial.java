package io.karu.training.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.compression.Budget;
import io.karu.compression.LabelledPixels;
import io.karu.compression.PixelSamples;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.training.compression.CompressionOrder.SubjectOrder;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;

/** For models of one image of fixed size: classifications, and anomaly models of that kind. */
final class ImageMaterial {
    private static final int TRAINING_IMAGES = 1000;

    static final String SYNTHETIC =
            "nothing labelled was given; good images against the same with drawn defects decide,"
                    + " which says how much of what the parent sees is kept, not how good it is";

    private final InferenceEngine engine;
    private final CompressionOrder order;
    private final ModelCard card;

    ImageMaterial(InferenceEngine engine, CompressionOrder order, ModelCard card) {
        this.engine = engine;
        this.order = order;
        this.card = card;
    }

    Material read(SubjectOrder subject) throws IOException {
        ModelImages images = new ModelImages(card);
        DataSet given = DataSets.read(subject.onlyCalibration());
        boolean parts = given.samples().stream().anyMatch(s -> s.part() == Part.TEST);
        DataSet calibrates = parts ? given.filter(s -> s.part() != Part.TEST) : given;
        TensorInfo map = map(card);
        int height = map == null ? 0 : map.shape().get(map.shape().size() - 2).intValue();
        int width = map == null ? 0 : map.shape().get(map.shape().size() - 1).intValue();
        DataUse use = calibrates.use("", "calibration");
        if (subject.evaluation().isPresent() || parts) {
            DataSet decides =
                    subject.evaluation().isPresent()
                            ? DataSets.read(subject.evaluation().get())
                            : given.part(Part.TEST);
            boolean test = decides.samples().stream().anyMatch(s -> s.part() == Part.TEST);
            DataSet scored = test ? decides.part(Part.TEST) : decides;
            PixelSamples calibration = images.calibration(calibrates, order.images());
            PixelSamples training =
                    order.trains() ? images.calibration(calibrates, TRAINING_IMAGES) : calibration;
            return material(
                    subject,
                    calibration,
                    training,
                    images.labelled(scored, height, width),
                    List.of(use),
                    List.of(scored.use("", "test")),
                    "labelled images decide");
        }
        if (card.task() != ModelCard.Task.ANOMALY) {
            throw new IllegalArgumentException(
                    "name labelled images with --evaluation: "
                            + subject.onlyCalibration()
                            + " has no test part");
        }
        PixelSamples more = images.calibration(calibrates, 2 * order.images());
        PixelSamples seen =
                more.of(IntStream.range(0, more.size()).filter(i -> i % 2 == 0).toArray());
        PixelSamples held =
                more.of(IntStream.range(0, more.size()).filter(i -> i % 2 == 1).toArray());
        return material(
                subject,
                seen,
                seen,
                LabelledPixels.synthetic(card, held, height, width, order.seed() + 1),
                List.of(use),
                List.of(calibrates.use("", "held out, drawn defects")),
                SYNTHETIC);
    }

    private Material material(
            SubjectOrder subject,
            PixelSamples calibration,
            PixelSamples training,
            LabelledPixels evaluation,
            List<DataUse> calibrates,
            List<DataUse> decides,
            String note) {
        return new Material(
                subject.scope().orElse(Material.ONE_CLASS),
                List.of(
                        new Budget(
                                card.task() == ModelCard.Task.ANOMALY
                                        ? "image AUROC"
                                        : "macro recall",
                                Material.USUAL_LOSS)),
                calibration,
                calibration.withDefects(order.seed()),
                training,
                true,
                evaluation.images(),
                evaluation.in(engine),
                calibrates,
                decides,
                note);
    }

    /** The output that is a map, null when there is none. */
    private static TensorInfo map(ModelCard card) {
        return card.task() != ModelCard.Task.ANOMALY
                ? null
                : card.outputs().stream()
                        .filter(o -> o.shape().size() >= 3)
                        .filter(o -> o.shape().get(o.shape().size() - 1) > 1)
                        .findFirst()
                        .orElse(null);
    }
}
