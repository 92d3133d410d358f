package io.karu.aggregator.configuration;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Properties to write to one component.
 *
 * @param factoryPid the factory that creates it when it does not exist; absent for a singleton
 * @param properties those to change; the others keep their values
 */
public record ComponentUpdate(
        String pid, Optional<String> factoryPid, Map<String, PropertyValue> properties) {
    public ComponentUpdate {
        if (pid == null || pid.isBlank()) {
            throw new IllegalArgumentException("pid is empty");
        }
        if (properties == null) {
            throw new IllegalArgumentException("properties of " + pid + " are missing");
        }
        factoryPid = factoryPid == null ? Optional.empty() : factoryPid;
        properties = java.util.Collections.unmodifiableMap(new TreeMap<>(properties));
    }
}
