package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.MODEL;
import static io.karu.aggregator.SimulatedFleet.PATIENCE;
import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Presence;
import io.karu.aggregator.trace.Tracing;
import io.karu.aggregator.verdict.StoredVerdict;
import io.karu.aggregator.verdict.VerdictQuery;
import io.karu.simulator.Behaviour.Installation;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a simulated gateway can be told to do, as the aggregator sees it. */
class SimulatedGatewayTest {
    private static final int GATEWAYS = 10;

    /** Answers may take longer than elsewhere: some of these gateways are slow. */
    private static final DeploymentTimes TIMES =
            new DeploymentTimes(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Workbench.TIMES.poll(),
                    Workbench.TIMES.silence(),
                    Workbench.TIMES.applications(),
                    Workbench.TIMES.verification(),
                    Workbench.TIMES.health(),
                    Workbench.TIMES.absence(),
                    Workbench.TIMES.queued(),
                    Workbench.TIMES.token(),
                    Workbench.TIMES.starting(),
                    Workbench.TIMES.repairPause());

    @TempDir static Path folder;
    private static Workbench bench;
    private static SimulatedFleet fleet;
    private static int used;

    private SimulatedGateway gateway;
    private GatewayId id;

    @BeforeAll
    static void start() throws Exception {
        used = 0;
        bench = new Workbench(folder);
        fleet = new SimulatedFleet(bench, bench.settings(bench.newName()), TIMES, Tracing.off());
        fleet.connect(GATEWAYS, fleet.register("1"));
        Workbench.add(fleet.aggregator, "edge", "1.0.0");
    }

    @AfterAll
    static void stop() {
        fleet.close();
        bench.close();
    }

    @BeforeEach
    void next() {
        gateway = fleet.gateways.get(used++);
        id = SimulatedFleet.id(gateway);
    }

    private Gateway known() {
        return fleet.aggregator.fleet().get(id);
    }

    private void inspect(int parts) throws Exception {
        gateway.line(
                new Line("line-1", MODEL, Map.of("open", 0.5), digest -> Line.Sight.GOOD, used));
        gateway.produce(parts, true).get(60, TimeUnit.SECONDS);
        await(
                "the verdicts are stored",
                PATIENCE,
                () ->
                        fleet.aggregator.verdicts().counts(id, "line-1").values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum()
                                == parts);
    }

    private List<StoredVerdict> verdicts() {
        return fleet.aggregator
                .verdicts()
                .query(
                        new VerdictQuery(
                                Optional.of(id),
                                Optional.of("line-1"),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                1000));
    }

    private Job install() throws Exception {
        long job =
                fleet.aggregator
                        .deployments()
                        .create(
                                id,
                                new Order.InstallPackage(
                                        new PackageId("edge", "1.0.0"), Order.Restart.NEVER),
                                Optional.empty(),
                                "test")
                        .id();
        await(
                "job " + job + " ends",
                PATIENCE,
                () -> fleet.aggregator.deployments().get(job).state().ended());
        return fleet.aggregator.deployments().get(job);
    }

    private static void succeeds(Job job) {
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
    }

    @Test
    void itsVerdictsAndOverrulesAreStoredWithWhatItsModelSaw() throws Exception {
        inspect(200);
        gateway.overrule("ACCEPT").get(60, TimeUnit.SECONDS);
        await("the overrule is stored", PATIENCE, () -> verdicts().get(0).overrule().isPresent());
        List<StoredVerdict> verdicts = verdicts();
        long rejected = 0;
        for (StoredVerdict verdict : verdicts) {
            boolean open = verdict.findings().stream().anyMatch(f -> f.label().equals("open"));
            assertEquals(open ? "REJECT" : "ACCEPT", verdict.decision(), verdict::toString);
            assertEquals(gateway.champion(MODEL), verdict.model());
            rejected += open ? 1 : 0;
        }
        assertEquals(100, rejected, 40);
        assertEquals(200, verdicts.stream().map(StoredVerdict::sequence).distinct().count());
        assertEquals(200, gateway.accepted().cardinality());
    }

