package io.karu.aggregator.mqtt;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** Who may connect, and what the broker noticed about it. Called on the broker's threads. */
public interface GatewayDirectory {
    /** The gateway that these credentials belong to; absent when they are wrong. */
    Optional<GatewayId> authenticate(String userName, String password);

    /**
     * The gateway that a client certificate lets in.
     *
     * @throws AggregatorException with the reason when it lets nobody in
     */
    default GatewayId admit(X509Certificate certificate) {
        throw new AggregatorException(
                Code.WRONG_CREDENTIALS, "client certificates are not known here");
    }

    /** Whether the gateway's password alone is not enough. */
    default boolean requiresCertificate(GatewayId gateway) {
        return false;
    }

    /**
     * A gateway was let in.
     *
     * @param certificate by which it was; absent when by its password
     */
    default void connected(GatewayId gateway, Optional<X509Certificate> certificate) {}

    /** A second client took over the connection of a gateway. */
    void takenOver(GatewayId gateway, String reason);

    /**
     * Valid credentials of one gateway were used with a client id that is not its own; the
     * connection was refused.
     */
    void foreignClientId(GatewayId gateway, String clientId, String remoteAddress);
}
