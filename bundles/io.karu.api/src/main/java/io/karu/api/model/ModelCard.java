package io.karu.api.model;

import io.karu.api.inference.TensorInfo;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What is known of a model version beside its graph; the content of {@code model.json}
 * (docs/contracts.md, "Model card").
 *
 * @param name model name
 * @param version the author's label of this version, for a person; identity is the digest
 * @param task what the graph does; decides how its outputs are read
 * @param labels class names in the graph's order; empty for anomaly tasks
 * @param inputs inputs with names, types and shapes
 * @param outputs outputs likewise
 * @param preprocessing how a frame becomes the graph's input
 * @param parameters numbers that belong to the model's pre- and post-processing (thresholds,
 *     minimum area in pixels …)
 * @param description one sentence for a person
 */
public record ModelCard(
        String name,
        String version,
        Task task,
        List<String> labels,
        List<TensorInfo> inputs,
        List<TensorInfo> outputs,
        Preprocessing preprocessing,
        Map<String, Double> parameters,
        String description) {

    /** What a graph does. */
    public enum Task {
        /**
         * Two aligned images in ({@code image}, {@code template}), one score map out ({@code
         * score}): golden-template comparison.
         */
        TEMPLATE_COMPARISON,
        /** One image in, one probability for each label out ({@code probability}, [1,K]). */
        CLASSIFICATION,
        /** One image or a pair in, boxes with class and score out. */
        DETECTION,
        /** One image in, score map and image score out. */
        ANOMALY
    }

    public ModelCard {
        ModelRef.requireName(name);
        Objects.requireNonNull(version, "version");
        Objects.requireNonNull(task, "task");
        labels = List.copyOf(labels);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        Objects.requireNonNull(preprocessing, "preprocessing");
        parameters = Map.copyOf(parameters);
        Objects.requireNonNull(description, "description");
    }

    /** A card of a model that takes gray frames as they are. */
    public ModelCard(
            String name,
            String version,
            Task task,
            List<String> labels,
            List<TensorInfo> inputs,
            List<TensorInfo> outputs,
            Map<String, Double> parameters,
            String description) {
        this(
                name,
                version,
                task,
                labels,
                inputs,
                outputs,
                Preprocessing.AS_IS,
                parameters,
                description);
    }

    /** A parameter of the card. IllegalArgumentException when it is absent. */
    public double parameter(String key) {
        Double value = parameters.get(key);
        if (value == null) {
            throw new IllegalArgumentException(
                    "model " + name + " " + version + ": card has no parameter " + key);
        }
        return value;
    }
}
