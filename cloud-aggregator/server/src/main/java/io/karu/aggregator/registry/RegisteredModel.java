package io.karu.aggregator.registry;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A model: a name under which versions are registered.
 *
 * @param tags free key-value pairs
 * @param versions how many it has
 */
public record RegisteredModel(
        String name,
        String description,
        Map<String, String> tags,
        int versions,
        Instant createdAt,
        String createdBy,
        Instant updatedAt) {
    public RegisteredModel {
        tags = Collections.unmodifiableMap(new TreeMap<>(tags));
    }

    /**
     * What people wrote on a version; the version itself never changes.
     *
     * @param tags free key-value pairs
     */
    public record VersionNotes(String description, Map<String, String> tags, Instant updatedAt) {
        public VersionNotes {
            tags = Collections.unmodifiableMap(new TreeMap<>(tags));
        }
    }
}
