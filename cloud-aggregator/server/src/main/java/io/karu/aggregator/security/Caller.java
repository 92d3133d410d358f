package io.karu.aggregator.security;

import java.util.Objects;

/**
 * Who asks for something.
 *
 * @param name the person, also where one of their programs asks
 * @param role what it may do
 * @param via how it is known: {@code session}, {@code oidc}, or {@code token} and its name
 */
public record Caller(String name, Role role, String via) {
    /** The aggregator's own work, such as the renewal of certificates. */
    public static final Caller AGGREGATOR = new Caller("aggregator", Role.ADMIN, "itself");

    public Caller {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(via, "via");
    }
}