    @ParameterizedTest
    @CsvSource({
        "DOWNLOAD_FAILS, DOWNLOAD_FAILED",
        "INSTALL_FAILS, INSTALL_FAILED",
        "BUNDLE_UNRESOLVED, BUNDLE_NOT_ACTIVE"
    })
    void itsFailuresAreToldByTheirCode(Installation fate, Job.FailureCode code) throws Exception {
        gateway.behaviour().installation(name -> fate);
        Job job = install();
        assertEquals(JobState.FAILED, job.state(), job::toString);
        assertEquals(code, job.failure().orElseThrow().code(), job::toString);
    }

    @Test
    void aJobEndsWhenAGatewayThatVanishedInTheMiddleIsBack() throws Exception {
        gateway.behaviour()
                .installation(
                        name -> {
                            gateway.behaviour().installation(again -> Installation.WORKS);
                            return Installation.VANISHES;
                        });
        gateway.reconnects(Duration.ofSeconds(1));
        succeeds(install());
        assertEquals(Optional.of("1.0.0"), gateway.installed("edge"));
    }

    @Test
    void aHealthCheckThatFailsIsShown() throws Exception {
        gateway.behaviour().failing("station.line-1", "the camera is covered");
        assertFalse(fleet.aggregator.fleet().refresh(id).health().orElseThrow().ok());
        gateway.behaviour().healthy();
        assertTrue(fleet.aggregator.fleet().refresh(id).health().orElseThrow().ok());
    }

    @Test
    void aSlowLinkDelaysAnswersAndDownloads() throws Exception {
        Duration slow = Duration.ofMillis(400);
        gateway.behaviour().replyDelay(slow).bytesPerSecond(1000);
        Instant began = Instant.now();
        fleet.aggregator.fleet().ask(id, "models");
        assertTrue(Duration.between(began, Instant.now()).compareTo(slow) >= 0);
        began = Instant.now();
        succeeds(install());
        long size = Files.size(fleet.aggregator.packages().file(new PackageId("edge", "1.0.0")));
        assertTrue(
                Duration.between(began, Instant.now()).toMillis() >= size * 900 / 1000,
                size + " bytes at 1000 bytes/s arrived too early");
    }

    @Test
    void aGatewayThatDoesNotAnswerIsTold() throws Exception {
        gateway.behaviour().silent(true);
        AggregatorException silent =
                assertThrows(AggregatorException.class, () -> fleet.aggregator.fleet().refresh(id));
        assertEquals(Code.GATEWAY_NO_ANSWER, silent.code());
        gateway.behaviour().silent(false);
        assertEquals(Presence.ONLINE, fleet.aggregator.fleet().refresh(id).presence());
    }

    @ParameterizedTest
    @CsvSource({"3", "-3"})
    void aClockThatIsWrongDoesNotConfuseTheAggregator(int hours) throws Exception {
        Instant before = Instant.now();
        gateway.behaviour().clockSkew(Duration.ofHours(hours));
        gateway.disconnect().get(60, TimeUnit.SECONDS);
        await("it has gone", PATIENCE, () -> known().presence() == Presence.DISCONNECTED);
        Persevering.connect(() -> gateway.connect().get(60, TimeUnit.SECONDS));
        await("it is back", PATIENCE, () -> known().online());
        inspect(5);
        for (StoredVerdict verdict : verdicts()) {
            assertEquals(
                    hours,
                    Duration.between(verdict.receivedAt(), verdict.decidedAt()).toMinutes() / 60.0,
                    0.5);
            assertFalse(verdict.receivedAt().isBefore(before));
        }
        assertTrue(known().conflict().isEmpty());
        assertFalse(known().birth().orElseThrow().at().isBefore(before));
        succeeds(install());
    }
}
