package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.AggregatorException.Kind;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.CertsOnly;
import io.karu.aggregator.identity.Csr;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.People;
import io.karu.aggregator.security.Role;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * The part of Enrollment over Secure Transport (RFC 7030) that gateways need which are not Kura's:
 * {@code cacerts}, {@code simpleenroll} with a one-time token as the password of basic
 * authentication, {@code simplereenroll} with the certificate that is to be renewed.
 */
final class EstRoutes {
    static final String PATH = "/.well-known/est";
    private static final long LARGEST_REQUEST = 64 << 10;

    private final GatewayIdentities identities;
    private final Audit audit;
    private final People people;

    EstRoutes(Services services) {
        this.people = services.people();
        this.identities = services.identities();
        this.audit = services.audit();
    }

    void install(RoutesConfig routes) {
        routes.get(PATH + "/cacerts", this::authorities, Access.ANYONE);
        routes.post(PATH + "/simpleenroll", this::enrol, Access.GATEWAY);
        routes.post(PATH + "/simplereenroll", this::renew, Access.GATEWAY);
    }

    private void authorities(Context ctx) throws IOException {
        answer(ctx, identities.anchors(), "application/pkcs7-mime");
    }

    /** The token is used up only by a request that is as it should be. */
    private void enrol(Context ctx) throws IOException {
        PKCS10CertificationRequest request = request(ctx);
        String token =
                Guard.bearer(ctx)
                        .or(
                                () ->
                                        Optional.ofNullable(ctx.basicAuthCredentials())
                                                .map(c -> c.getPassword()))
                        .orElseThrow(() -> unknown(ctx, "a one-time token is needed"));
        GatewayId gateway =
                identities.useToken(token).orElseGet(() -> vouchedFor(ctx, token, request));
        certify(ctx, gateway, request);
    }

    /** With an admin's API token another server enrols the gateway that the request names. */
    private GatewayId vouchedFor(Context ctx, String token, PKCS10CertificationRequest request) {
        Caller admin =
                people.tokens()
                        .authenticate(token)
                        .filter(caller -> caller.role().includes(Role.ADMIN))
                        .orElseThrow(() -> unknown(ctx, "the token is unknown, used or expired"));
        GatewayId gateway =
                identities
                        .named(request.getSubject())
                        .orElseThrow(
                                () ->
                                        new AggregatorException(
                                                Code.CSR_INVALID,
                                                "no gateway here is called as the request says: "
                                                        + request.getSubject()));
        audit.record(Guard.action(ctx, admin), gateway.toString());
        return gateway;
    }

    private void renew(Context ctx) throws IOException {
        PKCS10CertificationRequest request = request(ctx);
        X509Certificate shown =
                ClientCertificate.of(ctx)
                        .orElseThrow(
                                () ->
                                        unknown(
                                                ctx,
                                                "the certificate that is to be renewed must be shown in the TLS handshake"));
        GatewayId gateway = admit(ctx, shown);
        X500Principal asked = new X500Principal(request.getSubject().getEncoded());
        if (!asked.equals(shown.getSubjectX500Principal())) {
            throw new AggregatorException(
                    Code.CSR_INVALID,
                    "the request is for "
                            + asked
                            + " and the certificate for "
                            + shown.getSubjectX500Principal()
                            + ": both must be the same");
        }
        certify(ctx, gateway, request);
    }

    private GatewayId admit(Context ctx, X509Certificate shown) {
        try {
            return identities.admit(shown);
        } catch (AggregatorException e) {
            throw e.code().kind() == Kind.UNAUTHENTICATED ? unknown(ctx, e.getMessage()) : e;
        }
    }

    private void certify(Context ctx, GatewayId gateway, PKCS10CertificationRequest request)
            throws IOException {
        List<X509Certificate> chain = identities.issue(request, gateway, How.EST);
        audit.record(Guard.action(ctx, new Caller(gateway.toString(), Role.VIEWER, "EST")), "200");
        answer(ctx, chain.subList(0, 1), "application/pkcs7-mime; smime-type=certs-only");
    }

    private static PKCS10CertificationRequest request(Context ctx) throws IOException {
        byte[] body = Bodies.file(ctx, LARGEST_REQUEST).readAllBytes();
        String text = new String(body, StandardCharsets.US_ASCII);
        if (text.contains("-----BEGIN")) {
            return Csr.parse(text);
        }
        try {
            return Csr.parse(Base64.getMimeDecoder().decode(text));
        } catch (IllegalArgumentException e) {
            throw new AggregatorException(
                    Code.CSR_INVALID, "the certification request is not Base64", e);
        }
    }

    private static void answer(Context ctx, List<X509Certificate> certificates, String type)
            throws IOException {
        ctx.contentType(type)
                .header("Content-Transfer-Encoding", "base64")
                .result(
                        Base64.getMimeEncoder(64, new byte[] {'\r', '\n'})
                                .encodeToString(CertsOnly.encode(certificates)));
    }

    private AggregatorException unknown(Context ctx, String reason) {
        ctx.header("WWW-Authenticate", "Basic realm=\"Karu enrolment\"");
        audit.record(
                Guard.action(ctx, new Caller("unknown gateway", Role.VIEWER, "EST")),
                Code.NOT_LOGGED_IN.name());
        return new AggregatorException(Code.NOT_LOGGED_IN, reason);
    }
}
