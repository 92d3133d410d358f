package io.karu.aggregator;

import io.karu.aggregator.blob.ContentStore;
import io.karu.aggregator.configuration.Configurations;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.deployment.Deployments;
import io.karu.aggregator.deployment.FilePackageRepository;
import io.karu.aggregator.security.ModelSigning;
import java.io.IOException;
import java.util.Optional;

/** Packages, and the jobs that bring packages and configurations to gateways. */
final class DeliveryParts {
    final ModelSigning signing;
    final FilePackageRepository packages;
    final Deployments deployments;
    final Configurations configurations;

    DeliveryParts(CoreParts core, FleetParts fleet, DeploymentTimes times) throws IOException {
        Settings settings = core.settings;
        signing = ModelSigning.open(core.data.resolve("keys"), settings.keysInToken());
        Optional<ContentStore> shared =
                settings.s3().isPresent()
                        ? Optional.of(core.content("packages"))
                        : Optional.empty();
        packages =
                new FilePackageRepository(
                        core.data.resolve("packages"), shared, core.database, fleet.fleet::get);
        deployments =
                core.owned.own(
                        new Deployments(
                                new Deployments.Parts(
                                        core.database,
                                        core.leadership,
                                        fleet.gateways,
                                        fleet.fleet::get,
                                        fleet.reader,
                                        fleet.requester,
                                        fleet.components,
                                        fleet.uplinkTokens,
                                        packages,
                                        signing,
                                        core.events,
                                        core.tracing,
                                        core.metrics.registry(),
                                        settings.chunkedFrom()),
                                times));
        configurations = new Configurations(fleet.components, deployments::adopt);
    }
}
