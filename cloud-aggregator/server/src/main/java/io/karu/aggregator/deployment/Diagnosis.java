package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.deployment.Job.Failure;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.fleet.Inventory;
import io.karu.aggregator.fleet.Inventory.InstalledBundle;
import io.karu.aggregator.fleet.Inventory.InstalledPackage;
import io.karu.kura.deployment.Finding;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether an installed package works, by inventory and health, and if not why. */
final class Diagnosis {
    /** Looks at a bundle that cannot resolve before the previous package is installed again. */
    private static final int HOPELESS_POLLS = 5;

    private final GatewayPort gateways;
    private final PackageRepository packages;
    private final DeploymentTimes times;

    Diagnosis(GatewayPort gateways, PackageRepository packages, DeploymentTimes times) {
        this.gateways = gateways;
        this.packages = packages;
        this.times = times;
    }

    /** Checks that fail already are not held against the package. */
    void rememberHealth(JobRun run) {
        Set<String> failing = new HashSet<>();
        try {
            gateways.health(run.gateway())
                    .ifPresent(
                            health ->
                                    health.checks().stream()
                                            .filter(c -> !c.ok())
                                            .forEach(c -> failing.add(c.name())));
        } catch (AggregatorException e) {
            run.remark("health before the installation is not known: " + e.getMessage());
        }
        run.remember(run.memo().failing(failing));
    }

    /**
     * What keeps the package from being as it was built; empty when every bundle is there and runs.
     */
    static Optional<Failure> trouble(StoredPackage content, Inventory inventory) {
        Optional<InstalledPackage> installed = inventory.find(content.id().name());
        if (installed.isEmpty()) {
            return Optional.of(notInstalled(content.id() + " is not installed"));
        }
        if (!installed.get().version().equals(content.id().version())) {
            return Optional.of(
                    notInstalled(
                            "version "
                                    + installed.get().version()
                                    + " is installed, not "
                                    + content.id().version()));
        }
        for (StoredPackage.PackagedBundle bundle : content.bundles()) {
            Optional<InstalledBundle> found =
                    installed.get().bundles().stream()
                            .filter(b -> b.name().equals(bundle.name()))
                            .findFirst();
            if (found.isEmpty()) {
                return Optional.of(notActive(bundle.name(), "is missing"));
            }
            if (!found.get().version().equals(bundle.version())) {
                return Optional.of(
                        notActive(
                                bundle.name(),
                                "has version "
                                        + found.get().version()
                                        + ", not "
                                        + bundle.version()));
            }
            boolean runs =
                    found.get().state().equals("ACTIVE")
                            || bundle.fragmentHost().isPresent()
                                    && found.get().state().equals("RESOLVED");
            if (!runs) {
                return Optional.of(notActive(bundle.name(), "is " + found.get().state()));
            }
        }
        return Optional.empty();
    }

    private static Failure notInstalled(String reason) {
        return new Failure(FailureCode.NOT_INSTALLED, Optional.empty(), reason, "");
    }

    private static Failure notActive(String bundle, String what) {
        return new Failure(
                FailureCode.BUNDLE_NOT_ACTIVE,
                Optional.of(bundle),
                "bundle " + bundle + " " + what,
                "");
    }

    /**
     * Nothing that this job brings exports what is missing: waiting only keeps the line standing.
     */
    Duration patience(JobRun run, Failure failure) {
        return missingImport(run, failure).isPresent()
                ? times.poll().multipliedBy(HOPELESS_POLLS)
                : times.verification();
    }

    private Optional<String> missingImport(JobRun run, Failure failure) {
        if (run.restoring() || failure.bundle().isEmpty()) {
            return Optional.empty();
        }
        String bundle = failure.bundle().get();
        return packages.findings(InstallSteps.order(run).packageId(), run.gateway()).stream()
                .filter(
                        f ->
                                f.code() == Finding.Code.IMPORT_UNSATISFIED
                                        && f.subject().contains(bundle))
                .map(Finding::message)
                .findFirst();
    }

    /** Adds what the package itself tells about a bundle that does not start. */
    Failure explained(JobRun run, Failure failure) {
        if (failure.bundle().isEmpty() || run.restoring()) {
            return failure;
        }
        String cause =
                missingImport(run, failure)
                        .orElse(
                                failure.reason().endsWith("INSTALLED")
                                        ? "it does not resolve: something that it imports or requires is not there"
                                        : "its start failed; the gateway's log says why");
        return new Failure(
                failure.code(),
                failure.bundle(),
                failure.reason() + ": " + cause,
                failure.outcome());
    }

    /** Health checks that fail now and did not before. */
    Optional<Failure> illness(JobRun run) {
        try {
            List<Health.Check> newlyFailing =
                    gateways.health(run.gateway()).map(Health::checks).orElse(List.of()).stream()
                            .filter(
                                    check ->
                                            !check.ok()
                                                    && !run.memo()
                                                            .failingBefore()
                                                            .contains(check.name()))
                            .toList();
            if (newlyFailing.isEmpty()) {
                return Optional.empty();
            }
            Health.Check first = newlyFailing.get(0);
            return Optional.of(
                    new Failure(
                            FailureCode.UNHEALTHY,
                            Optional.empty(),
                            "health check " + first.name() + " fails: " + first.reason(),
                            ""));
        } catch (AggregatorException e) {
            return Optional.of(
                    new Failure(
                            FailureCode.NO_ANSWER,
                            Optional.empty(),
                            "health is not known: " + e.getMessage(),
                            ""));
        }
    }
}
