package io.karu.gateway.data;

import io.karu.gateway.conf.ComponentProperties;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Configuration of {@link DataService}, under Kura's property names. Times in the unit that the
 * name says.
 */
record DataServiceOptions(
        boolean autoConnect,
        int retrySeconds,
        int quiesceSeconds,
        int housekeeperSeconds,
        int purgeAgeSeconds,
        int capacity,
        long maximumPayloadBytes,
        boolean republishInFlight,
        int maximumInFlight,
        RateLimit rateLimit) {

    private static final int UNBOUNDED = Integer.MAX_VALUE;

    /** Tokens per {@code unit}; {@code enabled} false lets everything pass. */
    record RateLimit(boolean enabled, int average, TimeUnit unit, int burst) {

        long intervalNanos() {
            return unit.toNanos(1) / average;
        }
    }

    static DataServiceOptions from(Map<String, Object> properties) {
        ComponentProperties given = new ComponentProperties(properties);
        return new DataServiceOptions(
                given.flag("connect.auto-on-startup", false),
                given.integer("connect.retry-interval", 60, 1, UNBOUNDED),
                given.integer("disconnect.quiesce-timeout", 10, 0, UNBOUNDED),
                given.integer("store.housekeeper-interval", 900, 5, UNBOUNDED),
                given.integer("store.purge-age", 60, 5, UNBOUNDED),
                given.integer("store.capacity", 10_000, 1, UNBOUNDED),
                given.whole("maximum.payload.size", 16_777_216, 0, Long.MAX_VALUE),
                given.flag("in-flight-messages.republish-on-new-session", true),
                given.integer("in-flight-messages.max-number", 9, 1, 10),
                new RateLimit(
                        given.flag("enable.rate.limit", true),
                        given.integer("rate.limit.average", 1, 1, UNBOUNDED),
                        TimeUnit.valueOf(
                                given.oneOf(
                                        "rate.limit.time.unit",
                                        "SECONDS",
                                        Set.of("SECONDS", "MINUTES", "HOURS", "DAYS"))),
                        given.integer("rate.limit.burst.size", 1, 1, UNBOUNDED)));
    }
}
