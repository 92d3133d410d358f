package io.karu.aggregator.deployment;

import static io.karu.aggregator.deployment.JobState.INSTALLING;
import static io.karu.aggregator.deployment.JobState.SENDING;
import static io.karu.aggregator.deployment.JobState.TRANSFERRING;
import static io.karu.aggregator.deployment.JobState.VERIFYING;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.Job.Failure;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.deployment.Order.InstallPackage;
import io.karu.aggregator.deployment.Order.Restart;
import io.karu.aggregator.deployment.Signals.Signal;
import io.karu.aggregator.fleet.BirthCertificate;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayReader;
import io.karu.aggregator.fleet.Health;
import io.karu.aggregator.fleet.Inventory;
import io.karu.aggregator.fleet.Inventory.InstalledBundle;
import io.karu.aggregator.fleet.Inventory.InstalledPackage;
import io.karu.aggregator.mqtt.Requester.Reply;
import io.karu.kura.Payload;
import io.karu.kura.deployment.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Installs a package with Kura's DEPLOY-V2 and verifies it. Kura's words are not trusted: the
 * inventory and the gateway's own health decide. When the new package does not work, the previous
 * one is installed again in the same way.
 */
final class InstallSteps implements JobSteps {
    /** Findings that no later package can heal; an unsatisfied import may be. */
    private static final Set<Finding.Code> HEALED_LATER =
            EnumSet.of(Finding.Code.IMPORT_UNSATISFIED, Finding.Code.NATIVE_NEEDS_RESTART);

    private static final int MAXIMUM_ATTEMPTS = 3;

    /** Looks at a bundle that cannot resolve before the previous package is installed again. */
    private static final int HOPELESS_POLLS = 5;

    private static final int JAVA = 17;

    private final GatewayPort gateways;
    private final PackageRepository packages;
    private final Signals signals;
    private final DownloadAddress downloads;
    private final LongPredicate cancelled;
    private final DeploymentTimes times;

    /** Issues the address of a package for one job. */
    interface DownloadAddress {
        String issue(long job, PackageId packageId);
    }

    InstallSteps(
            GatewayPort gateways,
            PackageRepository packages,
            Signals signals,
            DownloadAddress downloads,
            LongPredicate cancelled,
            DeploymentTimes times) {
        this.gateways = gateways;
        this.packages = packages;
        this.signals = signals;
        this.downloads = downloads;
        this.cancelled = cancelled;
        this.times = times;
    }

    @Override
    public void advance(JobRun run) {
        boolean stoppable = run.state() == SENDING || run.state() == TRANSFERRING;
        if (stoppable && !run.restoring() && cancelled.test(run.id()) && present(run)) {
            cancel(run);
            return;
        }
        switch (run.state()) {
            case QUEUED -> prepare(run);
            case SENDING -> send(run);
            case TRANSFERRING, INSTALLING -> follow(run);
            case VERIFYING -> verify(run);
            case SUCCEEDED, FAILED, CANCELLED ->
                    throw new IllegalStateException("job " + run.id() + " has ended");
        }
    }

    private void cancel(JobRun run) {
        Download download = download(run);
        if (download.busy() && download.job() == run.wireId()) {
            gateways.cancelDownload(run.gateway());
        }
        Optional<Failure> trouble = trouble(content(run), gateways.inventory(run.gateway()));
        if (trouble.isEmpty()) {
            run.to(VERIFYING, "too late to cancel: " + target(run) + " is installed");
        } else {
            run.fail(FailureCode.CANCELLED, "cancelled", outcome(run));
        }
    }

    private static InstallPackage order(JobRun run) {
        return (InstallPackage) run.order();
    }

    private static PackageId target(JobRun run) {
        return run.restoring() ? run.previous().orElseThrow() : order(run).packageId();
    }

    private StoredPackage content(JobRun run) {
        PackageId target = target(run);
        return packages.find(target)
                .orElseThrow(
                        () ->
                                new AggregatorException(
                                        Code.PACKAGE_NOT_FOUND,
                                        target + " is no longer in the repository"));
    }

    private void prepare(JobRun run) {
        Gateway gateway = gateways.get(run.gateway());
        if (!gateway.online()) {
            awaitGateway(run, gateway, times.queued(), "nothing was changed");
            return;
        }
        BirthCertificate birth = gateway.birth().orElseThrow();
        if (birth.javaMajor() > 0 && birth.javaMajor() < JAVA) {
            run.fail(
                    FailureCode.UNFIT,
                    "the gateway runs Java " + birth.javaMajor() + ", Java " + JAVA + " is needed",
                    "nothing was changed");
            return;
        }
        for (String application : List.of(GatewayPort.DEPLOY, GatewayReader.INVENTORY)) {
            if (!birth.answers(application)) {
                awaitApplication(run, birth, application);
                return;
            }
        }
        Inventory inventory = gateways.inventory(run.gateway());
        Optional<InstalledPackage> installed = inventory.find(target(run).name());
        if (installed.isPresent() && trouble(content(run), inventory).isEmpty()) {
            rememberHealth(run);
            run.to(VERIFYING, target(run) + " is installed already");
            return;
        }
        if (unfit(run, installed)) {
            return;
        }
        rememberPrevious(run, installed);
        rememberHealth(run);
        run.to(SENDING, "telling the gateway to download " + target(run));
    }

