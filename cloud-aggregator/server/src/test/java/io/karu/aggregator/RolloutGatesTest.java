package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.MODEL;
import static io.karu.aggregator.SimulatedFleet.first;
import static io.karu.aggregator.SimulatedFleet.rest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobQuery;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.rollout.Gate;
import io.karu.aggregator.rollout.GateResult;
import io.karu.aggregator.rollout.Instruction.Changed;
import io.karu.aggregator.rollout.MemberState;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.rollout.RolloutGroup;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.rollout.Verb;
import io.karu.simulator.Line.Sight;
import io.karu.simulator.SimulatedGateway;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each gate fails and passes by what simulated gateways report. */
class RolloutGatesTest extends RolloutFixture {
    private static final int ENOUGH = 600;

    /** Gateways with version 1 that have seen enough parts, and what version 2 would see. */
    private void prepare(int gateways, Sight sight) throws Exception {
        fleet.connect(gateways, one);
        fleet.equip(digest -> digest.equals(two.digest()) ? sight : Sight.GOOD);
        fleet.inspect(ENOUGH);
        fleet.awaitEvidence(ENOUGH);
    }

    private void awaitGroup(long id, int group, MemberState state) throws Exception {
        Workbench.await(
                "a gateway of group " + group + " is " + state,
                SimulatedFleet.PATIENCE,
                () -> fleet.get(id).groups().get(group).counts().containsKey(state));
    }

    private static void assertReason(String pattern, Rollout rollout) {
        assertTrue(rollout.reason().matches(pattern), rollout::reason);
    }

    static Stream<Arguments> whatAGateStops() {
        return Stream.of(
                arguments(
                        new Gate.RejectRate(null, null, 400),
                        new Sight(Set.of(), 0.3, 18, 200_000_000),
                        "golden-template 2 rejects \\d+\\.\\d % of 600 parts where \\d+\\.\\d % of 600 were rejected before: \\+\\d+\\.\\d points \\(95 % interval \\+\\d+\\.\\d to \\+\\d+\\.\\d\\), 5 are allowed"),
                arguments(
                        new Gate.Classes(null, null, 400),
                        new Sight(Set.of(), 0.3, 18, 200_000_000),
                        "golden-template 2 finds \"scratch\" on \\d+\\.\\d % of 600 parts where it was found on 0\\.0 % of 600 before: \\+\\d+\\.\\d points \\(95 % interval \\+\\d+\\.\\d to \\+\\d+\\.\\d\\), 5 are allowed"),
                arguments(
                        new Gate.Latency(null, null),
                        Sight.GOOD.slower(2),
                        "99 % of the frames are decided within 36\\.0 ms at station line-1 of gw-\\S+, before within 18\\.0 ms: 2\\.00 times, 1\\.50 times are allowed"),
                arguments(
                        new Gate.Memory(null),
                        new Sight(Set.of(), 0, 18, 300_000_000),
                        "gw-\\S+ holds 300 MB, before 200 MB: 1\\.50 times, 1\\.25 times are allowed"));
    }

    @ParameterizedTest
    @MethodSource("whatAGateStops")
    void aGateHaltsTheRolloutInTheFirstGroupWithTheReasonInOneSentence(
            Gate gate, Sight sight, String sentence) throws Exception {
        prepare(2, sight);
        long id = fleet.start(fleet.plan(versionTwo(), List.of(first(1), rest()), INSTALL, gate));
        awaitGroup(id, 0, MemberState.CHANGED);
        fleet.inspect(ENOUGH);
        Rollout halted = fleet.awaitState(id, RolloutState.HALTED);
        assertReason("halted because in the group first " + sentence, halted);
        assertEquals(1, fleet.having(two));
    }

    @Test
    void aFailedInstallationHaltsIt() throws Exception {
        prepare(2, Sight.GOOD);
        fleet.gateways.forEach(
                g ->
                        g.behaviour()
                                .installation(
                                        name ->
                                                io.karu.simulator.Behaviour.Installation
                                                        .DOWNLOAD_FAILS));
        long id = fleet.start(fleet.plan(versionTwo(), List.of(first(1), rest()), INSTALL));
        assertReason(
                "halted because in the group first 1 of 1 gateways could not be changed, 0\\.0 % may fail",
                fleet.awaitState(id, RolloutState.HALTED));
    }

