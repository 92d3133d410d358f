package io.karu.aggregator.security;

import java.util.Locale;

/**
 * What a person or a program may do; each role includes the ones before it.
 *
 * <p>Viewers read. Operators keep the present state running: refresh, retry, cancel, roll back,
 * fetch images. Engineers change what gateways run: packages, models, configurations. Admins decide
 * who is trusted: people, gateways and their identities, backups, the audit log.
 */
public enum Role {
    VIEWER,
    OPERATOR,
    ENGINEER,
    ADMIN;

    /** Whether this role may do what {@code needed} may do. */
    public boolean includes(Role needed) {
        return compareTo(needed) >= 0;
    }

    /** The lesser of two. */
    public Role atMost(Role other) {
        return compareTo(other) <= 0 ? this : other;
    }

    /**
     * Reads a role in any case.
     *
     * @throws IllegalArgumentException naming the roles that exist
     */
    public static Role parse(String text) {
        for (Role role : values()) {
            if (role.name().equalsIgnoreCase(text)) {
                return role;
            }
        }
        throw new IllegalArgumentException(
                "role \"" + text + "\": use viewer, operator, engineer or admin");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
