package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.Optional;

/**
 * A certificate that names a gateway.
 *
 * @param fingerprint SHA-256 of its DER form in hexadecimal
 * @param how it came to the gateway
 * @param knownSince when it was issued here, or first shown by the gateway
 * @param revokedReason absent while it is not revoked
 */
public record GatewayCertificate(
        String fingerprint,
        GatewayId gateway,
        String issuer,
        String serial,
        How how,
        Instant notBefore,
        Instant notAfter,
        Instant knownSince,
        Optional<Instant> revokedAt,
        Optional<String> revokedReason) {
    /** Ways to a certificate. */
    public enum How {
        /** Through Kura's own KEYS-V1, by the aggregator. */
        KEYS,
        /** Through EST, by the gateway. */
        EST,
        /** By another authority that is trusted; nothing is known of it before it is shown. */
        FOREIGN
    }

    public boolean revoked() {
        return revokedAt.isPresent();
    }

    /** Whether it is to be renewed. */
    boolean due(Instant now, CertificateLives lives) {
        // what is before the issue is for slow clocks and no part of the life
        Instant begin = how == How.FOREIGN ? notBefore : knownSince;
        return !now.isBefore(lives.due(begin, notAfter));
    }
}