    @Test
    void aCheckThatFailsSinceHaltsIt() throws Exception {
        prepare(1, Sight.GOOD);
        fleet.gateways.get(0).behaviour().failing("disk", "12 MB are free");
        Workbench.await(
                "the aggregator has seen what failed before",
                () ->
                        fleet.aggregator
                                .fleet()
                                .get(SimulatedFleet.id(fleet.gateways.get(0)))
                                .health()
                                .filter(health -> !health.ok())
                                .isPresent());
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(rest()),
                                INSTALL,
                                new Gate.Healthy(null),
                                new Gate.RejectRate(null, null, null)));
        awaitGroup(id, 0, MemberState.CHANGED);
        fleet.gateways.get(0).behaviour().failing("station.line-1", "no frame since 12 s");
        assertReason(
                "halted because in the group rest 1 of 1 changed gateways report a check that fails since \\(gw-\\S+: station.line-1, no frame since 12 s\\)",
                fleet.awaitState(id, RolloutState.HALTED));
    }

    @Test
    void verdictsThatOperatorsOverruleHaltIt() throws Exception {
        prepare(1, Sight.GOOD);
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(rest()),
                                INSTALL,
                                new Gate.Overrules(null, null, 200)));
        awaitGroup(id, 0, MemberState.CHANGED);
        SimulatedGateway gateway = fleet.gateways.get(0);
        for (int i = 0; i < 50; i++) {
            gateway.produce(4, true).get(60, TimeUnit.SECONDS);
            gateway.overrule("REVIEW").get(60, TimeUnit.SECONDS);
        }
        assertReason(
                "halted because in the group rest operators overruled \\d+ of \\d+ verdicts of golden-template 2 \\(\\d+\\.\\d % to \\d+\\.\\d %\\), 2\\.0 % are allowed",
                fleet.awaitState(id, RolloutState.HALTED));
    }

    @Test
    void aVersionThatSeesTheSamePassesEveryGateFromTheShadowOn() throws Exception {
        prepare(2, Sight.GOOD);
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(rest()),
                                INSTALL,
                                new Gate.Healthy(null),
                                new Gate.Agreement(null, null, null),
                                new Gate.RejectRate(0.2, null, null),
                                new Gate.Classes(0.2, null, null),
                                new Gate.Latency(null, null),
                                new Gate.Memory(null),
                                new Gate.Overrules(null, null, null)));
        fleet.awaitMember(id, 1, MemberState.SHADOWING);
        fleet.awaitMember(id, 2, MemberState.SHADOWING);
        assertEquals(2, fleet.having(one), "the version before decides");
        fleet.inspect(ENOUGH);
        fleet.awaitMember(id, 1, MemberState.CHANGED);
        fleet.awaitMember(id, 2, MemberState.CHANGED);
        fleet.inspect(ENOUGH);
        RolloutGroup group = fleet.awaitState(id, RolloutState.FINISHED).groups().get(0);
        assertEquals(2, fleet.having(two));
        assertEquals(
                List.of(
                        "install",
                        "health",
                        "agreement",
                        "reject-rate",
                        "classes",
                        "latency",
                        "memory",
                        "overrules"),
                group.gates().stream().map(GateResult::gate).toList());
        assertTrue(
                group.gates().stream()
                        .allMatch(said -> said.outcome() == GateResult.Outcome.PASSED),
                group.gates()::toString);
        assertTrue(
                group.reason()
                        .contains(
                                "golden-template 2 decides 100.0 % of 1200 frames as the version before"),
                group::reason);
        assertTrue(
                fleet.gateways.stream().allMatch(g -> g.challenger(MODEL).isEmpty()),
                "nothing is left in the shadow");
    }

    @Test
    void aVersionThatDecidesOtherwiseInTheShadowNeverDecidesAndLeavesIt() throws Exception {
        prepare(3, Sight.GOOD.blindTo("open"));
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(first(2), rest()),
                                "{\"whenHalted\":\"REVERT\"}",
                                INSTALL,
                                new Gate.Agreement(null, null, null)));
        Workbench.await(
                "both run it in the shadow",
                SimulatedFleet.PATIENCE,
                () -> count(id, 0, MemberState.SHADOWING) == 2);
        assertEquals(
                2,
                fleet.gateways.stream()
                        .filter(g -> g.challenger(MODEL).equals(Optional.of(two.digest())))
                        .count());
        fleet.inspect(ENOUGH);
        Rollout reverted = fleet.awaitState(id, RolloutState.REVERTED);
        assertReason(
                "2 of 2 changed gateways went back to what they had because in the group first golden-template 2 decides \\d\\d\\.\\d % of (600|1200) frames as the version before \\(95 % interval \\d\\d\\.\\d % to \\d\\d\\.\\d %\\), 98\\.0 % are required(; least on gw-\\S+: \\d\\d\\.\\d % of 600)?",
                reverted);
        assertEquals(3, fleet.having(one));
        assertTrue(fleet.gateways.stream().allMatch(g -> g.challenger(MODEL).isEmpty()));
        for (SimulatedGateway gateway : fleet.gateways) {
            assertTrue(
                    fleet
                            .aggregator
                            .deployments()
                            .list(
                                    new JobQuery(
                                            Optional.of(SimulatedFleet.id(gateway)),
                                            false,
                                            Optional.empty(),
                                            100))
                            .stream()
                            .map(Job::order)
                            .noneMatch(
                                    order ->
                                            order instanceof Order.ActivateModel activate
                                                    && activate.alias().equals("champion")),
                    "it was never told to decide");
        }
    }

    /** Four gateways of which the third sees defects that are none. */
    private long shadowWithOneThatDisagrees(Gate agreement) throws Exception {
        prepare(4, Sight.GOOD);
        fleet.equip(
                2,
                digest ->
                        digest.equals(two.digest())
                                ? new Sight(Set.of(), 0.3, 18, 200_000_000)
                                : Sight.GOOD);
        long id = fleet.start(fleet.plan(versionTwo(), List.of(rest()), INSTALL, agreement));
        Workbench.await(
                "all run it in the shadow",
                SimulatedFleet.PATIENCE,
                () -> count(id, 0, MemberState.SHADOWING) == 4);
        fleet.inspect(ENOUGH);
        return id;
    }

    private GateResult.Worst assertNamesTheThird(Rollout rollout) {
        GateResult said =
                rollout.groups().get(0).gates().stream()
                        .filter(result -> result.gate().equals("agreement"))
                        .findFirst()
                        .orElseThrow();
        assertTrue(said.sentence().contains("least on " + fleet.name(3) + ": "), said::sentence);
        GateResult.Worst worst = said.worst().orElseThrow();
        assertEquals(fleet.name(3), worst.gateway());
        return worst;
    }

    @Test
    void aGatewayThatDisagreesIsNamedAlsoWhereItsGroupAgrees() throws Exception {
        long id = shadowWithOneThatDisagrees(new Gate.Agreement(0.85, null, 4 * ENOUGH));
        GateResult.Worst worst = assertNamesTheThird(fleet.awaitState(id, RolloutState.FINISHED));
        assertEquals(0.75, worst.value(), 0.1);
        assertEquals(Optional.of((long) ENOUGH), worst.frames());
    }

    @Test
    void aGatewayThatDisagreesStopsItsGroupWhereEachHasToAgree() throws Exception {
        long id = shadowWithOneThatDisagrees(new Gate.Agreement(0.85, 0.9, 4 * ENOUGH));
        Rollout halted = fleet.awaitState(id, RolloutState.HALTED);
        assertNamesTheThird(halted);
        assertReason(
                "halted because in the group rest golden-template 2 decides \\d\\d\\.\\d % of 2400 frames as the version before \\(95 % interval .*\\), 85\\.0 % are required; least on gw-\\S+: \\d\\d\\.\\d % of 600, 90\\.0 % are required of each",
                halted);
        assertEquals(4, fleet.having(one), "the version before decides");
    }

    @Test
    void aRolloutThatIsStoppedLeavesItInTheShadowUntilItIsReverted() throws Exception {
        prepare(1, Sight.GOOD);
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(rest()),
                                INSTALL,
                                new Gate.Agreement(null, null, null)));
        fleet.awaitMember(id, 1, MemberState.SHADOWING);
        assertEquals(Optional.of("gate agreement"), fleet.member(id, fleet.name(1)).waitsFor());
        assertTrue(fleet.member(id, fleet.name(1)).deadline().isPresent());
        fleet.act(id, Verb.STOP, Optional.of(Changed.KEEP));
        assertEquals(Optional.of(two.digest()), fleet.gateways.get(0).challenger(MODEL));
        fleet.act(id, Verb.REVERT);
        fleet.awaitState(id, RolloutState.REVERTED);
        assertEquals(Optional.empty(), fleet.gateways.get(0).challenger(MODEL));
        assertEquals(1, fleet.having(one));
    }

    @Test
    void aGateThatCannotTellInTimeHaltsTheRolloutThatWaitsInTheShadow() throws Exception {
        prepare(1, Sight.GOOD);
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(rest()),
                                "{\"withinSeconds\":1}",
                                INSTALL,
                                new Gate.Agreement(null, null, null)));
        assertReason(
                "halted because in the group rest the gate (agreement|install) could not tell within 1 s: .*",
                fleet.awaitState(id, RolloutState.HALTED));
    }

    @Test
    void whereNothingDecidedBeforeThereIsNothingToAgreeWith() throws Exception {
        fleet.connect(gateway -> {});
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(rest()),
                                INSTALL,
                                new Gate.Agreement(null, null, null)));
        Rollout finished = fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(1, fleet.having(two));
        assertTrue(
                finished.groups()
                        .get(0)
                        .reason()
                        .contains("no version decided there before golden-template 2"),
                () -> finished.groups().get(0).reason());
    }
}
