package io.karu.aggregator.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.configuration.ComponentClient;
import io.karu.aggregator.configuration.ComponentConfiguration;
import io.karu.aggregator.configuration.ComponentUpdate;
import io.karu.aggregator.deployment.DesiredState.DesiredModel;
import io.karu.aggregator.fleet.Drift;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.Inventory.InstalledPackage;
import io.karu.aggregator.fleet.UplinkTokens;
import io.karu.kura.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Finds where a gateway differs from its desired state, and what would repair it. */
final class Comparison {
    private final GatewayPort gateways;
    private final ComponentClient components;
    private final UplinkTokens uplinkTokens;
    private final Supplier<List<ComponentUpdate>> ours;
    private final DeploymentTimes times;

    /** A difference; the repair is absent when a person has to look. */
    record Found(Drift drift, Optional<Order> repair) {}

    Comparison(
            GatewayPort gateways,
            ComponentClient components,
            UplinkTokens uplinkTokens,
            Supplier<List<ComponentUpdate>> ours,
            DeploymentTimes times) {
        this.gateways = gateways;
        this.components = components;
        this.uplinkTokens = uplinkTokens;
        this.ours = ours;
        this.times = times;
    }

    /**
     * Asks the gateway as far as needed. Packages come first: models and configurations live in
     * them.
     */
    List<Found> compare(Gateway gateway, DesiredState desired) {
        List<Found> found = new ArrayList<>(comparePackages(gateway, desired));
        compareConfigurations(gateway, desired, found);
        if (found.stream().noneMatch(f -> f.drift().kind() == Drift.Kind.PACKAGE)) {
            compareModels(gateway, desired, found);
        }
        return found;
    }

    /**
     * What a gateway lacks before its verdicts can arrive at all; empty once the uplink was
     * configured. Does not wait for the gateway's other jobs.
     */
    List<Found> compareUplink(Gateway gateway) {
        List<Found> found = new ArrayList<>();
        if (!uplinkTokens.confirmed(gateway.id())) {
            compareConfigurations(gateway, DesiredState.NOTHING, found);
        }
        return found;
    }

    /** Packages that are not as desired at the last reading. */
    List<Found> comparePackages(Gateway gateway, DesiredState desired) {
        return desired.packages().stream()
                .map(wanted -> comparePackage(gateway, wanted))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Found> comparePackage(Gateway gateway, PackageId wanted) {
        Optional<InstalledPackage> installed =
                gateway.inventory().flatMap(inventory -> inventory.find(wanted.name()));
        if (installed.isEmpty()) {
            return Optional.of(
                    packageDrift(
                            wanted,
                            "not installed",
                            "it was removed, or Kura lost its record of it at a restart",
                            true));
        }
        if (!installed.get().version().equals(wanted.version())) {
            return Optional.of(
                    packageDrift(
                            wanted,
                            "version " + installed.get().version(),
                            "it was installed by someone else, or an earlier file came back at a restart",
                            !wanted.carriesNatives()));
        }
        return installed.get().bundles().stream()
                .filter(bundle -> bundle.state().equals("INSTALLED"))
                .findFirst()
                .map(
                        bundle ->
                                packageDrift(
                                        wanted,
                                        "bundle " + bundle.name() + " INSTALLED",
                                        "something that the bundle imports or requires is not there",
                                        false));
    }

    private static Found packageDrift(
            PackageId wanted, String found, String cause, boolean repairable) {
        Drift drift =
                new Drift(
                        Drift.Kind.PACKAGE,
                        wanted.name(),
                        "version " + wanted.version(),
                        found,
                        cause,
                        Optional.empty());
        return new Found(
                drift,
                repairable
                        ? Optional.of(new Order.InstallPackage(wanted, Order.Restart.NEVER))
                        : Optional.empty());
    }

    private void compareConfigurations(Gateway gateway, DesiredState desired, List<Found> found) {
        boolean configurable =
                gateway.birth().filter(birth -> birth.answers("CONF-V2")).isPresent();
        if (!configurable) {
            return;
        }
        boolean hasUplink = gateways.speaksKaru(gateway.id());
        List<ComponentUpdate> uplink = hasUplink ? ours.get() : List.of();
        List<ComponentUpdate> wanted = new ArrayList<>(uplink);
        desired.configurations().stream().filter(c -> !Uplink.isOwn(c.pid())).forEach(wanted::add);
        if (wanted.isEmpty()) {
            return;
        }
        List<ComponentConfiguration> actual =
                components.read(gateway.id(), wanted.stream().map(ComponentUpdate::pid).toList());
        for (ComponentUpdate update : wanted) {
            boolean absent =
                    update.factoryPid().isEmpty()
                            && actual.stream().noneMatch(c -> c.pid().equals(update.pid()));
            if (absent && update.pid().equals(Uplink.MODELS)) {
                continue; // no models bundle: nothing to trust
            }
            Optional<String> difference = ConfigurationSteps.difference(update, actual);
            boolean lacksToken =
                    update.pid().equals(Uplink.PID) && !uplinkTokens.confirmed(gateway.id());
            if (difference.isPresent() || lacksToken) {
                Drift drift =
                        new Drift(
                                Drift.Kind.CONFIGURATION,
                                update.pid(),
                                "as desired",
                                difference.orElse("no token of this aggregator"),
                                absent
                                        ? "the component is not there; it is configured when it comes"
                                        : "it was changed on the gateway, or is not configured yet",
                                Optional.empty());
                found.add(
                        new Found(
                                drift,
                                // a job that waits for the component would hold up all others
                                absent
                                        ? Optional.empty()
                                        : Optional.of(
                                                new Order.WriteConfiguration(List.of(update)))));
            }
        }
    }

    private void compareModels(Gateway gateway, DesiredState desired, List<Found> found) {
        if (desired.models().isEmpty() || !gateways.speaksKaru(gateway.id())) {
            return;
        }
        JsonNode models =
                gateways.karu(gateway.id(), Method.GET, "models", null, times.request())
                        .path("models");
        for (DesiredModel wanted : desired.models()) {
            Optional<JsonNode> meaning =
                    ModelSteps.Models.meaning(models, wanted.name(), wanted.alias());
            String digest = meaning.map(m -> m.path("digest").asText()).orElse("nothing");
            if (!digest.equals(wanted.digest())) {
                found.add(modelDrift(wanted, digest, models));
            }
        }
    }

    private static Found modelDrift(DesiredModel wanted, String actual, JsonNode models) {
        String state = "";
        for (JsonNode model : models) {
            if (model.path("digest").asText().equals(wanted.digest())) {
                state = model.path("state").asText();
            }
        }
        boolean rejected = state.equals("REJECTED");
        String cause =
                rejected
                        ? "the gateway rejected this version before; it stays off"
                        : state.isEmpty()
                                ? "the version is not in the gateway's store"
                                : "another version was activated on the gateway";
        Drift drift =
                new Drift(
                        Drift.Kind.MODEL,
                        wanted.name() + "@" + wanted.alias(),
                        wanted.digest(),
                        actual,
                        cause,
                        Optional.empty());
        return new Found(
                drift,
                rejected
                        ? Optional.empty()
                        : Optional.of(
                                new Order.ActivateModel(
                                        wanted.name(), wanted.alias(), wanted.digest())));
    }
}
