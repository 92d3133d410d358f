package io.karu.aggregator;

import io.karu.aggregator.fleet.GatewayStore;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.CertificateAuthority;
import io.karu.aggregator.identity.EstAuthority;
import io.karu.aggregator.identity.GatewayIdentities;
import io.karu.aggregator.identity.GatewayNaming;
import io.karu.aggregator.identity.IdentitySettings;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Who issues certificates, and whom they let in. */
final class IdentityParts {
    final Authority authority;
    final GatewayIdentities identities;

    IdentityParts(CoreParts core, GatewayStore gateways) throws IOException {
        Path folder = core.data.resolve("authority");
        IdentitySettings wanted = core.settings.identity();
        authority = new Authority(folder, wanted.lives(), wanted.authority());
        CertificateAuthority issuer =
                wanted.est().isPresent()
                        ? new EstAuthority(
                                wanted.est().get(),
                                GatewayNaming.own(core.settings.account()),
                                folder.resolve("est.pem"))
                        : authority;
        List<X509Certificate> others = new ArrayList<>(wanted.foreign());
        if (issuer != authority) {
            others.addAll(issuer.trusted());
        }
        authority.trustAlso(others);
        identities =
                new GatewayIdentities(
                        authority,
                        issuer,
                        new GatewayIdentities.Parts(
                                core.database,
                                core.events,
                                core.settings.account(),
                                wanted.naming(),
                                wanted.foreign(),
                                wanted.lives(),
                                gateways::list,
                                gateways::find));
    }
}
