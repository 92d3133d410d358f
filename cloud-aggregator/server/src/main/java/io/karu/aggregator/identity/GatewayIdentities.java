package io.karu.aggregator.identity;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.identity.GatewayIdentity.Enrolment.Status;
import io.karu.aggregator.identity.GatewayIdentity.Means;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.Secrets;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The identities of gateways: which certificates count, who is let in with what. Thread-safe. From
 * its first connection with a certificate on, a gateway's password alone is not enough.
 */
public final class GatewayIdentities {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayIdentities.class);

    /** A fleet that reconnects at once does not write as often. */
    private static final Duration LOGIN_IS_NOTED = Duration.ofMinutes(10);

    private final IdentityStore store;
    private final CertificateAuthority authority;
    private final Parts parts;
    private volatile Consumer<GatewayId> disconnect = gateway -> {};

    /**
     * @param account of certificates whose subject names none
     * @param foreign authorities beside {@code authority} whose certificates count
     * @param fleet every gateway
     * @param find one of them; others are let in by nothing
     */
    public record Parts(
            Database database,
            EventBus events,
            String account,
            List<X509Certificate> foreign,
            Supplier<List<Gateway>> fleet,
            Function<GatewayId, Optional<Gateway>> find) {}

    public GatewayIdentities(CertificateAuthority authority, Parts parts) {
        this.store = new IdentityStore(parts.database());
        this.authority = authority;
        this.parts = parts;
    }

    IdentityStore store() {
        return store;
    }

    public CertificateAuthority authority() {
        return authority;
    }

    /** Who cuts a live connection when an identity is revoked. */
    public void onRevocation(Consumer<GatewayId> disconnect) {
        this.disconnect = disconnect;
    }

    /** Of every gateway, in the fleet's order. */
    public List<GatewayIdentity> list() {
        Map<GatewayId, IdentityStore.Row> rows = store.rows();
        Map<GatewayId, GatewayCertificate> newest = store.newest();
        return parts.fleet().get().stream()
                .map(
                        gateway ->
                                identity(
                                        gateway.id(),
                                        rows.getOrDefault(gateway.id(), IdentityStore.Row.EMPTY),
                                        Optional.ofNullable(newest.get(gateway.id()))))
                .toList();
    }

    public GatewayIdentity get(GatewayId gateway) {
        return identity(
                gateway, store.row(gateway), store.certificates(gateway).stream().findFirst());
    }

    private static GatewayIdentity identity(
            GatewayId gateway, IdentityStore.Row row, Optional<GatewayCertificate> certificate) {
        return new GatewayIdentity(
                gateway,
                GatewayIdentity.state(certificate, Instant.now()),
                certificate,
                row.certificateRequired(),
                row.login(),
                row.enrolment());
    }

    /** Every certificate that the gateway ever had, the newest first. */
    public List<GatewayCertificate> certificates(GatewayId gateway) {
        return store.certificates(gateway);
    }

    /**
     * The gateway that this certificate lets in.
     *
     * @throws AggregatorException {@code WRONG_CREDENTIALS} with the reason when it lets nobody in
     */
    public GatewayId admit(X509Certificate certificate) {
        String fingerprint = Certificates.fingerprint(certificate);
        Optional<GatewayCertificate> known = store.certificate(fingerprint);
        if (known.filter(GatewayCertificate::revoked).isPresent()) {
            throw refused(
                    "the certificate of "
                            + known.get().gateway()
                            + " was revoked: "
                            + known.get().revokedReason().orElse(""));
        }
        if (certificate.getNotAfter().toInstant().isBefore(Instant.now())) {
            throw refused("the certificate expired at " + certificate.getNotAfter().toInstant());
        }
        if (known.isPresent()) {
            return known.get().gateway();
        }
        GatewayId named =
                Certificates.gateway(certificate, parts.account())
                        .filter(id -> find(id).isPresent())
                        .orElseThrow(
                                () ->
                                        refused(
                                                "no gateway is called as the certificate says: "
                                                        + certificate.getSubjectX500Principal()));
        if (!isForeign(certificate)) {
            throw refused("this certificate of " + named + " was not issued to it as it is now");
        }
        if (get(named).state() == GatewayIdentity.State.REVOKED) {
            throw refused("the identity of " + named + " is revoked; an admin must readmit it");
        }
        store.add(named, certificate, How.FOREIGN);
        return named;
    }

    private boolean isForeign(X509Certificate certificate) {
        for (X509Certificate trusted : parts.foreign()) {
            try {
                certificate.verify(trusted.getPublicKey());
                return true;
            } catch (GeneralSecurityException e) {
                LOG.debug("Not issued by {}", trusted.getSubjectX500Principal(), e);
            }
        }
        return false;
    }

    /** Whether this gateway's password alone is not enough. */
    public boolean requiresCertificate(GatewayId gateway) {
        return store.row(gateway).certificateRequired();
    }

    /** The gateway connected to the broker. */
    public void connected(GatewayId gateway, Means means) {
        IdentityStore.Row known = store.row(gateway);
        if (known.login()
                .filter(last -> last.means() == means)
                .filter(last -> last.at().isAfter(Instant.now().minus(LOGIN_IS_NOTED)))
                .isPresent()) {
            return;
        }
        store.login(gateway, means);
        if (means == Means.CERTIFICATE && !known.certificateRequired()) {
            store.requireCertificate(gateway, true);
            LOG.info("{} has connected with its certificate and needs it from now on", gateway);
        }
        changed(gateway);
    }

    /**
     * Certifies the key of a request for a gateway.
     *
     * @return the certificate, then its issuers
     * @throws AggregatorException {@code AUTHORITY_FAILED}
     */
    public List<X509Certificate> issue(
            PKCS10CertificationRequest request, GatewayId gateway, How how) {
        try {
            List<X509Certificate> chain = authority.issue(request, gateway);
            store.add(gateway, chain.get(0), how);
            LOG.info(
                    "Issued a certificate to {}, valid until {}",
                    gateway,
                    chain.get(0).getNotAfter().toInstant());
            changed(gateway);
            return chain;
        } catch (IOException e) {
            throw new AggregatorException(
                    Code.AUTHORITY_FAILED,
                    "the certificate authority gave none to " + gateway + ": " + e.getMessage(),
                    e);
        }
    }

    /**
     * Ends the trust in every certificate of a gateway, and its connection. Its password alone lets
     * it in no more either, until it is readmitted.
     *
     * @throws AggregatorException {@code IDENTITY_NOT_FOUND} when it has no certificate
     */
    public GatewayIdentity revoke(GatewayId gateway, String reason) {
        if (store.revoke(gateway, reason) == 0) {
            throw new AggregatorException(
                    Code.IDENTITY_NOT_FOUND, gateway + " has no certificate that could be revoked");
        }
        store.requireCertificate(gateway, true);
        if (store.row(gateway).enrolment().status() == Status.RUNNING) {
            store.step(gateway, Status.FAILED, "revoked meanwhile: " + reason);
        }
        disconnect.accept(gateway);
        return changed(gateway);
    }

    /** Lets a gateway in by its password again, so that it can be enrolled anew. */
    public GatewayIdentity readmit(GatewayId gateway) {
        store.readmit(gateway);
        return changed(gateway);
    }

    /** A one-time token with which the gateway enrols through EST; shown once. */
    public String issueToken(GatewayId gateway, Duration life) {
        String token = Secrets.token();
        store.addToken(gateway, token, Instant.now().plus(life));
        return token;
    }

    /** Takes a one-time token; absent when it is unknown, used or expired. */
    public Optional<GatewayId> useToken(String token) {
        return store.useToken(token);
    }

    GatewayIdentity changed(GatewayId gateway) {
        find(gateway).map(Event.GatewayChanged::new).ifPresent(parts.events()::publish);
        GatewayIdentity now = get(gateway);
        parts.events().publish(new Event.IdentityChanged(now));
        return now;
    }

    private Optional<Gateway> find(GatewayId id) {
        return parts.find().apply(id);
    }

    private static AggregatorException refused(String reason) {
        return new AggregatorException(Code.WRONG_CREDENTIALS, reason);
    }
}
