package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.learning.data.DataSet;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.vision.inspect.Inspectors;
import java.io.IOException;

/** Chooses the evaluation of a model's task. */
public final class Evaluations {
    private Evaluations() {}

    /**
     * Evaluates a version on every sample of the data.
     *
     * @param part what these samples are, for a person
     * @throws IllegalArgumentException when the data do not fit the task
     */
    public static Evaluated of(
            ModelVersionFolder version, InferenceSession session, DataSet data, String part)
            throws IOException, InferenceException {
        if (data.samples().isEmpty()) {
            throw new IllegalArgumentException(data.name() + " holds no sample to evaluate on");
        }
        ModelCard.Task task = version.card().task();
        try (Subject subject = new Subject(version, session, Inspectors.forTask(task))) {
            return switch (task) {
                case TEMPLATE_COMPARISON, DETECTION ->
                        LocatingEvaluation.of(subject, pairs(data), part);
                case CLASSIFICATION ->
                        ClassificationEvaluation.of(version.card(), session, data)
                                .evaluated(subject, data, part);
                case ANOMALY -> AnomalyEvaluation.of(subject, data, part);
            };
        }
    }

    /** Of data with templates, those that have one; data without any stay as they are. */
    private static DataSet pairs(DataSet data) {
        DataSet pairs = data.filter(sample -> sample.template().isPresent());
        return pairs.samples().isEmpty() ? data : pairs;
    }
}
