package io.karu.aggregator.verdict;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.Optional;

/**
 * Which verdicts, newest first.
 *
 * @param before only ids below this one: the next page
 * @param limit 1 to 1000
 */
public record VerdictQuery(
        Optional<GatewayId> gateway,
        Optional<String> station,
        Optional<String> decision,
        Optional<Instant> from,
        Optional<Instant> to,
        Optional<Long> before,
        int limit) {
    public VerdictQuery {
        if (limit < 1 || limit > 1000) {
            throw new IllegalArgumentException("limit " + limit + ": use 1 to 1000");
        }
    }

    public static VerdictQuery newest(int limit) {
        return new VerdictQuery(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                limit);
    }
}
