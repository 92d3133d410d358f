package io.karu.aggregator.rollout;

import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.Order.Restart;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.registry.ModelRegistry;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.api.model.ModelRef;
import java.util.ArrayList;
import java.util.List;

/** The jobs that bring an artefact to a gateway, and the one that takes it back. */
final class Orders {
    private final ModelRegistry models;

    Orders(ModelRegistry models) {
        this.models = models;
    }

    /** Which order of {@link #of} lets a model run in the shadow, where one does. */
    static final int SHADOW = 1;

    /** Which order of {@link #back} ends the shadow, where one was begun. */
    static final int END_OF_SHADOW = 1;

    /** In their order; each begins when the one before has succeeded. */
    List<Order> of(RolloutPlan plan, int group) {
        Artefact artefact = plan.artefact();
        if (artefact instanceof Artefact.Model model) {
            ModelVersion version = models.released(models.get(model.name(), model.digest()));
            List<Order> orders = new ArrayList<>();
            orders.add(new Order.InstallPackage(version.packageId(), Restart.NEVER));
            if (plan.shadows(group)) {
                orders.add(challenge(model, version.digest()));
            }
            orders.add(new Order.ActivateModel(model.name(), model.alias(), version.digest()));
            return orders;
        }
        if (artefact instanceof Artefact.Package dp) {
            return List.of(
                    new Order.InstallPackage(new PackageId(dp.name(), dp.version()), restart(dp)));
        }
        return List.of(new Order.WriteConfiguration(((Artefact.Configuration) artefact).updates()));
    }

    private static Order challenge(Artefact.Model model, String digest) {
        return new Order.ActivateModel(model.name(), ModelRef.CHALLENGER, digest);
    }

    /** Back to what was there, in their order; empty when nothing was. */
    List<Order> back(RolloutPlan plan, int group, Baseline baseline) {
        if (plan.artefact() instanceof Artefact.Model model) {
            return baseline.version()
                    .map(digest -> back(model, digest, plan.shadows(group), baseline))
                    .orElse(List.of());
        }
        if (plan.artefact() instanceof Artefact.Package dp) {
            return baseline.version()
                    .<List<Order>>map(
                            version ->
                                    List.of(
                                            new Order.InstallPackage(
                                                    new PackageId(dp.name(), version),
                                                    restart(dp))))
                    .orElse(List.of());
        }
        List<ComponentUpdate> values = baseline.configurations();
        return values.isEmpty() ? List.of() : List.of(new Order.WriteConfiguration(values));
    }

    private static List<Order> back(
            Artefact.Model model, String digest, boolean shadowed, Baseline baseline) {
        Order decide = new Order.ActivateModel(model.name(), model.alias(), digest);
        if (!shadowed) {
            return List.of(decide);
        }
        Order shadow =
                baseline.challenger()
                        .map(before -> challenge(model, before))
                        .orElseGet(() -> new Order.ClearModel(model.name(), ModelRef.CHALLENGER));
        return List.of(decide, shadow);
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
