package io.karu.aggregator.store;

import java.util.Objects;

/** JDBC URL with user name and password; H2 or PostgreSQL. */
public record DatabaseAddress(String url, String user, String password) {
    public DatabaseAddress {
        Objects.requireNonNull(url, "url");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(password, "password");
        if (!url.startsWith("jdbc:h2:") && !url.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException(
                    "database address \"" + url + "\": expected jdbc:h2:… or jdbc:postgresql:…");
        }
    }

    @Override
    public String toString() {
        return url;
    }
}
