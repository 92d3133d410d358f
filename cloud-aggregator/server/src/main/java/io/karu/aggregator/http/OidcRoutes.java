package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.Role;
import io.karu.aggregator.store.Secrets;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Login at an OpenID Connect issuer. The session's own cookie does not come along when another site
 * sends the browser here (SameSite=Strict), so a cookie of its own holds the attempt together.
 */
final class OidcRoutes {
    private static final String COOKIE = "karu-oidc";
    private static final String BEGIN = "/login/oidc";
    private static final String CALLBACK = BEGIN + "/callback";
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int MOST_ATTEMPTS = 1000;

    private final Optional<Oidc> oidc;
    private final Audit audit;
    private final Supplier<String> base;
    private final Map<String, Pending> attempts =
            new LinkedHashMap<>() {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Pending> eldest) {
                    return size() > MOST_ATTEMPTS;
                }
            };

    private record Pending(Oidc.Attempt attempt, String browser, Instant until) {}

    OidcRoutes(Services services, Supplier<String> base) {
        this.oidc = services.oidc();
        this.audit = services.audit();
        this.base = base;
    }

    void install(RoutesConfig routes) {
        routes.get("/login/methods", this::methods, Access.ANYONE);
        routes.get(BEGIN, this::begin, Access.ANYONE);
        routes.get(CALLBACK, this::end, Access.ANYONE);
    }

    private void methods(Context ctx) {
        ctx.json(Map.of("password", true, "oidc", oidc.isPresent()));
    }

    private void begin(Context ctx) {
        Oidc.Attempt attempt = configured().begin(callback());
        String browser = Secrets.token();
        synchronized (attempts) {
            attempts.put(
                    attempt.state(),
                    new Pending(attempt, Secrets.hash(browser), Instant.now().plus(PATIENCE)));
        }
        Cookie cookie = new Cookie(COOKIE, browser, BEGIN, (int) PATIENCE.toSeconds());
        cookie.setHttpOnly(true);
        cookie.setSecure(ctx.req().isSecure());
        cookie.setSameSite(SameSite.LAX);
        ctx.cookie(cookie);
        ctx.redirect(attempt.address().toString());
    }

    private void end(Context ctx) {
        Pending pending;
        synchronized (attempts) {
            pending = attempts.remove(Query.text(ctx, "state").orElse(""));
        }
        String browser = ctx.cookie(COOKIE);
        ctx.removeCookie(COOKIE, BEGIN);
        if (pending == null
                || browser == null
                || !Secrets.hash(browser).equals(pending.browser())
                || pending.until().isBefore(Instant.now())) {
            throw new AggregatorException(
                    Code.WRONG_CREDENTIALS,
                    "this login was not begun here or took too long; begin again");
        }
        Caller caller;
        try {
            String code =
                    Query.text(ctx, "code")
                            .orElseThrow(
                                    () ->
                                            new AggregatorException(
                                                    Code.WRONG_CREDENTIALS,
                                                    "the identity provider refused: "
                                                            + Query.text(ctx, "error")
                                                                    .orElse("no reason given")));
            caller = configured().end(pending.attempt(), code, callback());
        } catch (AggregatorException e) {
            audit.record(
                    Guard.action(ctx, new Caller("somebody", Role.VIEWER, "oidc")),
                    e.code().name());
            throw e;
        }
        audit.record(Guard.action(ctx, caller), "200");
        Guard.begin(ctx, caller);
        ctx.redirect("/");
    }

    private Oidc configured() {
        return oidc.orElseThrow(
                () ->
                        new AggregatorException(
                                Code.ADDRESS_NOT_FOUND,
                                "no identity provider is configured (oidc.issuer)"));
    }

    private URI callback() {
        return URI.create(base.get() + CALLBACK);
    }
}
