package org.eclipse.kura.wire;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.eclipse.kura.type.TypedValue;

/** An immutable map of names to typed values. */
public class WireRecord {

    private final Map<String, TypedValue<?>> properties;

    public WireRecord(Map<String, TypedValue<?>> properties) {
        this.properties =
                Collections.unmodifiableMap(
                        new HashMap<>(Objects.requireNonNull(properties, "properties")));
    }

    public Map<String, TypedValue<?>> getProperties() {
        return this.properties;
    }
}
