package io.karu.gateway.conf;

import java.util.Map;
import java.util.Set;

/**
 * A component's configuration, read with defaults. Kura enforces neither metatype bounds nor types,
 * so each accessor checks and names the property and the value that it refuses; components keep
 * their last good configuration then.
 */
public record ComponentProperties(Map<String, Object> values) {

    public String text(String name, String absent) {
        Object value = values.get(name);
        return value == null ? absent : value.toString();
    }

    public boolean flag(String name, boolean absent) {
        Object value = values.get(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw refused(name, value, "true or false");
    }

    public int integer(String name, int absent, int min, int max) {
        return (int) whole(name, absent, min, max);
    }

    public long whole(String name, long absent, long min, long max) {
        Object value = values.get(name);
        if (value == null) {
            return absent;
        }
        if (value instanceof Number number
                && number.longValue() >= min
                && number.longValue() <= max) {
            return number.longValue();
        }
        throw refused(name, value, "a whole number from " + min + " to " + max);
    }

    public String oneOf(String name, String absent, Set<String> choices) {
        String value = text(name, absent);
        if (choices.contains(value)) {
            return value;
        }
        throw refused(name, value, "one of " + choices);
    }

    private static IllegalArgumentException refused(String name, Object value, String expected) {
        return new IllegalArgumentException(
                "Property '" + name + "' is '" + value + "' but must be " + expected + ".");
    }
}
