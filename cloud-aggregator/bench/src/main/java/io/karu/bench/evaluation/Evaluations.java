package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.learning.data.DataSet;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.vision.inspect.Inspectors;
import java.io.IOException;
import java.util.List;

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
                case CLASSIFICATION -> classification(version, session, subject, data, part);
                case ANOMALY -> AnomalyEvaluation.of(subject, data, part);
            };
        }
    }

    /** Samples of classes that the model does not know are left out, and that is said. */
    private static Evaluated classification(
            ModelVersionFolder version,
            InferenceSession session,
            Subject subject,
            DataSet data,
            String part)
            throws IOException, InferenceException {
        List<String> labels = version.card().labels();
        DataSet known = data.filter(s -> s.label().isEmpty() || labels.contains(s.label().get()));
        int unknown = data.samples().size() - known.samples().size();
        if (known.samples().isEmpty()) {
            throw new IllegalArgumentException(
                    data.name() + " has classes " + data.labels() + ", the model knows " + labels);
        }
        Evaluated evaluated =
                ClassificationEvaluation.of(version.card(), session, known)
                        .evaluated(subject, known, part);
        if (unknown > 0) {
            String note = unknown + " samples of other classes than the model's were left out";
            evaluated.table().note(note);
            evaluated.report().note(note);
        }
        return evaluated;
    }

    /** Of data with templates, those that have one; data without any stay as they are. */
    private static DataSet pairs(DataSet data) {
        DataSet pairs = data.filter(sample -> sample.template().isPresent());
        return pairs.samples().isEmpty() ? data : pairs;
    }
}
