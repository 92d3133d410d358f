package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.MODEL;
import static io.karu.aggregator.SimulatedFleet.PATIENCE;
import static io.karu.aggregator.SimulatedFleet.first;
import static io.karu.aggregator.SimulatedFleet.rest;
import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.rollout.Artefact;
import io.karu.aggregator.rollout.Gate;
import io.karu.aggregator.rollout.GroupPlan;
import io.karu.aggregator.rollout.GroupState;
import io.karu.aggregator.rollout.Instruction;
import io.karu.aggregator.rollout.Instruction.Changed;
import io.karu.aggregator.rollout.MemberState;
import io.karu.aggregator.rollout.RolloutPlan;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.rollout.TargetFilter;
import io.karu.aggregator.rollout.Verb;
import io.karu.simulator.Behaviour.Installation;
import io.karu.simulator.SimulatedGateway;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who is changed when, and by whose leave. */
class RolloutGroupsTest extends RolloutFixture {
    private static final Artefact EDGE = new Artefact.Package("edge", "2.0.0", false);

    @BeforeAll
    void offerPackages() throws Exception {
        Workbench.add(fleet.aggregator, "edge", "1.0.0");
        Workbench.add(fleet.aggregator, "edge", "2.0.0");
    }

    private static GroupPlan group(String name, GroupPlan.Size size, TargetFilter filter) {
        return new GroupPlan(name, size, filter, null, null, null);
    }

    private static GroupPlan.Size canary() {
        return new GroupPlan.Size(null, null, true);
    }

    private static GroupPlan.Size percent(double share) {
        return new GroupPlan.Size(null, share, null);
    }

    private void describe(int gateway, String site, String... tags) {
        fleet.aggregator
                .fleet()
                .describe(new GatewayId("acme", fleet.name(gateway)), site, Set.of(tags));
    }

    private void goAway(SimulatedGateway gateway) throws InterruptedException {
        gateway.die();
        await(
                "its last will was published",
                () -> !fleet.aggregator.fleet().get(SimulatedFleet.id(gateway)).online());
    }

    @Test
    void groupsTakeOneOfEachSiteATagAPercentageANumberAndTheRest() throws Exception {
        fleet.connect(10, one);
        for (int i = 1; i <= 10; i++) {
            describe(i, i % 2 == 0 ? "north" : "south", i > 8 ? "spare" : "line");
        }
        RolloutPlan plan =
                fleet.plan(
                        EDGE,
                        List.of(
                                group("canary", canary(), null),
                                group(
                                        "spares",
                                        null,
                                        new TargetFilter(null, Set.of("spare"), null, null)),
                                group("share", percent(30), null),
                                first(2),
                                rest()),
                        INSTALL);
        Map<String, List<GatewayId>> preview = fleet.aggregator.rollouts().preview(plan);
        Set<String> sites =
                Set.copyOf(
                        preview.get("canary").stream()
                                .map(id -> fleet.aggregator.fleet().get(id).site())
                                .toList());
        assertEquals(Set.of("north", "south"), sites);
        assertEquals(2, preview.get("canary").size());
        assertTrue(
                preview.get("spares").stream()
                        .allMatch(id -> fleet.aggregator.fleet().get(id).tags().contains("spare")));
        assertEquals(3, preview.get("share").size());
        assertEquals(2, preview.get("first").size());
        assertEquals(
                10,
                preview.values().stream().flatMap(List::stream).distinct().count(),
                "each once");

        long id = fleet.start(plan);
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(
                List.of("canary", "spares", "share", "first", "rest"),
                fleet.aggregator.rollouts().history(id).stream()
                        .map(entry -> entry.message())
                        .filter(message -> message.endsWith(" began"))
                        .map(message -> message.split(" ")[1])
                        .toList());
        for (int i = 0; i < plan.groups().size(); i++) {
            assertEquals(
                    preview.get(plan.groups().get(i).name()).size(),
                    count(id, i, MemberState.CHANGED));
        }
    }

    @Test
    void groupsThatDoNotFitTheGatewaysAreRefusedWithTheReason() throws Exception {
        fleet.connect(2, one);
        AggregatorException left =
                assertThrows(
                        AggregatorException.class,
                        () -> fleet.start(fleet.plan(EDGE, List.of(first(1)))));
        assertEquals(Code.ROLLOUT_INVALID, left.code());
        assertEquals(
                "1 of 2 gateways are in no group; give the last group neither size nor filter",
                left.getMessage());
        assertEquals(
                "no gateway is left for the group rest",
                assertThrows(
                                AggregatorException.class,
                                () -> fleet.start(fleet.plan(EDGE, List.of(first(2), rest()))))
                        .getMessage());
    }

