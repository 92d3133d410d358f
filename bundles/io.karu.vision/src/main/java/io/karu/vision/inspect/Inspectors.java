package io.karu.vision.inspect;

import io.karu.api.model.ModelCard;
import java.util.Set;

/** Makes the inspector of a task. */
public final class Inspectors {
    private Inspectors() {}

    /** An inspector for models of this task. */
    public static Inspector forTask(ModelCard.Task task) {
        return forTask(task, Set.of());
    }

    /**
     * An inspector for models of this task in which only the given labels speak against a part.
     *
     * @param rejectLabels empty: those that the model's card says
     */
    public static Inspector forTask(ModelCard.Task task, Set<String> rejectLabels) {
        return switch (task) {
            case TEMPLATE_COMPARISON -> new TemplateInspector();
            case CLASSIFICATION -> new ClassificationInspector(rejectLabels);
            case DETECTION -> new PairInspector();
            case ANOMALY -> new AnomalyInspector("");
        };
    }
}
