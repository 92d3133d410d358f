package io.karu.aggregator.identity;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Whose certificates let gateways in.
 *
 * @param authority a key made elsewhere that issues here
 * @param est an authority elsewhere that issues in place of the own one
 * @param foreign authorities whose certificates count beside those issued here
 * @param naming how these name gateways
 * @param pause between two attempts to enrol a gateway that does not answer
 */
public record IdentitySettings(
        CertificateLives lives,
        Optional<Authority.Given> authority,
        Optional<EstAuthority.Server> est,
        List<X509Certificate> foreign,
        GatewayNaming naming,
        Duration pause) {
    public IdentitySettings {
        foreign = List.copyOf(foreign);
    }
}