    private boolean unfit(JobRun run, Optional<InstalledPackage> installed) {
        boolean needsRestart = target(run).carriesNatives() && installed.isPresent();
        if (needsRestart && order(run).restart() == Restart.NEVER) {
            run.fail(
                    FailureCode.NEEDS_RESTART,
                    target(run).name()
                            + " carries a native library, which is replaced only with a restart",
                    installed.get().version()
                            + " is still installed; order a restart, in a maintenance window if needed");
            return true;
        }
        List<Finding> findings = packages.findings(target(run), run.gateway());
        findings.stream()
                .filter(f -> HEALED_LATER.contains(f.code()))
                .forEach(f -> run.remark(f.subject() + ": " + f.message()));
        List<String> errors =
                findings.stream()
                        .filter(f -> f.isError() && !HEALED_LATER.contains(f.code()))
                        .map(Finding::toString)
                        .toList();
        if (!errors.isEmpty()) {
            run.fail(FailureCode.UNFIT, String.join("; ", errors), "nothing was changed");
            return true;
        }
        return false;
    }

    private void rememberPrevious(JobRun run, Optional<InstalledPackage> installed) {
        if (installed.isEmpty() || installed.get().version().equals(target(run).version())) {
            return;
        }
        PackageId previous = new PackageId(installed.get().name(), installed.get().version());
        if (packages.find(previous).isPresent()) {
            run.previous(previous);
        } else {
            run.remark(
                    previous
                            + " is installed but not in the repository: it could not be re-installed after a failure");
        }
    }

