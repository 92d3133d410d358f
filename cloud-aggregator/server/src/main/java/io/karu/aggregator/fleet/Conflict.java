package io.karu.aggregator.fleet;

import java.time.Instant;
import java.util.Objects;

/**
 * Two clients claim one client id.
 *
 * @param at when it was noticed last
 * @param count how often since it was first noticed
 * @param reason who took it from whom, for a person
 */
public record Conflict(Instant at, int count, String reason) {
    public Conflict {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(reason, "reason");
    }
}