    @Test
    void gatewaysThatComeToFitJoinAlsoWhenOthersNoLongerFit() throws Exception {
        fleet.connect(2, one);
        describe(1, "", "packing");
        long id =
                fleet.start(
                        fleet.plan(
                                EDGE,
                                List.of(rest()),
                                "{\"joining\":true,\"targets\":{\"tags\":[\"packing\"]}}",
                                INSTALL));
        fleet.awaitMember(id, 1, MemberState.CHANGED);
        describe(1, "", "moved");
        describe(2, "", "packing");
        await(
                "the second has it",
                PATIENCE,
                () -> fleet.gateways.get(1).installed("edge").equals(Optional.of("2.0.0")));
        assertEquals(RolloutState.RUNNING, fleet.get(id).state());
    }

    @Test
    void theNextGroupBeginsByHandWhereGatesCannotTell() throws Exception {
        fleet.connect(3, one);
        long id =
                fleet.start(
                        fleet.plan(
                                EDGE,
                                List.of(first(1), rest()),
                                INSTALL,
                                new Gate.RejectRate(null, null, null)));
        await("the first is changed", PATIENCE, () -> count(id, 0, MemberState.CHANGED) == 1);
        assertEquals(GroupState.SCHEDULED, fleet.get(id).groups().get(1).state());
        fleet.act(id, Verb.NEXT_GROUP);
        await("the others are changed", PATIENCE, () -> count(id, 1, MemberState.CHANGED) == 2);
        assertEquals(Optional.of("admin"), fleet.get(id).groups().get(0).waivedBy());
        fleet.act(id, Verb.NEXT_GROUP);
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(
                Code.ROLLOUT_STATE,
                assertThrows(AggregatorException.class, () -> fleet.act(id, Verb.NEXT_GROUP))
                        .code());
    }

    @Test
    void whatEveryGatewayHasAlreadyFinishesWithoutEvidence() throws Exception {
        fleet.connect(2, one);
        long id =
                fleet.start(
                        fleet.plan(
                                new Artefact.Model(MODEL, one.digest(), null),
                                List.of(first(1), rest()),
                                INSTALL,
                                new Gate.Healthy(null),
                                new Gate.Agreement(null, null, null),
                                new Gate.Classes(null, null, null)));
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(1, count(id, 0, MemberState.UNCHANGED));
        assertTrue(
                fleet.get(id).groups().get(0).reason().contains("had golden-template 1 before"),
                () -> fleet.get(id).groups().get(0).reason());
    }

    @Test
    void aGatewayThatCouldNotGoBackIsTriedAgain() throws Exception {
        fleet.connect(1, one);
        SimulatedGateway gateway = fleet.gateways.get(0);
        gateway.install(Workbench.dp("edge", "1.0.0"));
        await(
                "it is seen",
                () ->
                        fleet.aggregator
                                .fleet()
                                .get(SimulatedFleet.id(gateway))
                                .inventory()
                                .flatMap(inventory -> inventory.find("edge"))
                                .isPresent());
        long id = fleet.start(fleet.plan(EDGE, List.of(rest()), INSTALL));
        fleet.awaitState(id, RolloutState.FINISHED);
        gateway.behaviour().installation(name -> Installation.INSTALL_FAILS);
        fleet.act(id, Verb.REVERT);
        fleet.awaitState(id, RolloutState.REVERTED);
        assertEquals(MemberState.NOT_REVERTED, fleet.member(id, fleet.name(1)).state());
        gateway.behaviour().installation(name -> Installation.WORKS);
        fleet.act(id, Verb.RETRY);
        fleet.awaitMember(id, 1, MemberState.REVERTED);
        assertEquals(Optional.of("1.0.0"), gateway.installed("edge"));
    }

    @Test
    void onlyAsManyGatewaysOfASiteAreChangedAtOnceAsItsLineBears() throws Exception {
        fleet.connect(3, one);
        for (int i = 1; i <= 3; i++) {
            describe(i, i < 3 ? "harbour" : "hill");
        }
        fleet.gateways.forEach(g -> g.behaviour().installTime(Duration.ofSeconds(2)));
        long id =
                fleet.start(
                        fleet.plan(
                                EDGE,
                                List.of(rest()),
                                "{\"perSite\":{\"gatewaysAtOnce\":1,\"bytesPerSecond\":1000000}}",
                                INSTALL));
        await(
                "one of the harbour waits for the other, the hill for none",
                PATIENCE,
                () ->
                        List.of(1, 2).stream()
                                                .filter(
                                                        i ->
                                                                fleet.member(id, fleet.name(i))
                                                                        .waitsFor()
                                                                        .equals(
                                                                                Optional.of(
                                                                                        "site harbour")))
                                                .count()
                                        == 1
                                && fleet.member(id, fleet.name(3)).state()
                                        != MemberState.SCHEDULED);
        fleet.awaitState(id, RolloutState.FINISHED);
        OutputStream file = new ByteArrayOutputStream();
        long job = fleet.member(id, fleet.name(3)).job().orElseThrow();
        assertNotSame(file, fleet.aggregator.rollouts().paced(job, file));
        fleet.gateways.forEach(g -> g.behaviour().installTime(Duration.ZERO));
        long unlimited =
                fleet.start(
                        fleet.plan(
                                new Artefact.Package("edge", "1.0.0", false),
                                List.of(rest()),
                                INSTALL));
        fleet.awaitState(unlimited, RolloutState.FINISHED);
        long other = fleet.member(unlimited, fleet.name(3)).job().orElseThrow();
        assertSame(file, fleet.aggregator.rollouts().paced(other, file));
    }

