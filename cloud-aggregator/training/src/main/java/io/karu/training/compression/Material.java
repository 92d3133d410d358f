package io.karu.training.compression;

import io.karu.compression.Budget;
import io.karu.compression.Evaluation;
import io.karu.compression.PixelSamples;
import io.karu.compression.Samples;
import io.karu.modelversion.Provenance.DataUse;
import java.util.List;
import java.util.Objects;

/**
 * What a model is compressed with, as it reaches the model's graph.
 *
 * @param scope {@code one-class} or {@code unified}
 * @param budgets what may be lost unless the order says otherwise
 * @param calibration images of good parts, or of what the line shows
 * @param damaged the same with defects
 * @param training images of one size to learn from
 * @param drawsDefects whether training draws defects into every other image; not where they have
 *     their own
 * @param scored inputs of the evaluation, to see what is clipped
 * @param evaluation decides, through the inspector of the station
 * @param calibrates what {@code calibration} is
 * @param decides what {@code evaluation} runs on
 * @param note one sentence about the data for the report
 */
record Material(
        String scope,
        List<Budget> budgets,
        PixelSamples calibration,
        PixelSamples damaged,
        PixelSamples training,
        boolean drawsDefects,
        Samples scored,
        Evaluation evaluation,
        List<DataUse> calibrates,
        List<DataUse> decides,
        String note) {
    /** Half a point, of what is not said. */
    static final double USUAL_LOSS = 0.005;

    static final String ONE_CLASS = "one-class";
    static final String UNIFIED = "unified";

    Material {
        Objects.requireNonNull(scope, "scope");
        Objects.requireNonNull(evaluation, "evaluation");
        budgets = List.copyOf(budgets);
        calibrates = List.copyOf(calibrates);
        decides = List.copyOf(decides);
    }

    /** Only images, to recover what compression cost. */
    static Material of(PixelSamples calibration, PixelSamples training, long seed) {
        return new Material(
                ONE_CLASS,
                List.of(),
                calibration,
                calibration.withDefects(seed),
                training,
                true,
                calibration,
                graph -> List.of(),
                List.of(),
                List.of(),
                "");
    }

    /** Name of the data that decide. */
    String data() {
        return String.join(", ", decides.stream().map(DataUse::name).toList());
    }

    /** Number of samples that decide. */
    long items() {
        return decides.stream().mapToLong(DataUse::items).sum();
    }
}
