package io.karu.aggregator.mqtt;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.Optional;

/** What is known before a gateway is asked. */
public interface Reachability {
    /** Why the gateway cannot be asked now; empty when it can. */
    Optional<String> unreachable(GatewayId gateway);

    /** Whether the application answers requests there. */
    boolean answers(GatewayId gateway, String applicationId);

    /** When its newest BIRTH arrived. A gateway subscribes to its requests only after it. */
    Optional<Instant> bornAt(GatewayId gateway);
}
