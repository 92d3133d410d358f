package io.karu.aggregator.mqtt;

import io.karu.aggregator.fleet.GatewayId;
import java.util.Optional;

/** Who may connect, and what the broker noticed about it. Called on the broker's threads. */
public interface GatewayDirectory {
    /** The gateway that these credentials belong to; absent when they are wrong. */
    Optional<GatewayId> authenticate(String userName, String password);

    /** A second client took over the connection of a gateway. */
    void takenOver(GatewayId gateway, String reason);

    /**
     * Valid credentials of one gateway were used with a client id that is not its own; the
     * connection was refused.
     */
    void foreignClientId(GatewayId gateway, String clientId, String remoteAddress);
}
