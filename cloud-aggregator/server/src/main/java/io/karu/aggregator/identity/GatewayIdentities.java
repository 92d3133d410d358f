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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bouncycastle.asn1.x500.X500Name;
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
    private final Authority own;
    private final CertificateAuthority authority;
    private final Parts parts;
    private final RevocationList revocations;
    private final Map<GatewayId, Instant> connectedUntil = new ConcurrentHashMap<>();
    private volatile BiConsumer<GatewayId, String> disconnect = (gateway, reason) -> {};
    private volatile Runnable trustChanged = () -> {};

    /**
     * @param account of gateways that are named without one
     * @param naming how certificates of others name gateways
     * @param foreign authorities beside the own one whose certificates count
     * @param lives of certificates
     * @param fleet every gateway
     * @param find one of them; others are let in by nothing
     */
    public record Parts(
            Database database,
            EventBus events,
            String account,
            GatewayNaming naming,
            List<X509Certificate> foreign,
            CertificateLives lives,
            Supplier<List<Gateway>> fleet,
            Function<GatewayId, Optional<Gateway>> find) {}

    /**
     * @param own signs the list of revoked certificates
     * @param authority issues the certificates; {@code own} or another one
     */
    public GatewayIdentities(Authority own, CertificateAuthority authority, Parts parts) {
        this.store = new IdentityStore(parts.database());
        this.own = own;
        this.authority = authority;
        this.parts = parts;
        this.revocations = new RevocationList(own, store);
    }

    IdentityStore store() {
        return store;
    }

    /** What gateways must trust: who signs for the aggregator's listeners and for themselves. */
    public List<X509Certificate> anchors() throws IOException {
        Set<X509Certificate> anchors = new LinkedHashSet<>(own.trusted());
        anchors.addAll(authority.trusted());
        return List.copyOf(anchors);
    }

    /** What was revoked. */
    public RevocationList revocations() {
        return revocations;
    }

    /** Who cuts a live connection, and why, when an identity is revoked or has expired. */
    public void onCut(BiConsumer<GatewayId, String> disconnect) {
        this.disconnect = disconnect;
    }

    /** Who tells a broker of its own that identities were revoked or readmitted. */
    public void onTrustChange(Runnable trustChanged) {
        this.trustChanged = trustChanged;
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

    private GatewayIdentity identity(
            GatewayId gateway, IdentityStore.Row row, Optional<GatewayCertificate> certificate) {
        return new GatewayIdentity(
                gateway,
                GatewayIdentity.state(certificate, Instant.now(), parts.lives()),
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
                parts.naming()
                        .gateway(certificate)
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

    /** The gateway of the fleet that the subject of a request names, as own certificates do. */
    public Optional<GatewayId> named(X500Name subject) {
        return GatewayNaming.own(parts.account())
                .gateway(subject)
                .filter(id -> find(id).isPresent());
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

    /**
     * The gateway connected to the broker.
     *
     * @param certificate absent when it was let in by its password
     */
    public void connected(GatewayId gateway, Optional<X509Certificate> certificate) {
        if (certificate.isPresent()) {
            connectedUntil.put(gateway, certificate.get().getNotAfter().toInstant());
        } else {
            connectedUntil.remove(gateway);
        }
        Means means = certificate.isPresent() ? Means.CERTIFICATE : Means.PASSWORD;
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

    /** Cuts the connections whose certificates have expired since they were made. */
    void cutExpired() {
        Instant now = Instant.now();
        connectedUntil.forEach(
                (gateway, until) -> {
                    if (!now.isBefore(until) && connectedUntil.remove(gateway, until)) {
                        LOG.warn("{} is cut off: its certificate expired at {}", gateway, until);
                        disconnect.accept(gateway, "its certificate expired at " + until);
                        changed(gateway);
                    }
                });
    }

    /** Makes copies of the list of revoked certificates anew before they expire. */
    void refreshRevocations() {
        if (revocations.isOld()) {
            trustChanged.run();
        }
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
        trustChanged.run();
        disconnect.accept(gateway, "its identity was revoked");
        return changed(gateway);
    }

    /**
     * Ends the trust in whatever a gateway has, before it is removed from the fleet.
     *
     * @return cuts its connection, when its login is gone
     */
    public Runnable forget(GatewayId gateway) {
        store.outlive(gateway);
        return () -> {
            connectedUntil.remove(gateway);
            disconnect.accept(gateway, "it was removed");
        };
    }

    /** Lets a gateway in by its password again, so that it can be enrolled anew. */
    public GatewayIdentity readmit(GatewayId gateway) {
        store.readmit(gateway);
        trustChanged.run();
        return changed(gateway);
    }

    /** Whether nothing of this gateway lets it in. */
    public boolean barred(GatewayId gateway) {
        GatewayIdentity identity = get(gateway);
        return identity.certificateRequired() && identity.state() == GatewayIdentity.State.REVOKED;
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
