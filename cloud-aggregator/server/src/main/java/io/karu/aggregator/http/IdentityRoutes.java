package io.karu.aggregator.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.Enroller;
import io.karu.aggregator.identity.GatewayIdentities;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Supplier;

/** Which certificates gateways have, and what is done about them. */
final class IdentityRoutes {
    private static final int TOKEN_HOURS = 24;
    private static final int LONGEST_TOKEN_HOURS = 24 * 30;
    private static final int LONGEST_REASON = 500;

    private final GatewayIdentities identities;
    private final Enroller enroller;
    private final Gateways gateways;
    private final ObjectMapper mapper;
    private final Supplier<String> base;

    IdentityRoutes(
            Services services, Gateways gateways, ObjectMapper mapper, Supplier<String> base) {
        this.identities = services.identities();
        this.enroller = services.enroller();
        this.gateways = gateways;
        this.mapper = mapper;
        this.base = base;
    }

    void install(RoutesConfig routes) {
        String one = "/api/v1/gateways/{clientId}/identity";
        routes.get("/api/v1/identities", this::list, Access.PERSON);
        routes.get(one, this::get, Access.PERSON);
        routes.post(one + "/enrolment", this::enrol, Access.ADMIN);
        routes.post(one + "/revocation", this::revoke, Access.ADMIN);
        routes.post(one + "/readmission", this::readmit, Access.ADMIN);
        routes.post(one + "/token", this::issueToken, Access.ADMIN);
        routes.get("/authority.pem", this::authority, Access.ANYONE);
        routes.get("/authority.crl", this::revocations, Access.ANYONE);
    }

    private void list(Context ctx) {
        ctx.json(Map.of("identities", identities.list().stream().map(IdentityView::of).toList()));
    }

    private void get(Context ctx) {
        GatewayId gateway = gateways.ofPath(ctx);
        ctx.json(
                Map.of(
                        "identity",
                        IdentityView.of(identities.get(gateway)),
                        "certificates",
                        identities.certificates(gateway).stream()
                                .map(IdentityView.CertificateView::of)
                                .toList()));
    }

    private void enrol(Context ctx) throws JsonProcessingException {
        NewEnrolment wanted = Bodies.json(ctx, mapper, NewEnrolment.class);
        ctx.status(202)
                .json(IdentityView.of(enroller.begin(gateways.ofPath(ctx), wanted.newKey())));
    }

    private void revoke(Context ctx) throws JsonProcessingException {
        String reason =
                Bodies.require("reason", Bodies.json(ctx, mapper, Revocation.class).reason());
        if (reason.length() > LONGEST_REASON) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, "reason: use at most " + LONGEST_REASON + " characters");
        }
        ctx.json(IdentityView.of(identities.revoke(gateways.ofPath(ctx), reason)));
    }

    private void readmit(Context ctx) {
        ctx.json(IdentityView.of(identities.readmit(gateways.ofPath(ctx))));
    }

    private void issueToken(Context ctx) throws JsonProcessingException {
        NewToken wanted = Bodies.json(ctx, mapper, NewToken.class);
        int hours = wanted.hours() == null ? TOKEN_HOURS : wanted.hours();
        if (hours < 1 || hours > LONGEST_TOKEN_HOURS) {
            throw new AggregatorException(
                    Code.INVALID_ARGUMENT, "hours=" + hours + ": use 1 to " + LONGEST_TOKEN_HOURS);
        }
        Duration life = Duration.ofHours(hours);
        ctx.status(201)
                .json(
                        new EnrolmentToken(
                                identities.issueToken(gateways.ofPath(ctx), life),
                                Instant.now().plus(life),
                                base.get() + EstRoutes.PATH));
    }

    private void authority(Context ctx) throws IOException {
        ctx.contentType("application/x-pem-file").result(Certificates.pem(identities.anchors()));
    }

    private void revocations(Context ctx) throws IOException {
        ctx.contentType("application/pkix-crl").result(identities.revocations().der());
    }

    record NewEnrolment(boolean newKey) {}

    record Revocation(String reason) {}

    record NewToken(Integer hours) {}

    record EnrolmentToken(String token, Instant expiresAt, String est) {
        @Override
        public String toString() {
            return "EnrolmentToken[" + expiresAt + "]";
        }
    }
}
