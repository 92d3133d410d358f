package io.karu.aggregator;

import static io.karu.aggregator.Workbench.add;
import static io.karu.aggregator.Workbench.await;
import static io.karu.aggregator.Workbench.awaitEnd;
import static io.karu.aggregator.Workbench.awaitState;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.DesiredState;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.deployment.JobQuery;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.Presence;
import io.karu.aggregator.store.Json;
import io.karu.modelversion.signing.RollbackOrder;
import io.karu.modelversion.signing.TrustAnchor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Jobs against a gateway that speaks Kura's protocol over a real broker, and misbehaves as Kura
 * can.
 */
class DeploymentTest {
    @TempDir static Path folder;
    private static Workbench bench;
    private static int number;

    private String name;
    private Aggregator aggregator;
    private FakeGateway gateway;

    @BeforeAll
    static void startBroker() throws Exception {
        bench = new Workbench(folder);
    }

    @AfterAll
    static void stopBroker() {
        bench.close();
    }

    @BeforeEach
    void start(TestInfo info) throws Exception {
        name = bench.newName();
        aggregator = bench.open(name);
        gateway = bench.gateway("gw-" + ++number);
        gateway.applications("DEPLOY-V2,INVENTORY-V1");
    }

    @AfterEach
    void stop() {
        gateway.close();
        aggregator.close();
    }

    private void connect() throws Exception {
        bench.connect(gateway);
        await("the gateway is online", () -> online() && known().inventory().isPresent());
    }

    private boolean online() {
        return aggregator.fleet().find(gateway.id()).filter(Gateway::online).isPresent();
    }

    private Gateway known() {
        return aggregator.fleet().get(gateway.id());
    }

    private Job install(String version) {
        return order(new PackageId("edge", version), Optional.empty());
    }

    private Job installed(String version) throws Exception {
        add(aggregator, "edge", version);
        Job job = awaitEnd(aggregator, install(version).id());
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
        return job;
    }

    @Test
    void anInstalledPackageIsVerifiedByTheInventoryAndBecomesDesired() throws Exception {
        connect();
        Job job = installed("1.0.0");
        assertEquals(
                List.of(new PackageId("edge", "1.0.0")),
                aggregator.deployments().desired(gateway.id()).packages());
        List<JobState> states =
                aggregator.deployments().history(job.id()).stream()
                        .map(e -> e.state())
                        .distinct()
                        .toList();
        assertEquals(JobState.QUEUED, states.get(0));
        assertEquals(JobState.SUCCEEDED, states.get(states.size() - 1));
    }

    @Test
    void theDownloadAddressOpensTheCheckedFileForThisJobOnly() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(
                d -> {
                    var download = aggregator.deployments().download(d.token(), d.file());
                    byte[] bytes = java.nio.file.Files.readAllBytes(download.file());
                    String sha =
                            HexFormat.of()
                                    .formatHex(
                                            java.security.MessageDigest.getInstance("SHA-256")
                                                    .digest(bytes));
                    assertEquals("SHA-256:" + sha, d.hash());
                    assertThrows(
                            AggregatorException.class,
                            () -> aggregator.deployments().download(d.token(), "other_1.0.0.dp"));
                    gateway.putInPlace(d, "ACTIVE");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        Job job = awaitEnd(aggregator, install("1.0.0").id());
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
        String token = gateway.downloads().get(0).token();
        AggregatorException gone =
                assertThrows(
                        AggregatorException.class,
                        () -> aggregator.deployments().download(token, "edge_1.0.0.dp"));
        assertEquals(Code.DOWNLOAD_NOT_FOUND, gone.code());
    }

    @Test
    void aFailedDownloadEndsTheJobAndSaysWhatStillRuns() throws Exception {
        connect();
        installed("1.0.0");
        add(aggregator, "edge", "2.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.notifyDownload(d, 0, "FAILED", "HTTP 503");
                    gateway.notifyDownload(d, 0, "FAILED", "HTTP 503");
                    gateway.idle();
                });
        Job job = awaitEnd(aggregator, install("2.0.0").id());
        assertEquals(FailureCode.DOWNLOAD_FAILED, job.failure().orElseThrow().code());
        assertTrue(job.failure().get().reason().contains("HTTP 503"));
        assertTrue(
                job.failure().get().outcome().contains("edge 1.0.0 is installed"), job::toString);
        assertEquals(
                List.of(new PackageId("edge", "1.0.0")),
                aggregator.deployments().desired(gateway.id()).packages());
    }

