package io.karu.aggregator.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks values against a component's OCD, which Kura itself does not do. */
final class Definition {
    private final Map<String, JsonNode> attributes = new LinkedHashMap<>();

    Definition(Optional<JsonNode> ocd) {
        ocd.ifPresent(
                definition ->
                        definition
                                .path("ad")
                                .forEach(ad -> attributes.put(ad.path("id").asText(), ad)));
    }

    /**
     * Throws {@code CONFIGURATION_INVALID} with detail {@code fields}: message by property name.
     */
    void check(ComponentUpdate update) {
        Map<String, String> wrong = new LinkedHashMap<>();
        update.properties()
                .forEach(
                        (name, value) ->
                                fault(name, value).ifPresent(message -> wrong.put(name, message)));
        if (!wrong.isEmpty()) {
            List<String> messages = new ArrayList<>();
            wrong.forEach((name, message) -> messages.add(name + ": " + message));
            throw new AggregatorException(
                    Code.CONFIGURATION_INVALID,
                    update.pid() + ": " + String.join("; ", messages),
                    Map.of("fields", wrong),
                    null);
        }
    }

    private Optional<String> fault(String name, PropertyValue value) {
        JsonNode ad = attributes.get(name);
        if (ad == null || !ComponentClient.writable(value)) {
            return Optional.empty();
        }
        if (!ad.path("type").asText().equalsIgnoreCase(value.type().name())) {
            return Optional.of(
                    "is a " + value.type() + ", the component wants a " + ad.path("type").asText());
        }
        List<JsonNode> values = new ArrayList<>();
        if (value.value().isArray()) {
            value.value().forEach(values::add);
            int most = Math.abs(ad.path("cardinality").asInt(0));
            if (most == 0) {
                return Optional.of("is a list, one value is wanted");
            }
            if (values.size() > most) {
                return Optional.of(
                        "has " + values.size() + " values, at most " + most + " are allowed");
            }
        } else {
            values.add(value.value());
        }
        return values.stream()
                .map(single -> fault(ad, value.type(), single))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<String> fault(JsonNode ad, PropertyValue.Type type, JsonNode value) {
        switch (type) {
            case LONG, INTEGER, SHORT, BYTE -> {
                if (!value.isIntegralNumber()) {
                    return Optional.of("is " + value + ", an integer is wanted");
                }
            }
            case DOUBLE, FLOAT -> {
                if (!value.isNumber()) {
                    return Optional.of("is " + value + ", a number is wanted");
                }
            }
            case BOOLEAN -> {
                if (!value.isBoolean()) {
                    return Optional.of("is " + value + ", true or false is wanted");
                }
            }
            default -> {
                if (!value.isTextual()) {
                    return Optional.of("is not a text");
                }
            }
        }
        Optional<String> outside =
                value.isNumber() ? outside(ad, value.decimalValue()) : Optional.empty();
        return outside.isPresent() ? outside : unlisted(ad, value);
    }

    private static Optional<String> outside(JsonNode ad, BigDecimal value) {
        Optional<BigDecimal> min = number(ad, "min");
        Optional<BigDecimal> max = number(ad, "max");
        if (min.isPresent() && value.compareTo(min.get()) < 0) {
            return Optional.of("is " + value + ", at least " + min.get() + " is wanted");
        }
        if (max.isPresent() && value.compareTo(max.get()) > 0) {
            return Optional.of("is " + value + ", at most " + max.get() + " is wanted");
        }
        return Optional.empty();
    }

    private static Optional<BigDecimal> number(JsonNode ad, String bound) {
        try {
            return ad.hasNonNull(bound)
                    ? Optional.of(new BigDecimal(ad.get(bound).asText()))
                    : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> unlisted(JsonNode ad, JsonNode value) {
        List<String> options = new ArrayList<>();
        ad.path("option").forEach(option -> options.add(option.path("value").asText()));
        return options.isEmpty() || options.contains(value.asText())
                ? Optional.empty()
                : Optional.of(
                        "is " + value + ", one of " + String.join(", ", options) + " is wanted");
    }
}
