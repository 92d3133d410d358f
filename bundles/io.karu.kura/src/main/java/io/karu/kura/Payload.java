package io.karu.kura;

import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a message of Kura carries: a timestamp, a position, metrics of the {@linkplain MetricType
 * seven types} and a body. Immutable; byte arrays are copied on the way in, and are the caller's to
 * leave unchanged on the way out.
 */
public final class Payload {

    private final Instant timestamp;
    private final Position position;
    private final Map<String, Object> metrics;
    private final byte[] body;

    private Payload(Builder builder) {
        this.timestamp = builder.timestamp;
        this.position = builder.position;
        this.metrics = Collections.unmodifiableMap(new LinkedHashMap<>(builder.metrics));
        this.body = builder.body;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A payload of nothing but this body. */
    public static Payload ofBody(byte[] body) {
        return builder().body(body).build();
    }

    /** A builder that begins with everything in this payload. */
    public Builder toBuilder() {
        Builder builder = builder();
        builder.timestamp = timestamp;
        builder.position = position;
        builder.metrics.putAll(metrics);
        builder.body = body;
        return builder;
    }

    /** When the sender made the payload, to the millisecond. */
    public Optional<Instant> timestamp() {
        return Optional.ofNullable(timestamp);
    }

    public Optional<Position> position() {
        return Optional.ofNullable(position);
    }

    /** The metrics by name, in the order in which they were added. */
    public Map<String, Object> metrics() {
        return metrics;
    }

    /** The metric of this name; empty when it is absent <em>or of another type</em>. */
    public <T> Optional<T> metric(String name, Class<T> type) {
        Object value = metrics.get(name);
        return type.isInstance(value) ? Optional.of(type.cast(value)) : Optional.empty();
    }

    /** The STRING metric of this name; empty when it is absent or of another type. */
    public Optional<String> string(String name) {
        return metric(name, String.class);
    }

    public Optional<byte[]> body() {
        return Optional.ofNullable(body);
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof Payload other
                && Objects.equals(timestamp, other.timestamp)
                && Objects.equals(position, other.position)
                && Arrays.equals(body, other.body)
                && metrics.keySet().equals(other.metrics.keySet())
                && metrics.entrySet().stream()
                        .allMatch(
                                e ->
                                        Objects.deepEquals(
                                                e.getValue(), other.metrics.get(e.getKey())));
    }

    @Override
    public int hashCode() {
        return Objects.hash(timestamp, position, metrics.keySet(), Arrays.hashCode(body));
    }

    /** Names and types of the metrics, never their values: they may be passwords. */
    @Override
    public String toString() {
        Map<String, MetricType> types = new TreeMap<>();
        metrics.forEach((name, value) -> types.put(name, MetricType.of(value).orElseThrow()));
        return "Payload" + types + (body == null ? "" : " + " + body.length + " bytes");
    }

    /** Builds a payload. */
    public static final class Builder {

        private final Map<String, Object> metrics = new LinkedHashMap<>();
        private Instant timestamp;
        private Position position;
        private byte[] body;

        private Builder() {}

        public Builder timestamp(Instant madeAt) {
            this.timestamp = madeAt == null ? null : Instant.ofEpochMilli(madeAt.toEpochMilli());
            return this;
        }

        public Builder position(Position where) {
            this.position = where;
            return this;
        }

        /**
         * Adds or replaces a metric; null is left out, as Kura does.
         *
         * @throws IllegalArgumentException when a metric cannot carry the value
         */
        public Builder metric(String name, Object value) {
            Objects.requireNonNull(name, "name");
            if (value == null) {
                metrics.remove(name);
                return this;
            }
            if (MetricType.of(value).isEmpty()) {
                throw new IllegalArgumentException(
                        "The metric "
                                + name
                                + " cannot be a "
                                + value.getClass().getName()
                                + "; Kura knows Double, Float, Long, Integer, Boolean, String and"
                                + " byte[]");
            }
            metrics.put(name, value instanceof byte[] bytes ? bytes.clone() : value);
            return this;
        }

        /** Adds or replaces every one of these metrics. */
        public Builder metrics(Map<String, ?> more) {
            more.forEach(this::metric);
            return this;
        }

        public Builder body(byte[] bytes) {
            this.body = bytes == null ? null : bytes.clone();
            return this;
        }

        public Payload build() {
            return new Payload(this);
        }
    }
}
