package io.karu.aggregator.http;

import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.audit.Audit;
import io.karu.aggregator.audit.AuditEntry;
import io.karu.aggregator.security.Caller;
import io.karu.aggregator.security.Oidc;
import io.karu.aggregator.security.People;
import io.karu.aggregator.security.Role;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lets a route run for whom its {@link Access} says: a session's cookie, and its CSRF token on
 * whatever changes something, or an API token.
 */
final class Guard {
    static final String CSRF_HEADER = "X-CSRF-Token";
    private static final String CALLER = "caller";
    private static final String BEGUN = "begun";
    private static final String PERSON = "person";

    /** Of a session of somebody without an account here: what the identity provider said. */
    private static final String CALLER_OF_SESSION = "oidc";

    /** After which somebody must show again that the identity provider knows them. */
    private static final Duration OIDC_SESSION = Duration.ofHours(10);

    private static final String CSRF = "csrf";
    private static final Set<String> READING = Set.of("GET", "HEAD");
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final String STARTED = "started";

    private final People people;
    private final Optional<Oidc> oidc;
    private final Audit audit;
    private final Map<String, Instant> endedBefore = new ConcurrentHashMap<>();

    Guard(People people, Optional<Oidc> oidc, Audit audit) {
        this.people = people;
        this.oidc = oidc;
        this.audit = audit;
    }

    /** Runs before each matched route. */
    void check(Context ctx) {
        Optional<Access> access =
                ctx.routeRoles().stream()
                        .map(Access.class::cast)
                        .filter(Access::isForPeople)
                        .findFirst();
        if (access.isEmpty()) {
            return;
        }
        boolean reading = READING.contains(ctx.method().name());
        Caller caller = bearer(ctx).map(this::ofToken).orElseGet(() -> ofSession(ctx, reading));
        ctx.attribute(CALLER, caller);
        Role needed = access.get().needed(reading);
        if (!caller.role().includes(needed)) {
            audit.record(action(ctx, caller), Code.NOT_ALLOWED.name());
            throw new AggregatorException(
                    Code.NOT_ALLOWED,
                    caller.name()
                            + " is "
                            + caller.role()
                            + "; this needs "
                            + needed
                            + ". An admin can change roles");
        }
        if (access.get().isAudited(reading)) {
            ctx.attribute(BEGUN, audit.begin(action(ctx, caller)));
        }
    }

    /** Runs after each matched route, also after a failed one. */
    void ended(Context ctx) {
        AuditEntry begun = ctx.attribute(BEGUN);
        if (begun != null) {
            String code = ctx.attribute(Problems.CODE);
            audit.end(begun, ctx.status().getCode() + (code == null ? "" : " " + code));
        }
    }

    /** What a request wants, for the audit log. */
    static Audit.Action action(Context ctx, Caller caller) {
        return new Audit.Action(
                caller,
                ctx.ip(),
                ctx.method().name() + " " + ctx.endpoints().matchedHttpEndpoint().path,
                String.join(" ", ctx.pathParamMap().values()));
    }

    /** Who calls a route that is for people. */
    static Caller caller(Context ctx) {
        Caller caller = ctx.attribute(CALLER);
        if (caller == null) {
            throw new IllegalStateException(ctx.path() + " is open to anyone");
        }
        return caller;
    }

    /** Name of {@link #caller}. */
    static String person(Context ctx) {
        return caller(ctx).name();
    }

    static Optional<String> bearer(Context ctx) {
        String header = ctx.header("Authorization");
        return header != null && header.startsWith("Bearer ")
                ? Optional.of(header.substring("Bearer ".length()).strip())
                : Optional.empty();
    }

    /** Begins a session under a new id; answers its CSRF token. */
    static String begin(Context ctx, String person) {
        HttpServletRequest request = ctx.req();
        HttpSession old = request.getSession(false);
        if (old != null) {
            old.invalidate();
        }
        byte[] random = new byte[32];
        RANDOM.nextBytes(random);
        String csrf = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        HttpSession session = request.getSession(true);
        session.setAttribute(PERSON, person);
        session.setAttribute(CSRF, csrf);
        session.setAttribute(STARTED, Instant.now());
        return csrf;
    }

    /** As {@link #begin(Context, String)} for somebody whom the identity provider knows. */
    static String begin(Context ctx, Caller caller) {
        String csrf = begin(ctx, caller.name());
        ctx.req().getSession().setAttribute(CALLER_OF_SESSION, caller);
        return csrf;
    }

    /** The CSRF token of the session; empty for a program, which needs none. */
    static String csrfToken(Context ctx) {
        HttpSession session = ctx.req().getSession(false);
        Object token = session == null ? null : session.getAttribute(CSRF);
        return token == null ? "" : token.toString();
    }

    /** Ends every session that this person has. */
    void endAll(String person) {
        endedBefore.put(person, Instant.now());
    }

    static void end(Context ctx) {
        HttpSession session = ctx.req().getSession(false);
        if (session != null) {
            session.invalidate();
        }
    }

    private Caller ofToken(String token) {
        if (oidc.isPresent() && Oidc.isToken(token)) {
            return oidc.get().authenticate(token);
        }
        return people.tokens()
                .authenticate(token)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.NOT_LOGGED_IN,
                                        "the API token is unknown, revoked or expired"));
    }

    private Caller ofSession(Context ctx, boolean reading) {
        HttpSession session = ctx.req().getSession(false);
        Object name = session == null ? null : session.getAttribute(PERSON);
        if (name == null || hasEnded(session, name.toString())) {
            throw notLoggedIn();
        }
        Object known = session.getAttribute(CALLER_OF_SESSION);
        Caller caller = known == null ? account(name.toString()) : ofProvider(session, known);
        if (!reading && !sameToken(ctx, session)) {
            throw new AggregatorException(
                    Code.FOREIGN_REQUEST,
                    "the header "
                            + CSRF_HEADER
                            + " does not hold the session's token; reload the page");
        }
        return caller;
    }

    private Caller account(String name) {
        Role role = people.find(name).orElseThrow(Guard::notLoggedIn).role();
        return new Caller(name, role, "session");
    }

    private static Caller ofProvider(HttpSession session, Object known) {
        Instant started = (Instant) session.getAttribute(STARTED);
        if (started.plus(OIDC_SESSION).isBefore(Instant.now())) {
            throw notLoggedIn();
        }
        return (Caller) known;
    }

    private static AggregatorException notLoggedIn() {
        return new AggregatorException(Code.NOT_LOGGED_IN, "log in first");
    }

    private boolean hasEnded(HttpSession session, String person) {
        Instant started = (Instant) session.getAttribute(STARTED);
        return started.isBefore(endedBefore.getOrDefault(person, Instant.MIN));
    }

    private static boolean sameToken(Context ctx, HttpSession session) {
        String sent = ctx.header(CSRF_HEADER);
        return sent != null
                && MessageDigest.isEqual(
                        sent.getBytes(StandardCharsets.UTF_8),
                        session.getAttribute(CSRF).toString().getBytes(StandardCharsets.UTF_8));
    }
}
