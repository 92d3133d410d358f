package io.karu.aggregator.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.configuration.ComponentConfiguration;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.configuration.PropertyValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** {@code Configuration} of the contract. */
record ConfigurationView(
        String pid,
        Optional<String> factoryPid,
        Optional<Definition> definition,
        Map<String, PropertyValue> properties) {

    static ConfigurationView of(ComponentConfiguration configuration) {
        return new ConfigurationView(
                configuration.pid(),
                configuration.factoryPid(),
                configuration.definition().map(Definition::of),
                withoutPasswords(configuration.properties()));
    }

    private static Map<String, PropertyValue> withoutPasswords(Map<String, PropertyValue> all) {
        return all.entrySet().stream()
                .collect(
                        Collectors.toMap(
                                Map.Entry::getKey, entry -> withoutPassword(entry.getValue())));
    }

    private static PropertyValue withoutPassword(PropertyValue property) {
        return property.type() == PropertyValue.Type.PASSWORD
                ? new PropertyValue(property.type(), null)
                : property;
    }

    /** An object class definition as Kura's CONF-V2 writes it, in the contract's words. */
    record Definition(String id, String name, String description, List<Attribute> attributes) {
        static Definition of(JsonNode ocd) {
            return new Definition(
                    ocd.path("id").asText(),
                    ocd.path("name").asText(ocd.path("id").asText()),
                    ocd.path("description").asText(""),
                    StreamSupport.stream(ocd.path("ad").spliterator(), false)
                            .map(Attribute::of)
                            .toList());
        }
    }

    record Attribute(
            String id,
            String name,
            String description,
            String type,
            int cardinality,
            boolean required,
            @JsonProperty("default") Optional<String> defaultValue,
            Optional<String> min,
            Optional<String> max,
            List<Option> options) {
        static Attribute of(JsonNode ad) {
            return new Attribute(
                    ad.path("id").asText(),
                    ad.path("name").asText(ad.path("id").asText()),
                    ad.path("description").asText(""),
                    ad.path("type").asText("STRING").toUpperCase(java.util.Locale.ROOT),
                    ad.path("cardinality").asInt(0),
                    ad.path("isRequired").asBoolean(false),
                    text(ad, "defaultValue"),
                    text(ad, "min"),
                    text(ad, "max"),
                    StreamSupport.stream(ad.path("option").spliterator(), false)
                            .map(Option::of)
                            .toList());
        }

        private static Optional<String> text(JsonNode ad, String field) {
            return ad.hasNonNull(field) ? Optional.of(ad.path(field).asText()) : Optional.empty();
        }
    }

    record Option(String label, String value) {
        static Option of(JsonNode option) {
            String value = option.path("value").asText();
            return new Option(option.path("label").asText(value), value);
        }
    }

    /** {@code DesiredConfiguration} of the contract; passwords are not told. */
    record Desired(String pid, Optional<String> factoryPid, Map<String, PropertyValue> properties) {
        static Desired of(ComponentUpdate update) {
            return new Desired(
                    update.pid(), update.factoryPid(), withoutPasswords(update.properties()));
        }

        ComponentUpdate update() {
            return new ComponentUpdate(pid, factoryPid, properties);
        }
    }
}
