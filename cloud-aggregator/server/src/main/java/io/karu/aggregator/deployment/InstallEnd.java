package io.karu.aggregator.deployment;

import io.karu.aggregator.deployment.Job.Failure;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.fleet.Inventory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** How an installation that did not work ends: with the previous package, or with what is there. */
final class InstallEnd {
    private final GatewayPort gateways;
    private final PackageRepository packages;

    InstallEnd(GatewayPort gateways, PackageRepository packages) {
        this.gateways = gateways;
        this.packages = packages;
    }

    /** The new package does not work: back to the previous one, or say what is there. */
    void giveUp(JobRun run, Failure why) {
        Inventory inventory = gateways.inventory(run.gateway());
        if (run.restoring()) {
            restorationFailed(run, why.reason(), inventory);
            return;
        }
        Optional<PackageId> previous = run.previous();
        if (previous.isEmpty()) {
            run.fail(
                    new Failure(
                            why.code(),
                            why.bundle(),
                            why.reason(),
                            "there is no previous package to go back to; "
                                    + found(inventory, run)));
        } else if (packages.find(previous.get())
                .map(p -> Diagnosis.trouble(p, inventory).isEmpty())
                .orElse(false)) {
            run.fail(
                    new Failure(
                            why.code(),
                            why.bundle(),
                            why.reason(),
                            previous.get() + " is still installed and ACTIVE"));
        } else {
            run.restore(why);
        }
    }

    /** Ends a job whose package did not reach the gateway's DeploymentAdmin. */
    void fail(JobRun run, FailureCode code, String reason) {
        if (run.restoring()) {
            Optional<Inventory> inventory = gateways.get(run.gateway()).inventory();
            restorationFailed(
                    run, reason, inventory.orElse(new Inventory(Instant.now(), List.of())));
        } else {
            run.fail(code, reason, outcome(run));
        }
    }

    private static void restorationFailed(JobRun run, String reason, Inventory inventory) {
        Failure why = run.failure().orElseThrow();
        run.fail(
                new Failure(
                        why.code(),
                        why.bundle(),
                        why.reason(),
                        "re-installing "
                                + run.previous().orElseThrow()
                                + " failed too: "
                                + reason
                                + "; "
                                + found(inventory, run)));
    }

    private static String found(Inventory inventory, JobRun run) {
        String name = InstallSteps.order(run).packageId().name();
        return inventory
                .find(name)
                .map(
                        installed ->
                                name
                                        + " "
                                        + installed.version()
                                        + " is installed ("
                                        + String.join(
                                                ", ",
                                                installed.bundles().stream()
                                                        .map(b -> b.name() + " " + b.state())
                                                        .toList())
                                        + ")")
                .orElse(name + " is not installed");
    }

    String outcome(JobRun run) {
        return gateways.get(run.gateway())
                .inventory()
                .map(inventory -> found(inventory, run) + " as read at " + inventory.at())
                .orElse("nothing is known of what is installed");
    }
}
