package io.karu.aggregator.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A component as the gateway tells it.
 *
 * @param definition the OCD as CONF-V2 gives it ({@code {"ad":[…],"name","description","id"}});
 *     absent when it has none
 * @param properties current values; passwords have no value (they never leave the gateway)
 */
public record ComponentConfiguration(
        String pid,
        Optional<String> factoryPid,
        Optional<JsonNode> definition,
        Map<String, PropertyValue> properties) {
    public ComponentConfiguration {
        properties = java.util.Collections.unmodifiableMap(new TreeMap<>(properties));
    }
}
