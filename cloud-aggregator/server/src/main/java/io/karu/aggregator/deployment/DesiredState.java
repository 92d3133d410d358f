package io.karu.aggregator.deployment;

import io.karu.aggregator.configuration.ComponentUpdate;
import java.util.List;

/**
 * What a gateway should be. Compared after every BIRTH and inventory; what is not named here is
 * left alone.
 *
 * @param packages at most one version per name
 * @param models at most one digest per name and alias
 * @param configurations at most one per pid; properties not named are left alone
 */
public record DesiredState(
        List<PackageId> packages, List<DesiredModel> models, List<ComponentUpdate> configurations) {
    public static final DesiredState NOTHING = new DesiredState(List.of(), List.of(), List.of());

    public DesiredState {
        packages = List.copyOf(packages);
        models = List.copyOf(models);
        configurations = List.copyOf(configurations);
    }

    /** What an alias should mean. */
    public record DesiredModel(String name, String alias, String digest) {}
}
