package io.karu.aggregator.registry;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.registry.RegisteredModel.VersionNotes;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Models by name, and what people write on them and on their versions. Thread-safe. A method that
 * names an unknown model or version throws {@link AggregatorException} {@code MODEL_NOT_FOUND}.
 */
public interface RegisteredModels {
    /** Most characters of a description and of a tag's content. */
    int LONGEST_TEXT = 5000;

    /** All models by name. */
    List<RegisteredModel> list();

    Optional<RegisteredModel> find(String name);

    RegisteredModel get(String name);

    /**
     * Makes a model without versions. Registering a version makes its model as well.
     *
     * @throws AggregatorException {@code MODEL_EXISTS}, {@code INVALID_ARGUMENT}
     */
    RegisteredModel create(
            String name, String description, Map<String, String> tags, String createdBy);

    RegisteredModel describe(String name, String description);

    /**
     * Renames a model that has no version: the name is a part of each version's content and
     * signature.
     *
     * @throws AggregatorException {@code MODEL_EXISTS}, {@code MODEL_IN_USE} when it has versions
     */
    RegisteredModel rename(String name, String newName);

    /**
     * Removes a model that has no version.
     *
     * @throws AggregatorException {@code MODEL_IN_USE} when it has
     */
    void remove(String name);

    void tag(String name, String tag, String content);

    /** Removes a tag; nothing happens when there is none. */
    void untag(String name, String tag);

    /** What is written on a version. */
    VersionNotes notes(ModelVersion version);

    void describe(ModelVersion version, String description);

    void tag(ModelVersion version, String tag, String content);

    /** Removes a tag; nothing happens when there is none. */
    void untag(ModelVersion version, String tag);
}
