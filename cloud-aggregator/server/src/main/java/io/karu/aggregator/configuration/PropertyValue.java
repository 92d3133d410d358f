package io.karu.aggregator.configuration;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;

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
        if (type == null) {
            throw new IllegalArgumentException(
                    "type is missing; use one of " + Arrays.toString(Type.values()));
        }
    }
}