    private void rememberHealth(JobRun run) {
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

    private void send(JobRun run) {
        Gateway gateway = gateways.get(run.gateway());
        if (!gateway.online()) {
            awaitGateway(run, gateway, times.absence(), outcome(run));
            return;
        }
        if (run.memo().sent() && alreadyUnderWay(run)) {
            return;
        }
        StoredPackage content = content(run);
        signals.forget(run.gateway(), run.wireId());
        run.remember(run.memo().asSent());
        gateways.checkpoint(run);
        Payload request = request(run, content);
        Reply reply = gateways.deploy(run.gateway(), "download", request);
        if (reply.ok()) {
            run.to(TRANSFERRING, "the gateway downloads " + target(run));
        } else if (reply.payload()
                .string("download.status")
                .filter("IN_PROGRESS"::equals)
                .isPresent()) {
            awaitTurn(run);
        } else {
            fail(run, FailureCode.REFUSED, "the gateway refused the download: " + reply.message());
        }
    }

    /** After a restart of either side: what has become of the request that may have been sent. */
    private boolean alreadyUnderWay(JobRun run) {
        Download download = download(run);
        if (download.busy() && download.job() == run.wireId()) {
            run.to(TRANSFERRING, "the gateway downloads " + target(run));
            return true;
        }
        if (download.busy()) {
            awaitTurn(run);
            return true;
        }
        Inventory inventory = gateways.inventory(run.gateway());
        if (inventory
                .find(target(run).name())
                .filter(p -> p.version().equals(target(run).version()))
                .isPresent()) {
            run.to(VERIFYING, target(run) + " is installed; checking its bundles");
            return true;
        }
        return false;
    }

    private void awaitTurn(JobRun run) {
        if (run.lastsLongerThan(times.absence())) {
            fail(
                    run,
                    FailureCode.REFUSED,
                    "the gateway is busy with another installation since "
                            + run.memo().stateSince());
        } else {
            run.await(
                    times.poll().multipliedBy(2),
                    "the gateway is busy with another installation; waiting");
        }
    }

    private Payload request(JobRun run, StoredPackage content) {
        Payload.Builder request =
                Payload.builder()
                        .metric("dp.uri", downloads.issue(run.id(), content.id()))
                        .metric("dp.name", content.id().name())
                        .metric("dp.version", content.id().version())
                        .metric("dp.download.protocol", "HTTP")
                        .metric("job.id", run.wireId())
                        .metric("dp.install.system.update", false)
                        .metric("dp.install", true)
                        .metric("dp.download.force", true)
                        .metric("dp.download.hash", "SHA-256:" + content.sha256());
        if (order(run).restart() == Restart.AFTER_INSTALL) {
            request.metric("dp.reboot", true).metric("dp.reboot.delay", 0);
        }
        return request.build();
    }

    private void follow(JobRun run) {
        Signal signal = signals.of(run.gateway(), run.wireId());
        if (signal.installCompleted()) {
            run.progress(100);
            run.to(VERIFYING, "installed; waiting for every bundle to be ACTIVE");
        } else if (signal.installFailed()) {
            installFailed(run, signal.error().orElse("no reason was given"));
        } else if (signal.downloadFailed()) {
            downloadFailed(run, signal.error().orElse("no reason was given"));
        } else if (!present(run)) {
            // awaitGateway has said what is awaited
            return;
        } else if (bornSince(run)) {
            restarted(run);
        } else if (signal.downloadCompleted() && run.state() == TRANSFERRING) {
            run.progress(100);
            run.to(INSTALLING, "the gateway installs " + target(run));
        } else {
            listen(run, signal);
        }
    }

    private boolean present(JobRun run) {
        Gateway gateway = gateways.get(run.gateway());
        if (!gateway.online()) {
            awaitGateway(run, gateway, times.absence(), outcome(run));
        }
        return gateway.online();
    }

    private boolean bornSince(JobRun run) {
        return gateways.get(run.gateway())
                .birth()
                .map(BirthCertificate::at)
                .filter(at -> at.isAfter(run.memo().stateSince()))
                .isPresent();
    }

    /**
     * A BIRTH in the middle may be a restart, a reconnection, or Kura's own announcement of the
     * installation.
     */
    private void restarted(JobRun run) {
        if (!gateways.get(run.gateway()).birth().orElseThrow().answers(GatewayPort.DEPLOY)) {
            run.await(times.poll(), "the gateway has connected again; waiting for DEPLOY-V2");
            if (run.lastsLongerThan(times.absence())) {
                fail(run, FailureCode.GATEWAY_GONE, "the gateway came back without DEPLOY-V2");
            }
            return;
        }
        Download download = download(run);
        if (download.busy() && download.job() == run.wireId()) {
            run.to(run.state(), "the gateway has connected again and goes on with " + target(run));
            return;
        }
        Inventory inventory = gateways.inventory(run.gateway());
        boolean there =
                inventory
                        .find(target(run).name())
                        .filter(p -> p.version().equals(target(run).version()))
                        .isPresent();
        if (there) {
            run.to(
                    VERIFYING,
                    "the gateway has connected again with "
                            + target(run)
                            + "; checking its bundles");
        } else {
            sendAgain(run, "the gateway has connected again without " + target(run));
        }
    }

    private void sendAgain(JobRun run, String why) {
        if (run.memo().attempts() >= MAXIMUM_ATTEMPTS) {
            fail(
                    run,
                    FailureCode.GATEWAY_GONE,
                    why + ", " + MAXIMUM_ATTEMPTS + " attempts did not help");
        } else {
            run.remember(run.memo().onceMore());
            run.to(SENDING, why + "; telling it to download again");
        }
    }

    private void listen(JobRun run, Signal signal) {
        Instant lastWord =
                signal.at().isAfter(run.memo().stateSince())
                        ? signal.at()
                        : run.memo().stateSince();
        if (Instant.now().isBefore(lastWord.plus(times.silence()))) {
            run.progress(signal.progress());
            String doing =
                    run.state() == INSTALLING ? "the gateway installs " : "the gateway downloads ";
            run.await(times.poll(), doing + target(run));
            return;
        }
        Download download = download(run);
        if (download.busy() && download.job() == run.wireId()) {
            if (run.lastsLongerThan(times.absence())) {
                fail(
                        run,
                        FailureCode.NO_ANSWER,
                        "the gateway has been busy with the download since "
                                + run.memo().stateSince());
            } else {
                run.progress(download.progress());
                run.await(
                        times.silence(),
                        "no notification arrives; the gateway says it downloads ("
                                + download.progress()
                                + " %)");
            }
            return;
        }
        run.remark(
                "no notification arrived within "
                        + times.silence().toSeconds()
                        + " s; the inventory decides");
        run.to(VERIFYING, "asking the gateway what is installed");
    }

    private void downloadFailed(JobRun run, String reason) {
        if (!present(run)) {
            return;
        }
        fail(run, FailureCode.DOWNLOAD_FAILED, "the download failed: " + reason);
    }

    private void installFailed(JobRun run, String reason) {
        if (!present(run)) {
            return;
        }
        giveUp(
                run,
                new Failure(
                        FailureCode.INSTALL_FAILED,
                        Optional.empty(),
                        "the installation failed: " + reason,
                        ""));
    }

    private void verify(JobRun run) {
        if (!present(run)) {
            return;
        }
        boolean awaitsRestart =
                order(run).restart() == Restart.AFTER_INSTALL
                        && !run.restoring()
                        && !bornSince(run);
        if (awaitsRestart && !run.lastsLongerThan(times.verification())) {
            run.await(times.poll(), "waiting for the gateway to restart");
            return;
        }
        StoredPackage content = content(run);
        Optional<Failure> trouble = trouble(content, gateways.inventory(run.gateway()));
        if (trouble.isPresent()) {
            if (run.lastsLongerThan(patience(run, trouble.get()))) {
                giveUp(run, explained(run, trouble.get()));
            } else {
                run.await(times.poll(), "waiting: " + trouble.get().reason());
            }
            return;
        }
        Optional<Failure> illness = illness(run);
        if (illness.isEmpty()) {
            works(run);
        } else if (run.lastsLongerThan(times.verification().plus(times.health()))) {
            giveUp(run, illness.get());
        } else {
            run.await(times.poll(), "every bundle is ACTIVE; waiting: " + illness.get().reason());
        }
    }

    private void works(JobRun run) {
        String done =
                target(run)
                        + " works: every bundle is ACTIVE"
                        + (gateways.speaksKaru(run.gateway()) ? ", health is ok" : "");
        if (run.restoring()) {
            Failure why = run.failure().orElseThrow();
            run.fail(
                    new Failure(
                            why.code(),
                            why.bundle(),
                            why.reason(),
                            target(run) + " was re-installed and works"));
        } else {
            run.succeed(done);
        }
    }

    /**
     * What keeps the package from being as it was built; empty when every bundle is there and runs.
     */
    private static Optional<Failure> trouble(StoredPackage content, Inventory inventory) {
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
    private Duration patience(JobRun run, Failure failure) {
        return missingImport(run, failure).isPresent()
                ? times.poll().multipliedBy(HOPELESS_POLLS)
                : times.verification();
    }

    private Optional<String> missingImport(JobRun run, Failure failure) {
        if (run.restoring() || failure.bundle().isEmpty()) {
            return Optional.empty();
        }
        String bundle = failure.bundle().get();
        return packages.findings(order(run).packageId(), run.gateway()).stream()
                .filter(
                        f ->
                                f.code() == Finding.Code.IMPORT_UNSATISFIED
                                        && f.subject().contains(bundle))
                .map(Finding::message)
                .findFirst();
    }

    /** Adds what the package itself tells about a bundle that does not start. */
    private Failure explained(JobRun run, Failure failure) {
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
    private Optional<Failure> illness(JobRun run) {
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

    /** The new package does not work: back to the previous one, or say what is there. */
    private void giveUp(JobRun run, Failure why) {
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
                .map(p -> trouble(p, inventory).isEmpty())
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
    private void fail(JobRun run, FailureCode code, String reason) {
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
        String name = order(run).packageId().name();
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

    private String outcome(JobRun run) {
        return gateways.get(run.gateway())
                .inventory()
                .map(inventory -> found(inventory, run) + " as read at " + inventory.at())
                .orElse("nothing is known of what is installed");
    }

    private void awaitGateway(JobRun run, Gateway gateway, Duration deadline, String outcome) {
        if (run.lastsLongerThan(deadline)) {
            String reason =
                    "the gateway did not come back within "
                            + deadline.toMinutes()
                            + " min: "
                            + gateway.reason();
            if (run.restoring()) {
                fail(run, FailureCode.GATEWAY_GONE, reason);
            } else {
                run.fail(FailureCode.GATEWAY_GONE, reason, outcome);
            }
        } else {
            run.await(times.silence(), "waiting for the gateway: " + gateway.reason());
        }
    }

    private void awaitApplication(JobRun run, BirthCertificate birth, String application) {
        if (Instant.now().isAfter(birth.at().plus(times.applications()))) {
            run.fail(
                    FailureCode.UNFIT,
                    "the gateway has no " + application + "; see what it is missing",
                    "nothing was changed");
        } else {
            run.await(times.poll(), "waiting for " + application + " on the gateway");
        }
    }

    /** What the gateway says of its present download; its automatic installation belongs to it. */
    private record Download(boolean busy, long job, int progress) {}

    private Download download(JobRun run) {
        Payload payload = gateways.downloadStatus(run.gateway());
        Optional<Long> job = payload.metric("job.id", Long.class);
        boolean idle =
                payload.string("dp.download.status").filter("ALREADY DONE"::equals).isPresent();
        return new Download(
                job.isPresent() && !idle,
                job.orElse(-1L),
                payload.metric("dp.download.progress", Integer.class).orElse(0));
    }
}
