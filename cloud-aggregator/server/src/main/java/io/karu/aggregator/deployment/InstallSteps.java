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
import io.karu.aggregator.fleet.Inventory;
import io.karu.aggregator.fleet.Inventory.InstalledPackage;
import io.karu.aggregator.mqtt.Requester.Reply;
import io.karu.kura.Payload;
import io.karu.kura.deployment.Finding;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
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

    private static final int JAVA = 17;

    private final GatewayPort gateways;
    private final PackageRepository packages;
    private final Signals signals;
    private final DownloadAddress downloads;
    private final ChunkedTransfer chunks;
    private final LongPredicate cancelled;
    private final DeploymentTimes times;
    private final Diagnosis diagnosis;
    private final InstallEnd end;

    /** Issues the address of a package for one job. */
    interface DownloadAddress {
        String issue(long job, PackageId packageId);
    }

    InstallSteps(
            GatewayPort gateways,
            PackageRepository packages,
            Signals signals,
            DownloadAddress downloads,
            ChunkedTransfer chunks,
            LongPredicate cancelled,
            DeploymentTimes times) {
        this.gateways = gateways;
        this.packages = packages;
        this.signals = signals;
        this.downloads = downloads;
        this.chunks = chunks;
        this.cancelled = cancelled;
        this.times = times;
        this.diagnosis = new Diagnosis(gateways, packages, times);
        this.end = new InstallEnd(gateways, packages);
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
        Optional<Failure> trouble =
                Diagnosis.trouble(content(run), gateways.inventory(run.gateway()));
        if (trouble.isEmpty()) {
            run.to(VERIFYING, "too late to cancel: " + target(run) + " is installed");
        } else {
            run.fail(FailureCode.CANCELLED, "cancelled", end.outcome(run));
        }
    }

    static InstallPackage order(JobRun run) {
        return (InstallPackage) run.order();
    }

    /** What is installed now: the previous package while the job restores it. */
    static PackageId target(JobRun run) {
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
        if (installed.isPresent() && Diagnosis.trouble(content(run), inventory).isEmpty()) {
            diagnosis.rememberHealth(run);
            run.to(VERIFYING, target(run) + " is installed already");
            return;
        }
        if (unfit(run, installed)) {
            return;
        }
        rememberPrevious(run, installed);
        diagnosis.rememberHealth(run);
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

    private void send(JobRun run) {
        Gateway gateway = gateways.get(run.gateway());
        if (!gateway.online()) {
            awaitGateway(run, gateway, times.absence(), end.outcome(run));
            return;
        }
        if (run.memo().sent() && alreadyUnderWay(run)) {
            return;
        }
        StoredPackage content = content(run);
        ChunkedTransfer.Next next = chunks.advance(run, content);
        if (next == ChunkedTransfer.Next.WAIT) {
            return;
        }
        boolean there = next == ChunkedTransfer.Next.INSTALL;
        signals.forget(run.gateway(), run.wireId());
        run.remember(run.memo().asSent());
        gateways.checkpoint(run);
        Payload request = request(run, content, there);
        Reply reply = gateways.deploy(run.gateway(), "download", request);
        if (reply.ok()) {
            run.to(TRANSFERRING, "the gateway downloads " + target(run));
        } else if (reply.payload()
                .string("download.status")
                .filter("IN_PROGRESS"::equals)
                .isPresent()) {
            awaitTurn(run);
        } else {
            end.fail(
                    run,
                    FailureCode.REFUSED,
                    "the gateway refused the download: " + reply.message());
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
        if (isThere(run)) {
            run.to(VERIFYING, target(run) + " is installed; checking its bundles");
            return true;
        }
        return false;
    }

    private boolean isThere(JobRun run) {
        return gateways.inventory(run.gateway())
                .find(target(run).name())
                .filter(p -> p.version().equals(target(run).version()))
                .isPresent();
    }

    private void awaitTurn(JobRun run) {
        if (run.lastsLongerThan(times.absence())) {
            end.fail(
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

    /**
     * {@code there}: the gateway has fetched the file in chunks. Without force Kura takes it as it
     * is, and downloads when it has vanished.
     */
    private Payload request(JobRun run, StoredPackage content, boolean there) {
        Payload.Builder request =
                Payload.builder()
                        .metric("dp.uri", downloads.issue(run.id(), content.id()))
                        .metric("dp.name", content.id().name())
                        .metric("dp.version", content.id().version())
                        .metric("dp.download.protocol", "HTTP")
                        .metric("job.id", run.wireId())
                        .metric("dp.install.system.update", false)
                        .metric("dp.install", true)
                        .metric("dp.download.force", !there)
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
            awaitGateway(run, gateway, times.absence(), end.outcome(run));
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
                end.fail(run, FailureCode.GATEWAY_GONE, "the gateway came back without DEPLOY-V2");
            }
            return;
        }
        Download download = download(run);
        if (download.busy() && download.job() == run.wireId()) {
            run.to(run.state(), "the gateway has connected again and goes on with " + target(run));
            return;
        }
        if (isThere(run)) {
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
            end.fail(
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
                end.fail(
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
        if (run.state() == TRANSFERRING && !isThere(run)) {
            // it broke off while nobody listened, as when this aggregator was restarted
            sendAgain(run, "the download ended without a word");
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
        end.fail(run, FailureCode.DOWNLOAD_FAILED, "the download failed: " + reason);
    }

    private void installFailed(JobRun run, String reason) {
        if (!present(run)) {
            return;
        }
        end.giveUp(
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
        Optional<Failure> trouble = Diagnosis.trouble(content, gateways.inventory(run.gateway()));
        if (trouble.isPresent()) {
            if (run.lastsLongerThan(diagnosis.patience(run, trouble.get()))) {
                end.giveUp(run, diagnosis.explained(run, trouble.get()));
            } else {
                run.await(times.poll(), "waiting: " + trouble.get().reason());
            }
            return;
        }
        Optional<Failure> illness = diagnosis.illness(run);
        if (illness.isEmpty()) {
            works(run);
        } else if (run.lastsLongerThan(times.verification().plus(times.health()))) {
            end.giveUp(run, illness.get());
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

    private void awaitGateway(JobRun run, Gateway gateway, Duration deadline, String outcome) {
        if (run.lastsLongerThan(deadline)) {
            String reason =
                    "the gateway did not come back within "
                            + deadline.toMinutes()
                            + " min: "
                            + gateway.reason();
            if (run.restoring()) {
                end.fail(run, FailureCode.GATEWAY_GONE, reason);
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
