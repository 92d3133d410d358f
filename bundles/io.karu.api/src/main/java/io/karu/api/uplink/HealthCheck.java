package io.karu.api.uplink;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Contributes to {@code KARU-V1 GET/health}; register it as an OSGi service. Must answer within 100
 * ms, from memory.
 */
@ConsumerType
public interface HealthCheck {
    List<Result> check();

    /**
     * One finding.
     *
     * @param name stable name, for instance {@code station.line-1} or {@code
     *     models.golden-template}
     * @param ok whether it works
     * @param reason one sentence for a person: what it does, or what it waits for and why
     */
    record Result(String name, boolean ok, String reason) {}
}
