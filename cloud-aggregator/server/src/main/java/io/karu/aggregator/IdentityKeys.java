package io.karu.aggregator;

import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.CertificateLives;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.EstAuthority;
import io.karu.aggregator.identity.GatewayNaming;
import io.karu.aggregator.identity.IdentitySettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The settings that begin with {@code identity}. */
final class IdentityKeys {
    static final Set<String> ALL =
            Set.of(
                    "identity.authorities",
                    "identity.authorities.client",
                    "identity.authorities.account",
                    "identity.authority.keystore",
                    "identity.authority.password",
                    "identity.est.url",
                    "identity.est.user",
                    "identity.est.password",
                    "identity.est.trusted",
                    "identity.days",
                    "identity.server.days",
                    "identity.renew.left",
                    "identity.retry.seconds");
    static final Set<String> SECRETS =
            Set.of("identity.authority.password", "identity.est.password");

    private static final double SECONDS_A_DAY = 86_400;

    private IdentityKeys() {}

    static IdentitySettings read(Settings settings) throws IOException {
        return new IdentitySettings(
                lives(settings),
                settings.text("identity.authority.keystore")
                        .map(
                                file ->
                                        new Authority.Given(
                                                Path.of(file),
                                                settings.text("identity.authority.password")
                                                        .orElse(""))),
                est(settings),
                certificates(settings, "identity.authorities"),
                new GatewayNaming(
                        settings.text("identity.authorities.client").orElse("CN"),
                        settings.text("identity.authorities.account").orElse("O"),
                        settings.account()),
                Duration.ofSeconds(settings.number("identity.retry.seconds", 15)));
    }

    private static CertificateLives lives(Settings settings) {
        CertificateLives d = CertificateLives.DEFAULT;
        return new CertificateLives(
                days(settings.decimal("identity.days", d.gateway().toDays())),
                days(settings.decimal("identity.server.days", d.server().toDays())),
                settings.decimal("identity.renew.left", d.renewedAt()));
    }

    private static Duration days(double days) {
        return Duration.ofSeconds(Math.round(days * SECONDS_A_DAY));
    }

    private static Optional<EstAuthority.Server> est(Settings settings) throws IOException {
        Optional<String> url = settings.text("identity.est.url");
        if (url.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                new EstAuthority.Server(
                        URI.create(url.get()),
                        settings.text("identity.est.user").orElse("karu"),
                        settings.text("identity.est.password").orElse(""),
                        certificates(settings, "identity.est.trusted")));
    }

    private static List<X509Certificate> certificates(Settings settings, String key)
            throws IOException {
        Optional<String> file = settings.text(key);
        if (file.isEmpty()) {
            return List.of();
        }
        try {
            return Certificates.parse(Files.readAllBytes(Path.of(file.get())));
        } catch (IOException e) {
            throw new IOException(
                    "setting " + key + ": " + file.get() + " cannot be read: " + e.getMessage(), e);
        }
    }
}
