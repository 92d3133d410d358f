package io.karu.aggregator.store;

import java.util.Objects;

/** JDBC URL with user name and password; H2 or PostgreSQL. */
public record DatabaseAddress(String url, String user, String password) {
    private static final String H2 = "jdbc:h2:";

    public DatabaseAddress {
        Objects.requireNonNull(url, "url");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        if (!url.startsWith(H2) && !url.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException(
                    "database address \"" + url + "\": expected jdbc:h2:… or jdbc:postgresql:…");
        }
    }

    boolean isH2() {
        return url.startsWith(H2);
    }

    @Override
    public String toString() {
        return url;
    }
}
