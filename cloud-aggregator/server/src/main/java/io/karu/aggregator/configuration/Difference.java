package io.karu.aggregator.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Compares what a component has with what it should have. Passwords cannot be compared. */
public final class Difference {
    private Difference() {}

    /** The first property that differs, as a text; empty when none does. */
    public static Optional<String> find(ComponentUpdate wanted, ComponentConfiguration found) {
        return wanted.properties().entrySet().stream()
                .filter(entry -> entry.getValue().type() != PropertyValue.Type.PASSWORD)
                .filter(entry -> entry.getValue().value() != null)
                .filter(
                        entry ->
                                !same(
                                        entry.getValue().value(),
                                        Optional.ofNullable(found.properties().get(entry.getKey()))
                                                .map(PropertyValue::value)
                                                .orElse(null)))
                .map(
                        entry ->
                                entry.getKey()
                                        + " is "
                                        + Optional.ofNullable(
                                                        found.properties().get(entry.getKey()))
                                                .map(PropertyValue::value)
                                                .map(JsonNode::toString)
                                                .orElse("not set")
                                        + ", not "
                                        + entry.getValue().value())
                .findFirst();
    }

    private static boolean same(JsonNode wanted, JsonNode found) {
        if (found == null || wanted.size() != found.size()) {
            return false;
        }
        if (wanted.isArray()) {
            for (int i = 0; i < wanted.size(); i++) {
                if (!same(wanted.get(i), found.get(i))) {
                    return false;
                }
            }
            return found.isArray();
        }
        if (wanted.isNumber() && found.isNumber()) {
            return wanted.decimalValue().compareTo(found.decimalValue()) == 0;
        }
        return wanted.asText().equals(found.asText());
    }
}
