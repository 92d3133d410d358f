package io.karu.aggregator.http;

import io.karu.aggregator.identity.GatewayCertificate;
import io.karu.aggregator.identity.GatewayIdentity;
import io.karu.aggregator.identity.GatewayIdentity.Enrolment;
import java.time.Instant;
import java.util.Optional;

/** A gateway's identity as the contract says. */
record IdentityView(
        String clientId,
        String account,
        GatewayIdentity.State state,
        Optional<CertificateView> certificate,
        boolean certificateRequired,
        Optional<LoginView> login,
        EnrolmentView enrolment) {
    static IdentityView of(GatewayIdentity identity) {
        Enrolment enrolment = identity.enrolment();
        return new IdentityView(
                identity.gateway().clientId(),
                identity.gateway().account(),
                identity.state(),
                identity.certificate().map(CertificateView::of),
                identity.certificateRequired(),
                identity.login().map(login -> new LoginView(login.means(), login.at())),
                new EnrolmentView(enrolment.status(), enrolment.step(), enrolment.since()));
    }

    record LoginView(GatewayIdentity.Means means, Instant at) {}

    record EnrolmentView(Enrolment.Status status, String step, Optional<Instant> since) {}

    record CertificateView(
            String fingerprint,
            String issuer,
            String serial,
            GatewayCertificate.How how,
            Instant notBefore,
            Instant notAfter,
            Instant knownSince,
            Optional<Instant> revokedAt,
            Optional<String> revokedReason) {
        static CertificateView of(GatewayCertificate certificate) {
            return new CertificateView(
                    certificate.fingerprint(),
                    certificate.issuer(),
                    certificate.serial(),
                    certificate.how(),
                    certificate.notBefore(),
                    certificate.notAfter(),
                    certificate.knownSince(),
                    certificate.revokedAt(),
                    certificate.revokedReason());
        }
    }
}
