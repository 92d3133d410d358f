package io.karu.page;

import io.karu.page.Identities.Access;
import io.karu.page.exchange.Exchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Basic authentication (RFC 7617) against {@link Identities}. What was granted holds for 30
 * seconds, because passwords are slow to check and a page asks often; an address that fails ten
 * times in a minute has to wait.
 */
final class Login {
    private static final Duration HOLDS = Duration.ofSeconds(30);
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int FAILURES = 10;
    private static final int REMEMBERED = 256;

    private final Identities identities;
    private final byte[] salt = new byte[16];
    private final Map<String, Grant> grants = bounded();
    private final Map<String, Failures> failures = bounded();

    private record Grant(String name, long untilNanos) {}

    private record Failures(int count, long untilNanos) {}

    Login(Identities identities) {
        this.identities = identities;
        new SecureRandom().nextBytes(salt);
    }

    private static <V> Map<String, V> bounded() {
        return new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    /** The name of who asks; 401, 403, 429 or 503 otherwise. */
    String require(Exchange exchange) throws PageException {
        String header = exchange.header("Authorization").orElse("");
        if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
            throw unauthorized();
        }
        String key = digest(header);
        synchronized (this) {
            Grant grant = grants.get(key);
            if (grant != null && grant.untilNanos() - System.nanoTime() > 0) {
                return grant.name();
            }
            Failures failed = failures.get(exchange.remote());
            if (failed != null
                    && failed.count() >= FAILURES
                    && failed.untilNanos() - System.nanoTime() > 0) {
                throw new PageException(
                        429, "TOO_MANY_ATTEMPTS", "too many wrong passwords, wait a minute");
            }
        }
        return check(exchange.remote(), key, header.substring(6).trim());
    }

    private String check(String remote, String key, String credentials) throws PageException {
        String[] pair;
        try {
            pair =
                    new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8)
                            .split(":", 2);
        } catch (IllegalArgumentException e) {
            throw unauthorized();
        }
        if (pair.length < 2 || pair[0].isEmpty()) {
            throw unauthorized();
        }
        Access access = identities.check(pair[0], pair[1].toCharArray());
        switch (access) {
            case GRANTED -> {
                synchronized (this) {
                    grants.put(key, new Grant(pair[0], System.nanoTime() + HOLDS.toNanos()));
                    failures.remove(remote);
                }
                return pair[0];
            }
            case NO_PERMISSION ->
                    throw new PageException(
                            403,
                            "NO_PERMISSION",
                            "give the identity "
                                    + pair[0]
                                    + " the permission rest.inspection in Kura");
            case UNAVAILABLE ->
                    throw new PageException(
                            503, "NO_IDENTITIES", "waits for Kura's identity service");
            default -> {
                synchronized (this) {
                    Failures failed = failures.get(remote);
                    boolean again = failed != null && failed.untilNanos() - System.nanoTime() > 0;
                    failures.put(
                            remote,
                            new Failures(
                                    again ? failed.count() + 1 : 1,
                                    System.nanoTime() + WINDOW.toNanos()));
                }
                throw unauthorized();
            }
        }
    }

    private static PageException unauthorized() {
        return new PageException(401, "UNAUTHORIZED", "log in with a Kura identity");
    }

    private String digest(String header) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(salt);
            return HexFormat.of().formatHex(sha256.digest(header.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