    @Test
    void aDownloadThatCompletesAndThenFailsItsHashIsAFailure() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.notifyDownload(d, 100, "COMPLETED", null);
                    gateway.notifyDownload(d, 100, "FAILED", "hash");
                    gateway.idle();
                });
        Job job = awaitEnd(aggregator, install("1.0.0").id());
        assertEquals(FailureCode.DOWNLOAD_FAILED, job.failure().orElseThrow().code());
        assertTrue(job.failure().get().outcome().contains("not installed"), job::toString);
    }

    @Test
    void withoutAnyNotificationTheInventoryDecides() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.putInPlace(d, "ACTIVE");
                    gateway.idle();
                });
        Job job = awaitEnd(aggregator, install("1.0.0").id());
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
    }

    @Test
    void aDownloadThatBrokeOffUnheardIsOrderedAgain() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(d -> gateway.idle());
        Job job = awaitEnd(aggregator, install("1.0.0").id());
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
        assertEquals(2, gateway.downloads().size());
    }

    @Test
    void aBundleThatDoesNotResolveBringsThePreviousPackageBack() throws Exception {
        connect();
        installed("1.0.0");
        add(aggregator, "edge", "2.0.0", "Import-Package", "io.karu.nowhere;version=\"[1,2)\"");
        gateway.reactToDownload(
                d -> {
                    gateway.putInPlace(d, "INSTALLED");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        Job job = awaitEnd(aggregator, install("2.0.0").id());
        assertEquals(JobState.FAILED, job.state());
        Job.Failure failure = job.failure().orElseThrow();
        assertEquals(FailureCode.BUNDLE_NOT_ACTIVE, failure.code());
        assertEquals(Optional.of("edge.bundle"), failure.bundle());
        assertTrue(failure.reason().contains("io.karu.nowhere"), failure::reason);
        assertEquals("edge 1.0.0 was re-installed and works", failure.outcome());
        assertEquals("1.0.0", gateway.packages().get("edge").version());
        assertEquals(
                List.of(new PackageId("edge", "1.0.0")),
                aggregator.deployments().desired(gateway.id()).packages());
    }

    @Test
    void aBundleThatCannotResolveIsNotWaitedForLong() throws Exception {
        aggregator.close();
        aggregator = bench.open(name, Workbench.PATIENT);
        connect();
        installed("1.0.0");
        add(aggregator, "edge", "2.0.0", "Import-Package", "io.karu.nowhere;version=\"[1,2)\"");
        gateway.reactToDownload(
                d -> {
                    gateway.putInPlace(d, "INSTALLED");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        Job job = awaitEnd(aggregator, install("2.0.0").id());
        assertEquals(
                "edge 1.0.0 was re-installed and works", job.failure().orElseThrow().outcome());
    }

    @Test
    void aFailingHealthCheckBringsThePreviousPackageBackButAnOldOneDoesNot() throws Exception {
        gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
        gateway.check("station.old", false, "no images");
        connect();
        installed("1.0.0");
        add(aggregator, "edge", "2.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.check("station.line", false, "model cannot be opened");
                    gateway.putInPlace(d, "ACTIVE");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        gateway.reactToDownload(
                d -> {
                    gateway.check("station.line", true, "inspecting");
                    gateway.putInPlace(d, "ACTIVE");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        Job job = awaitEnd(aggregator, install("2.0.0").id());
        assertEquals(FailureCode.UNHEALTHY, job.failure().orElseThrow().code());
        assertTrue(job.failure().get().reason().contains("model cannot be opened"));
        assertEquals("edge 1.0.0 was re-installed and works", job.failure().get().outcome());
    }

    @Test
    void anInstallationThatDeploymentAdminRolledBackNeedsNoRestoration() throws Exception {
        connect();
        installed("1.0.0");
        add(aggregator, "edge", "2.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.notifyDownload(d, 100, "COMPLETED", null);
                    gateway.notifyInstall(d, "FAILED", "sharing violation 460");
                });
        Job job = awaitEnd(aggregator, install("2.0.0").id());
        assertEquals(FailureCode.INSTALL_FAILED, job.failure().orElseThrow().code());
        assertTrue(job.failure().get().reason().contains("460"));
        assertEquals("edge 1.0.0 is still installed and ACTIVE", job.failure().get().outcome());
        assertEquals(2, gateway.downloads().size());
    }

    @Test
    void aGatewayThatLeavesInTheMiddleIsAwaitedAndToldAgain() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(d -> gateway.notifyDownload(d, 30, "IN_PROGRESS", null));
        Job job = install("1.0.0");
        awaitState(aggregator, job.id(), JobState.TRANSFERRING);
        gateway.disconnect();
        await(
                "the job waits visibly",
                () ->
                        aggregator
                                .deployments()
                                .get(job.id())
                                .step()
                                .contains("waiting for the gateway"));
        gateway.idle();
        bench.connect(gateway);
        assertEquals(JobState.SUCCEEDED, awaitEnd(aggregator, job.id()).state());
        assertEquals(2, gateway.downloads().size());
    }

    /** Where the aggregator is killed. */
    enum Moment {
        QUEUED,
        SENDING,
        TRANSFERRING,
        INSTALLING,
        VERIFYING,
        RESTORING
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void aJobEndsTrulyWhenTheAggregatorWasKilled(Moment moment) throws Exception {
        connect();
        installed("1.0.0");
        add(aggregator, "edge", "2.0.0");
        boolean restores = moment == Moment.RESTORING;
        if (moment == Moment.QUEUED) {
            gateway.disconnect();
            await("the gateway is gone", () -> known().presence() == Presence.DISCONNECTED);
        } else if (moment == Moment.SENDING) {
            gateway.reactToDownload(d -> aggregatorDies());
        } else if (restores) {
            gateway.reactToDownload(
                    d -> {
                        gateway.putInPlace(d, "INSTALLED");
                        gateway.notifyInstall(d, "COMPLETED", null);
                    });
            gateway.reactToDownload(d -> gateway.notifyDownload(d, 10, "IN_PROGRESS", null));
        } else {
            gateway.reactToDownload(
                    d -> {
                        if (moment == Moment.TRANSFERRING) {
                            gateway.notifyDownload(d, 10, "IN_PROGRESS", null);
                        } else if (moment == Moment.INSTALLING) {
                            gateway.notifyDownload(d, 100, "COMPLETED", null);
                        } else {
                            gateway.putInPlace(d, "STARTING");
                            gateway.notifyInstall(d, "COMPLETED", null);
                        }
                    });
        }
        Job job = install("2.0.0");
        switch (moment) {
            case QUEUED ->
                    await(
                            "it waits",
                            () ->
                                    aggregator
                                            .deployments()
                                            .get(job.id())
                                            .step()
                                            .contains("waiting"));
            case SENDING -> await("it is sent", () -> gateway.downloads().size() == 2);
            case RESTORING ->
                    await(
                            "it restores",
                            () ->
                                    gateway.downloads().size() == 3
                                            && aggregator.deployments().get(job.id()).restoring());
            default -> awaitState(aggregator, job.id(), JobState.valueOf(moment.name()));
        }
        aggregator.close();
        FakeGateway.Download last = gateway.downloads().get(gateway.downloads().size() - 1);
        if (moment != Moment.QUEUED) {
            gateway.putInPlace(last, "ACTIVE");
            gateway.notifyInstall(last, "COMPLETED", null);
        }
        aggregator = bench.open(name);
        if (moment == Moment.QUEUED) {
            bench.connect(gateway);
        }
        Job end = awaitEnd(aggregator, job.id());
        if (restores) {
            assertEquals(JobState.FAILED, end.state());
            assertEquals(
                    "edge 1.0.0 was re-installed and works", end.failure().orElseThrow().outcome());
        } else {
            assertEquals(JobState.SUCCEEDED, end.state(), end::toString);
        }
        assertEquals(moment == Moment.QUEUED ? 2 : restores ? 3 : 2, gateway.downloads().size());
    }

    private void aggregatorDies() {
        // the reply has left; nothing more is said
    }

    @Test
    void jobsOfAGatewayRunOneAfterTheOther() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        add(aggregator, "edge", "2.0.0");
        Job first = install("1.0.0");
        Job second = install("2.0.0");
        awaitEnd(aggregator, second.id());
        assertEquals(JobState.SUCCEEDED, aggregator.deployments().get(first.id()).state());
        assertEquals("2.0.0", gateway.packages().get("edge").version());
    }

    @Test
    void aJobWaitsForItsWindowAndHoldsUpNoOther() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        add(aggregator, "edge", "2.0.0");
        Order later = new Order.InstallPackage(new PackageId("edge", "2.0.0"), Order.Restart.NEVER);
        Optional<Instant> tomorrow = Optional.of(Instant.now().plus(Duration.ofDays(1)));
        Job waiting = aggregator.deployments().create(gateway.id(), later, tomorrow, "test");
        assertEquals(JobState.SUCCEEDED, awaitEnd(aggregator, install("1.0.0").id()).state());
        assertEquals(JobState.QUEUED, aggregator.deployments().get(waiting.id()).state());
        Instant window = Instant.now().plusSeconds(1);
        Job next =
                aggregator.deployments().create(gateway.id(), later, Optional.of(window), "test");
        Job end = awaitEnd(aggregator, next.id());
        assertEquals(JobState.SUCCEEDED, end.state());
        assertTrue(end.endedAt().orElseThrow().isAfter(window));
    }

    @Test
    void nativePackagesAreReplacedOnlyWithARestart() throws Exception {
        connect();
        add(aggregator, "karu-natives-x", "1.0.0");
        add(aggregator, "karu-natives-x", "2.0.0");
        Order first =
                new Order.InstallPackage(
                        new PackageId("karu-natives-x", "1.0.0"), Order.Restart.NEVER);
        Job job =
                awaitEnd(
                        aggregator,
                        aggregator
                                .deployments()
                                .create(gateway.id(), first, Optional.empty(), "test")
                                .id());
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
        await(
                "the inventory has it",
                () -> known().inventory().orElseThrow().find("karu-natives-x").isPresent());
        Order hot =
                new Order.InstallPackage(
                        new PackageId("karu-natives-x", "2.0.0"), Order.Restart.NEVER);
        AggregatorException refused =
                assertThrows(
                        AggregatorException.class,
                        () ->
                                aggregator
                                        .deployments()
                                        .create(gateway.id(), hot, Optional.empty(), "test"));
        assertEquals(Code.PACKAGE_NEEDS_RESTART, refused.code());
        Order withRestart =
                new Order.InstallPackage(
                        new PackageId("karu-natives-x", "2.0.0"), Order.Restart.AFTER_INSTALL);
        Job restarted =
                aggregator
                        .deployments()
                        .create(gateway.id(), withRestart, Optional.empty(), "test");
        assertEquals(JobState.SUCCEEDED, awaitEnd(aggregator, restarted.id()).state());
        assertTrue(gateway.downloads().get(1).reboot());
    }

    @Test
    void aQueuedJobIsCancelledAndARunningDownloadToo() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        add(aggregator, "edge", "2.0.0");
        gateway.reactToDownload(d -> gateway.notifyDownload(d, 10, "IN_PROGRESS", null));
        Job running = install("1.0.0");
        Job queued = install("2.0.0");
        awaitState(aggregator, running.id(), JobState.TRANSFERRING);
        assertEquals(JobState.CANCELLED, aggregator.deployments().cancel(queued.id()).state());
        aggregator.deployments().cancel(running.id());
        assertEquals(JobState.CANCELLED, awaitEnd(aggregator, running.id()).state());
        assertTrue(gateway.requests().contains("DEPLOY-V2 DEL/download"));
        Job again = aggregator.deployments().retry(running.id(), "test");
        assertEquals(JobState.SUCCEEDED, awaitEnd(aggregator, again.id()).state());
    }

    @Test
    void aGatewayWithoutDeployOrWithOldJavaIsToldWhatIsMissing() throws Exception {
        gateway.applications("INVENTORY-V1,CONF-V2").kura("KURA_6.0.0").java("11.0.2");
        connect();
        assertEquals(2, known().missing().size());
        assertTrue(known().missing().get(0).startsWith("Java 17"));
        assertTrue(known().missing().get(1).contains("kura-deployment"));
        add(aggregator, "edge", "1.0.0");
        Job job = awaitEnd(aggregator, install("1.0.0").id());
        assertEquals(FailureCode.UNFIT, job.failure().orElseThrow().code());
    }

    @Test
    void aModelIsActivatedVerifiedAndDesiredAndARefusalIsTold() throws Exception {
        gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
        String good = "sha256:" + "1".repeat(64);
        String bad = "sha256:" + "2".repeat(61) + "bad";
        gateway.store(good);
        gateway.store(bad);
        connect();
        Job activated = awaitEnd(aggregator, activate(good).id());
        assertEquals(JobState.SUCCEEDED, activated.state(), activated::toString);
        Job refused = awaitEnd(aggregator, activate(bad).id());
        assertEquals(FailureCode.ACTIVATION_FAILED, refused.failure().orElseThrow().code());
        assertTrue(refused.failure().get().reason().contains("output score differs"));
        assertEquals(good + " decides", refused.failure().get().outcome());
        assertEquals(good, aggregator.deployments().desired(gateway.id()).models().get(0).digest());
    }

    @Test
    void anOlderReleaseIsActivatedByAnOrderForThisGateway() throws Exception {
        gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
        String old = "sha256:" + "4".repeat(61) + "01d";
        gateway.store(old);
        connect();
        Job job = awaitEnd(aggregator, activate(old).id());
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
        JsonNode order = gateway.rollbackOrders().get(0);
        assertEquals(RollbackOrder.TYPE, order.path("payloadType").asText());
        JsonNode said =
                Json.tree(
                        new String(
                                Base64.getDecoder().decode(order.path("payload").asText()),
                                StandardCharsets.UTF_8));
        assertEquals(FakeGateway.INSTALLATION, said.path("gateway").asText());
        assertEquals(old, said.path("digest").asText());
        assertTrue(
                Instant.parse(said.path("expires").asText())
                        .isBefore(Instant.now().plusSeconds(3600)));
    }

    @Test
    void aRolledBackModelIsDesiredAsItWasBeforeAndTheOneLeftBehindStaysOff() throws Exception {
        gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
        String first = "sha256:" + "1".repeat(64);
        String second = "sha256:" + "3".repeat(64);
        gateway.store(first);
        gateway.store(second);
        connect();
        awaitEnd(aggregator, activate(first).id());
        awaitEnd(aggregator, activate(second).id());
        Job back = awaitEnd(aggregator, rollBack().id());
        assertEquals(JobState.SUCCEEDED, back.state(), back::toString);
        assertTrue(back.step().contains(first), back::step);
        assertEquals(desiredModel(first), aggregator.deployments().desired(gateway.id()).models());
        Job again = awaitEnd(aggregator, rollBack().id());
        assertEquals(FailureCode.ACTIVATION_FAILED, again.failure().orElseThrow().code());
        assertTrue(again.failure().get().reason().contains("no version decided before"));
        assertEquals(first + " decides", again.failure().get().outcome());
        aggregator
                .deployments()
                .desire(gateway.id(), new DesiredState(List.of(), desiredModel(second), List.of()));
        await(
                "the drift says that it stays off",
                () -> known().drift().stream().anyMatch(d -> d.cause().contains("stays off")));
        assertEquals(4, aggregator.deployments().list(JobQuery.newest(100)).size());
    }

    private static List<DesiredState.DesiredModel> desiredModel(String digest) {
        return List.of(new DesiredState.DesiredModel("golden-template", "champion", digest));
    }

    private Job rollBack() {
        return aggregator
                .deployments()
                .create(
                        gateway.id(),
                        new Order.RollBackModel("golden-template", "champion"),
                        Optional.empty(),
                        "test");
    }

    private Job activate(String digest) {
        return aggregator
                .deployments()
                .create(
                        gateway.id(),
                        new Order.ActivateModel("golden-template", "champion", digest),
                        Optional.empty(),
                        "test");
    }

    @Test
    void driftIsShownWithItsCauseAndRepaired() throws Exception {
        connect();
        installed("1.0.0");
        gateway.packages().remove("edge");
        gateway.birth("BIRTH");
        await("it is installed again", () -> gateway.packages().containsKey("edge"));
        await("no drift is left", () -> known().drift().isEmpty());
        Job repair = aggregator.deployments().list(JobQuery.newest(1)).get(0);
        assertEquals("desired-state", repair.origin());
    }

    @Test
    void aGatewayThatStartsGetsTimeToInstallItsPackagesAgain() throws Exception {
        aggregator.close();
        aggregator = bench.open(name, Workbench.PATIENT);
        connect();
        installed("1.0.0");
        FakeGateway.Installed kept = gateway.packages().remove("edge");
        gateway.birth("BIRTH");
        await("it says that it starts", () -> known().reason().startsWith("starting, packages"));
        assertTrue(known().drift().isEmpty());
        gateway.packages().put("edge", kept);
        await("it has started", () -> known().reason().contains("has started"));
        gateway.packages().remove("edge");
        gateway.birth("BIRTH");
        await("what stays away is installed", () -> gateway.packages().containsKey("edge"));
        assertEquals(2, gateway.downloads().size());
    }

    @Test
    void aRepairThatFailedIsNotRepeatedAtOnce() throws Exception {
        connect();
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.notifyDownload(d, 0, "FAILED", "HTTP 503");
                    gateway.idle();
                });
        aggregator
                .deployments()
                .desire(
                        gateway.id(),
                        new DesiredState(
                                List.of(new PackageId("edge", "1.0.0")), List.of(), List.of()));
        await(
                "the drift names the failure",
                () -> known().drift().stream().anyMatch(d -> d.cause().contains("HTTP 503")));
        gateway.birth("BIRTH");
        await(
                "it was compared again",
                () ->
                        gateway.requests().stream().filter(r -> r.startsWith("INVENTORY")).count()
                                > 4);
        assertEquals(1, gateway.downloads().size());
    }

    @Test
    void aGatewayWithAnUplinkGetsItsAddressTokenAndPublisher() throws Exception {
        gateway.applications(FakeGateway.ALL);
        gateway.components().put("io.karu.uplink.Uplink", new ConcurrentHashMap<>(Map.of()));
        gateway.components().put("io.karu.models.Models", new ConcurrentHashMap<>(Map.of()));
        connect();
        await("the publisher exists", () -> gateway.components().containsKey("karu-verdicts"));
        await(
                "the uplink is configured",
                () ->
                        gateway.components()
                                .get("io.karu.uplink.Uplink")
                                .containsKey("aggregator.token"));
        var uplink = gateway.components().get("io.karu.uplink.Uplink");
        assertEquals("http://127.0.0.1:1", uplink.get("aggregator.url").path("value").asText());
        await(
                "the models trust this aggregator",
                () ->
                        TrustAnchor.parse(
                                                gateway.components()
                                                        .get("io.karu.models.Models")
                                                        .getOrDefault(
                                                                "trust.anchors",
                                                                TextNode.valueOf(""))
                                                        .path("value")
                                                        .asText())
                                        .size()
                                == 1);
        String token = uplink.get("aggregator.token").path("value").asText();
        assertEquals(Optional.of(gateway.id()), aggregator.fleet().authenticateUplink(token));
        await("no drift is left", () -> known().drift().isEmpty());
        assertFalse(
                aggregator.deployments().list(JobQuery.newest(100)).toString().contains(token),
                "no job carries the token");
    }

    @Test
    void anUplinkIsConfiguredBeforeKuraTellsOfItAndBesideWaitingJobs() throws Exception {
        gateway.applications("DEPLOY-V2,INVENTORY-V1,CONF-V2");
        gateway.check("uplink", true, "waiting for its configuration");
        connect();
        add(aggregator, "karu-base", "1.0.0");
        add(aggregator, "edge", "1.0.0");
        gateway.reactToDownload(
                d -> {
                    gateway.components()
                            .put("io.karu.uplink.Uplink", new ConcurrentHashMap<>(Map.of()));
                    gateway.packages()
                            .put(
                                    "karu-base",
                                    new FakeGateway.Installed(
                                            "1.0.0",
                                            Map.of(
                                                    "karu-base.bundle 1.0.0", "ACTIVE",
                                                    "io.karu.uplink 1.0.0", "ACTIVE")));
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        Optional<Instant> tomorrow = Optional.of(Instant.now().plus(Duration.ofDays(1)));
        Job waiting = order(new PackageId("edge", "1.0.0"), tomorrow);
        Job base =
                awaitEnd(
                        aggregator,
                        order(new PackageId("karu-base", "1.0.0"), Optional.empty()).id());
        assertEquals(JobState.SUCCEEDED, base.state(), base::toString);
        assertTrue(base.step().contains("health is ok"), base::step);
        await("the publisher exists", () -> gateway.components().containsKey("karu-verdicts"));
        await(
                "the uplink is configured",
                () ->
                        gateway.components()
                                .get("io.karu.uplink.Uplink")
                                .containsKey("aggregator.token"));
        await("its two jobs end", () -> unfinished().equals(List.of(waiting.id())));
        assertEquals(4, aggregator.deployments().list(JobQuery.newest(100)).size());
    }

    private Job order(PackageId id, Optional<Instant> notBefore) {
        return aggregator
                .deployments()
                .create(
                        gateway.id(),
                        new Order.InstallPackage(id, Order.Restart.NEVER),
                        notBefore,
                        "test");
    }

    private List<Long> unfinished() {
        return aggregator.deployments().list(JobQuery.newest(100)).stream()
                .filter(job -> !job.state().ended())
                .map(Job::id)
                .toList();
    }
}
