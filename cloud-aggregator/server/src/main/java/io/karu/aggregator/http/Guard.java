package io.karu.aggregator.http;

import io.javalin.http.Context;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.security.People;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
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
    private static final String PERSON = "person";
    private static final String CSRF = "csrf";
    private static final Set<String> READING = Set.of("GET", "HEAD");
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final String STARTED = "started";

    private final People people;
    private final Map<String, Instant> endedBefore = new ConcurrentHashMap<>();

    Guard(People people) {
        this.people = people;
    }

    /** Runs before each matched route. */
    void check(Context ctx) {
        if (!ctx.routeRoles().contains(Access.PERSON)) {
            return;
        }
        Optional<String> token = bearer(ctx);
        String person =
                token.isPresent()
                        ? people.authenticateToken(token.get())
                                .orElseThrow(
                                        () ->
                                                new AggregatorException(
                                                        Code.NOT_LOGGED_IN,
                                                        "the API token is unknown"))
                        : personOfSession(ctx);
        ctx.attribute(PERSON, person);
    }

    /** Who calls a {@link Access#PERSON} route. */
    static String person(Context ctx) {
        String person = ctx.attribute(PERSON);
        if (person == null) {
            throw new IllegalStateException(ctx.path() + " is open to anyone");
        }
        return person;
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

    private String personOfSession(Context ctx) {
        HttpSession session = ctx.req().getSession(false);
        Object person = session == null ? null : session.getAttribute(PERSON);
        if (person == null || hasEnded(session, person.toString())) {
            throw new AggregatorException(Code.NOT_LOGGED_IN, "log in first");
        }
        if (!READING.contains(ctx.method().name()) && !sameToken(ctx, session)) {
            throw new AggregatorException(
                    Code.FOREIGN_REQUEST,
                    "the header "
                            + CSRF_HEADER
                            + " does not hold the session's token; reload the page");
        }
        return person.toString();
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
