package io.karu.aggregator.rollout;

import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.Order.Restart;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelVersion;
import java.util.List;
import java.util.Optional;

/** The jobs that bring an artefact to a gateway, and the one that takes it back. */
final class Orders {
    private final ModelRegistry models;

    Orders(ModelRegistry models) {
        this.models = models;
    }

    /** In their order; each begins when the one before has succeeded. */
    List<Order> of(Artefact artefact) {
        if (artefact instanceof Artefact.Model model) {
            ModelVersion version = models.released(models.get(model.name(), model.digest()));
            return List.of(
                    new Order.InstallPackage(version.packageId(), Restart.NEVER),
                    new Order.ActivateModel(model.name(), model.alias(), version.digest()));
        }
        if (artefact instanceof Artefact.Package dp) {
            return List.of(
                    new Order.InstallPackage(new PackageId(dp.name(), dp.version()), restart(dp)));
        }
        return List.of(new Order.WriteConfiguration(((Artefact.Configuration) artefact).updates()));
    }

    /** Back to what was there; absent when nothing was. */
    Optional<Order> back(Artefact artefact, Baseline baseline) {
        if (artefact instanceof Artefact.Model model) {
            return baseline.version()
                    .map(digest -> new Order.ActivateModel(model.name(), model.alias(), digest));
        }
        if (artefact instanceof Artefact.Package dp) {
            return baseline.version()
                    .map(
                            version ->
                                    new Order.InstallPackage(
                                            new PackageId(dp.name(), version), restart(dp)));
        }
        List<ComponentUpdate> values = baseline.configurations();
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(new Order.WriteConfiguration(values));
    }

    private static Restart restart(Artefact.Package dp) {
        return dp.restart() ? Restart.AFTER_INSTALL : Restart.NEVER;
    }

    /** The artefact as a person names it. */
    String describe(Artefact artefact) {
        if (artefact instanceof Artefact.Model model) {
            String version =
                    models.find(model.name(), model.digest())
                            .map(ModelVersion::version)
                            .orElse(
                                    model.digest()
                                            .substring(0, Math.min(19, model.digest().length())));
            return model.name()
                    + " "
                    + version
                    + (model.alias().equals(Artefact.Model.CHAMPION) ? "" : " as " + model.alias());
        }
        if (artefact instanceof Artefact.Package dp) {
            return dp.name() + " " + dp.version();
        }
        return "the configuration of " + artefact.subject();
    }
}
