package io.karu.aggregator.deployment;

import io.karu.aggregator.fleet.GatewayId;
import java.util.Optional;

/**
 * Which jobs.
 *
 * @param active only those that have not ended
 * @param before only ids below this one: the next page
 * @param limit 1 to 1000
 */
public record JobQuery(
        Optional<GatewayId> gateway, boolean active, Optional<Long> before, int limit) {
    public JobQuery {
        if (limit < 1 || limit > 1000) {
            throw new IllegalArgumentException("limit " + limit + ": use 1 to 1000");
        }
    }

    public static JobQuery newest(int limit) {
        return new JobQuery(Optional.empty(), false, Optional.empty(), limit);
    }
}
