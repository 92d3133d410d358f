package io.karu.aggregator.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/**
 * One property as CONF-V2 writes it: {@code {"type":"INTEGER","value":5}}; arrays are JSON arrays.
 */
public record PropertyValue(Type type, JsonNode value) {
    /** Kura's scalar types. */
    public enum Type {
        STRING,
        LONG,
        DOUBLE,
        FLOAT,
        INTEGER,
        BYTE,
        CHAR,
        BOOLEAN,
        SHORT,
        PASSWORD
    }

    public PropertyValue {
        Objects.requireNonNull(type, "type");
    }
}
