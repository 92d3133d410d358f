package io.karu.aggregator.fleet;

import java.time.Instant;
import java.util.List;

/** The answer to {@code KARU-V1 GET/health} (docs/contracts.md, 2). */
public record Health(Instant at, boolean ok, List<Check> checks) {
    public Health {
        checks = List.copyOf(checks);
    }

    /** One named check. */
    public record Check(String name, boolean ok, String reason) {}
}
