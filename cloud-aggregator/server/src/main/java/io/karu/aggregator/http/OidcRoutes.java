package io.karu.aggregator.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.Handler;
import io.javalin.http.SameSite;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.LoginRefusal;
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
    static final String BEGIN = "/login/oidc";
    static final String LOGOUT = BEGIN + "/logout";
    private static final String CALLBACK = BEGIN + "/callback";
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int MOST_ATTEMPTS = 1000;

    private final Optional<Oidc> oidc;
    private final Audit audit;
    private final Supplier<String> base;
    private final LoginRefusedPage refused;
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
        this.refused = new LoginRefusedPage(oidc.map(Oidc::settings), PATIENCE);
    }

    void install(RoutesConfig routes) {
        routes.get("/login/methods", this::methods, Access.ANYONE);
        routes.get(BEGIN, forPerson(ctx -> begin(ctx, Oidc.Prompt.AS_NEEDED)), Access.ANYONE);
        routes.get(CALLBACK, forPerson(this::end), Access.ANYONE);
        routes.get(LOGOUT, forPerson(this::logout), Access.ANYONE);
    }

    /** Shows a browser why it is refused as a page. */
    private Handler forPerson(Handler step) {
        return ctx -> {
            ctx.header("Vary", "Accept, Accept-Language");
            try {
                step.handle(ctx);
            } catch (AggregatorException e) {
                if (!LoginRefusedPage.isWanted(ctx)) {
                    throw e;
                }
                refused.write(ctx, e);
            }
        };
    }

    private void methods(Context ctx) {
        ctx.json(Map.of("password", true, "oidc", oidc.isPresent()));
    }

    private void begin(Context ctx, Oidc.Prompt prompt) {
        Oidc.Attempt attempt = configured().begin(callback(), prompt);
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
            throw LoginRefusal.NOT_BEGUN.because(
                    "this login was not begun here or took too long; begin again");
        }
        Caller caller;
        try {
            String code =
                    Query.text(ctx, "code")
                            .orElseThrow(
                                    () ->
                                            LoginRefusal.DENIED.because(
                                                    "the identity provider refused: "
                                                            + Query.text(ctx, "error")
                                                                    .orElse("no reason given")
                                                            + Query.text(ctx, "error_description")
                                                                    .map(text -> " (" + text + ")")
                                                                    .orElse("")));
            caller = configured().end(pending.attempt(), code, callback());
        } catch (AggregatorException e) {
            audit.record(
                    Guard.action(ctx, new Caller(person(e), Role.VIEWER, "oidc")), e.code().name());
            throw e;
        }
        audit.record(Guard.action(ctx, caller), "200");
        Guard.begin(ctx, caller);
        ctx.redirect("/");
    }

    /** Where the issuer cannot end its session, it asks for name and password again. */
    private void logout(Context ctx) {
        Optional<URI> address = configured().logout();
        if (address.isPresent()) {
            ctx.redirect(address.get().toString());
        } else {
            begin(ctx, Oidc.Prompt.ALWAYS);
        }
    }

    private static String person(AggregatorException e) {
        return e.details().get(Oidc.PERSON) instanceof String name
                ? Oidc.PREFIX + name
                : "somebody";
    }

    private Oidc configured() {
        return oidc.orElseThrow(
                () ->
                        LoginRefusal.NOT_CONFIGURED.because(
                                "no identity provider is configured (oidc.issuer)"));
    }

    private URI callback() {
        return URI.create(base.get() + CALLBACK);
    }
}