    @Test
    void nothingIsChangedOutsideTheMaintenanceWindow() throws Exception {
        fleet.connect(1, one);
        int hour = (ZonedDateTime.now(ZoneOffset.UTC).getHour() + 5) % 24;
        long id =
                fleet.start(
                        fleet.plan(
                                EDGE,
                                List.of(rest()),
                                "{\"window\":{\"from\":\"%02d:00\",\"to\":\"%02d:30\",\"zone\":\"UTC\"}}"
                                        .formatted(hour, hour),
                                INSTALL));
        await(
                "it waits for the window",
                PATIENCE,
                () ->
                        fleet.member(id, fleet.name(1))
                                .waitsFor()
                                .equals(Optional.of("maintenance window")));
        assertTrue(fleet.member(id, fleet.name(1)).deadline().isPresent());
        fleet.act(id, Verb.STOP, Optional.of(Changed.KEEP));
        fleet.awaitMember(id, 1, MemberState.LEFT_OUT);
        assertEquals(Optional.empty(), fleet.gateways.get(0).installed("edge"));
    }

    @Test
    void aSecondPersonHasToApprove() throws Exception {
        fleet.connect(1, one);
        long id = toBeApproved();
        assertEquals(RolloutState.WAITING_FOR_APPROVAL, fleet.get(id).state());
        assertEquals(
                Code.ROLLOUT_STATE,
                assertThrows(AggregatorException.class, () -> fleet.act(id, Verb.START)).code());
        assertEquals(
                Code.ROLLOUT_NEEDS_OTHER_PERSON,
                assertThrows(AggregatorException.class, () -> fleet.act(id, Verb.APPROVE)).code());
        fleet.aggregator
                .rollouts()
                .act(
                        id,
                        new Instruction(
                                Verb.APPROVE,
                                "mere",
                                Optional.of("seen on line 3"),
                                Optional.empty()));
        assertEquals(Optional.of("mere"), fleet.get(id).approvedBy());
        fleet.act(id, Verb.START);
        fleet.awaitState(id, RolloutState.FINISHED);
    }

    private long toBeApproved() {
        RolloutPlan plan = fleet.plan(EDGE, List.of(rest()), "{\"approval\":true}", INSTALL);
        return fleet.aggregator.rollouts().create(plan, "admin").id();
    }

    @Test
    void whatIsDeniedChangesNothing() throws Exception {
        fleet.connect(1, one);
        long id = toBeApproved();
        fleet.act(id, Verb.DENY);
        assertEquals("denied by admin", fleet.get(id).reason());
        for (Verb verb : List.of(Verb.START, Verb.APPROVE, Verb.RETRY, Verb.REVERT)) {
            assertEquals(
                    Code.ROLLOUT_STATE,
                    assertThrows(AggregatorException.class, () -> fleet.act(id, verb)).code());
        }
        fleet.awaitMember(id, 1, MemberState.LEFT_OUT);
        assertEquals(Optional.empty(), fleet.gateways.get(0).installed("edge"));
    }

    @Test
    void anOfflineGatewayIsTakenUpWhenItReturns() throws Exception {
        fleet.connect(3, one);
        SimulatedGateway away = fleet.gateways.get(1);
        goAway(away);
        long id = fleet.start(fleet.plan(EDGE, List.of(rest()), new Gate.Install(0.0, 0.6)));
        await("the others have it", PATIENCE, () -> count(id, 0, MemberState.CHANGED) == 2);
        await(
                "it waits for the one that is away",
                PATIENCE,
                () ->
                        fleet.member(id, fleet.name(2))
                                .waitsFor()
                                .equals(Optional.of("gateway " + fleet.name(2))));
        assertTrue(fleet.member(id, fleet.name(2)).deadline().isPresent());
        assertEquals(RolloutState.RUNNING, fleet.get(id).state());
        Persevering.connect(() -> away.connect().get(60, TimeUnit.SECONDS));
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(Optional.of("2.0.0"), away.installed("edge"));
    }

    @Test
    void aGatewayThatDoesNotReturnInTimeFails() throws Exception {
        fleet.connect(2, one);
        goAway(fleet.gateways.get(1));
        long id =
                fleet.start(
                        fleet.plan(
                                EDGE,
                                List.of(rest()),
                                "{\"absenceSeconds\":1}",
                                new Gate.Install(0.5, 0.5)));
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(MemberState.FAILED, fleet.member(id, fleet.name(2)).state());
        assertTrue(fleet.member(id, fleet.name(2)).step().contains("did not come back"));
    }
}
