package io.karu.aggregator.security;

import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An OpenID Connect issuer whose people may log in.
 *
 * @param issuer as in its tokens, without {@code /.well-known/openid-configuration}
 * @param clientId of the console at the issuer
 * @param clientSecret absent for a public client, which PKCE protects
 * @param audience that bearer tokens for REST must name
 * @param roleClaim where the roles are, steps joined by dots, such as {@code realm_access.roles}
 * @param rolePrefix before {@code viewer}, {@code operator}, {@code engineer}, {@code admin} there
 */
public record OidcSettings(
        URI issuer,
        String clientId,
        Optional<String> clientSecret,
        String audience,
        String roleClaim,
        String rolePrefix) {
    public OidcSettings {
        Objects.requireNonNull(issuer, "issuer");
        Objects.requireNonNull(clientId, "clientId");
        Objects.requireNonNull(clientSecret, "clientSecret");
    }

    /** How the issuer calls a role. */
    String name(Role role) {
        return rolePrefix + role;
    }

    /** How the issuer calls the roles, from the least to the most. */
    public List<String> roles() {
        return Stream.of(Role.values()).map(this::name).toList();
    }

    @Override
    public String toString() {
        return "OidcSettings[" + issuer + ", " + clientId + "]";
    }
}
