package io.karu.aggregator.identity;

import io.karu.aggregator.fleet.GatewayId;
import java.time.Instant;
import java.util.Optional;

/**
 * How one gateway shows who it is.
 *
 * @param certificate the newest that it has; absent when none was ever known
 * @param certificateRequired its password alone is not enough any more
 * @param login how it last connected to the broker; absent when never noticed
 */
public record GatewayIdentity(
        GatewayId gateway,
        State state,
        Optional<GatewayCertificate> certificate,
        boolean certificateRequired,
        Optional<Login> login,
        Enrolment enrolment) {
    /** What its certificate is worth. */
    public enum State {
        NONE,
        VALID,
        /** Valid, and so near its end that it is to be renewed. */
        DUE,
        EXPIRED,
        REVOKED
    }

    /** A connection to the broker. */
    public record Login(Means means, Instant at) {}

    /** What a gateway was known by. */
    public enum Means {
        PASSWORD,
        CERTIFICATE
    }

    /**
     * An enrolment or renewal through KEYS-V1.
     *
     * @param step what it does, waits for, or failed at; for a person
     */
    public record Enrolment(Status status, String step, Optional<Instant> since) {
        /** Where an enrolment stands. */
        public enum Status {
            NONE,
            RUNNING,
            DONE,
            FAILED
        }
    }

    static State state(
            Optional<GatewayCertificate> certificate, Instant now, CertificateLives lives) {
        if (certificate.isEmpty()) {
            return State.NONE;
        }
        GatewayCertificate newest = certificate.get();
        if (newest.revoked()) {
            return State.REVOKED;
        }
        if (!now.isBefore(newest.notAfter())) {
            return State.EXPIRED;
        }
        return newest.due(now, lives) ? State.DUE : State.VALID;
    }
}
