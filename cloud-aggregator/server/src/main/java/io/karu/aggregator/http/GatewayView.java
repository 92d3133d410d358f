package io.karu.aggregator.http;

import io.karu.aggregator.deployment.DesiredState;
import io.karu.aggregator.deployment.DesiredState.DesiredModel;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.fleet.BirthCertificate;
import io.karu.aggregator.fleet.Conflict;
import io.karu.aggregator.fleet.Drift;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.fleet.Inventory;
import io.karu.aggregator.fleet.Presence;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** {@code Gateway} of the contract. */
record GatewayView(
        String clientId,
        String account,
        String name,
        String site,
        Collection<String> tags,
        Presence state,
        String reason,
        Instant since,
        Optional<Instant> lastSeen,
        Optional<Conflict> conflict,
        List<String> applications,
        List<String> missing,
        Versions versions,
        Optional<Boolean> healthy,
        List<Difference> drift,
        Optional<Long> deployment) {

    static GatewayView of(Gateway gateway, Optional<Long> runningJob) {
        return new GatewayView(
                gateway.id().clientId(),
                gateway.id().account(),
                gateway.displayName(),
                gateway.site(),
                gateway.tags(),
                gateway.presence(),
                gateway.reason(),
                gateway.since(),
                gateway.lastSeen(),
                gateway.conflict(),
                gateway.birth().map(BirthCertificate::applicationIds).orElse(List.of()),
                gateway.missing(),
                gateway.birth().map(Versions::of).orElse(Versions.UNKNOWN),
                gateway.health().map(Health::ok),
                gateway.drift().stream().map(Difference::of).toList(),
                runningJob);
    }

    record Versions(
            Optional<String> kura,
            Optional<String> java,
            Optional<String> os,
            Optional<String> architecture,
            Optional<String> osgi) {
        static final Versions UNKNOWN =
                new Versions(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());

        static Versions of(BirthCertificate birth) {
            return new Versions(
                    told(birth.kuraVersion()),
                    told(birth.javaVersion().split(" ")[0]),
                    told((birth.metric("os") + " " + birth.metric("os_version")).strip()),
                    told(birth.architecture()),
                    told(
                            (birth.metric("osgi_framework")
                                            + " "
                                            + birth.metric("osgi_framework_version"))
                                    .strip()));
        }

        private static Optional<String> told(String value) {
            return Optional.of(value).filter(text -> !text.isBlank());
        }
    }

    record Difference(
            Drift.Kind kind,
            String subject,
            String wanted,
            String found,
            String cause,
            Optional<Long> deployment) {
        static Difference of(Drift drift) {
            return new Difference(
                    drift.kind(),
                    drift.subject(),
                    drift.wanted(),
                    drift.found(),
                    drift.cause(),
                    drift.job());
        }
    }

    /** {@code GatewayDetail} of the contract. */
    record Detail(
            GatewayView gateway,
            Optional<Instant> inventoryAt,
            Optional<Instant> healthAt,
            List<Health.Check> health,
            List<Inventory.InstalledPackage> packages,
            Desired desired) {
        static Detail of(GatewayView view, Gateway gateway, DesiredState desired) {
            return new Detail(
                    view,
                    gateway.inventory().map(Inventory::at),
                    gateway.health().map(Health::at),
                    gateway.health().map(Health::checks).orElse(List.of()),
                    gateway.inventory().map(Inventory::packages).orElse(List.of()),
                    Desired.of(desired));
        }
    }

    /** {@code DesiredState} of the contract. */
    record Desired(
            List<PackageId> packages,
            List<DesiredModel> models,
            List<ConfigurationView.Desired> configurations) {
        static Desired of(DesiredState state) {
            return new Desired(
                    state.packages(),
                    state.models(),
                    state.configurations().stream().map(ConfigurationView.Desired::of).toList());
        }
    }

    /** {@code Credentials} of the contract. */
    record Credentials(
            String clientId, String account, String broker, String username, String password) {
        static Credentials of(GatewayCredentials credentials) {
            return new Credentials(
                    credentials.id().clientId(),
                    credentials.id().account(),
                    credentials.brokerUrl(),
                    credentials.userName(),
                    credentials.password());
        }
    }
}
