package io.karu.kura;

import java.util.Optional;

/** The types that a metric can have; the ordinal is the number on the wire. */
public enum MetricType {
    DOUBLE(Double.class),
    FLOAT(Float.class),
    INT64(Long.class),
    INT32(Integer.class),
    BOOL(Boolean.class),
    STRING(String.class),
    BYTES(byte[].class);

    private final Class<?> javaType;

    MetricType(Class<?> javaType) {
        this.javaType = javaType;
    }

    /** The class of the values. */
    public Class<?> javaType() {
        return javaType;
    }

    /** The type of this value; empty when a metric cannot carry it. */
    public static Optional<MetricType> of(Object value) {
        for (final MetricType type : values()) {
            if (type.javaType.isInstance(value)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
