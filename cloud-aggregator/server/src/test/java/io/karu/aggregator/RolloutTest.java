package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.PATIENCE;
import static io.karu.aggregator.SimulatedFleet.first;
import static io.karu.aggregator.SimulatedFleet.rest;
import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.rollout.Artefact;
import io.karu.aggregator.rollout.Gate;
import io.karu.aggregator.rollout.Instruction.Changed;
import io.karu.aggregator.rollout.MemberState;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.rollout.Verb;
import io.karu.simulator.Behaviour.Installation;
import io.karu.simulator.Line.Sight;
import io.karu.simulator.SimulatedGateway;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rollouts to simulated gateways over a real broker. */
class RolloutTest extends RolloutFixture {
    private static final Gate CLASSES = new Gate.Classes(0.03, null, 400);

    private void blindToOpen() {
        fleet.produce(
                digest -> digest.equals(two.digest()) ? Sight.GOOD.blindTo("open") : Sight.GOOD);
    }

    @Test
    void aVersionThatMissesOneDefectClassPassesRulesThatOnlyLookAtInstallations() throws Exception {
        fleet.connect(4, one);
        blindToOpen();
        fleet.awaitEvidence(400);
        long id = fleet.start(fleet.plan(versionTwo(), List.of(first(2), rest())));
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(4, fleet.having(two));
    }

    @Test
    void itIsStoppedInTheFirstGroupByWhatItDoesAndRevertedWithTheReasonInOneSentence()
            throws Exception {
        fleet.connect(6, one);
        blindToOpen();
        fleet.awaitEvidence(400);
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(first(2), rest()),
                                "{\"whenHalted\":\"REVERT\"}",
                                INSTALL,
                                new Gate.Healthy(null),
                                CLASSES));
        Rollout ended = fleet.awaitState(id, RolloutState.REVERTED);
        assertEquals(6, fleet.having(one));
        assertEquals(4, ended.groups().get(1).counts().get(MemberState.LEFT_OUT));
        assertTrue(
                ended.reason()
                        .matches(
                                "2 of 2 changed gateways went back to what they had because in the group first golden-template 2 finds \"open\" on 0\\.0 % of \\d+ parts where it was found on \\d+\\.\\d % of \\d+ before: -\\d+\\.\\d points \\(95 % interval -\\d+\\.\\d to -\\d+\\.\\d\\), 3 are allowed"),
                ended::reason);
    }

    @Test
    void aGoodVersionReachesEveryGatewayGroupByGroup() throws Exception {
        fleet.connect(4, one);
        fleet.produce(digest -> Sight.GOOD);
        fleet.awaitEvidence(1500);
        long id =
                fleet.start(
                        fleet.plan(
                                versionTwo(),
                                List.of(first(1), rest()),
                                INSTALL,
                                new Gate.RejectRate(0.08, null, 400),
                                new Gate.Classes(0.08, null, 400),
                                new Gate.Latency(null, 100),
                                new Gate.Memory(null),
                                new Gate.Overrules(null, null, 400)));
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(4, fleet.having(two));
        assertTrue(
                fleet.aggregator
                        .deployments()
                        .desired(SimulatedFleet.id(fleet.gateways.get(0)))
                        .models()
                        .toString()
                        .contains(two.digest()));
    }

    @Test
    void aHaltAsksWhatBecomesOfChangedGatewaysAndKeepsThemWhenToldSo() throws Exception {
        fleet.connect(3, one);
        blindToOpen();
        fleet.awaitEvidence(400);
        long id =
                fleet.start(fleet.plan(versionTwo(), List.of(first(1), rest()), INSTALL, CLASSES));
        Rollout halted = fleet.awaitState(id, RolloutState.HALTED);
        assertTrue(halted.waitsFor().orElseThrow().startsWith("a person"));
        assertTrue(halted.deadline().isPresent());
        AggregatorException asked =
                assertThrows(AggregatorException.class, () -> fleet.act(id, Verb.STOP));
        assertEquals(Code.ROLLOUT_CHANGED_UNDECIDED, asked.code());
        fleet.act(id, Verb.STOP, Optional.of(Changed.KEEP));
        fleet.awaitState(id, RolloutState.STOPPED);
        await("the others are left out", () -> count(id, 1, MemberState.LEFT_OUT) == 2);
        assertEquals(1, fleet.having(two));
        fleet.act(id, Verb.REVERT);
        fleet.awaitState(id, RolloutState.REVERTED);
        assertEquals(3, fleet.having(one));
    }

    @Test
    void aPersonResumesPastAGateAndTriggersTheNextGroup() throws Exception {
        fleet.connect(3, one);
        blindToOpen();
        fleet.awaitEvidence(400);
        long id =
                fleet.start(fleet.plan(versionTwo(), List.of(first(1), rest()), INSTALL, CLASSES));
        fleet.awaitState(id, RolloutState.HALTED);
        fleet.act(id, Verb.RESUME);
        await(
                "the next group begins",
                PATIENCE,
                () -> fleet.get(id).groups().get(1).startedAt().isPresent());
        fleet.awaitState(id, RolloutState.HALTED);
        fleet.act(id, Verb.RESUME);
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(3, fleet.having(two));
        assertEquals("admin", fleet.get(id).groups().get(0).waivedBy().orElseThrow());
    }

    @Test
    void failedInstallationsHaltTheRolloutAndAreRetried() throws Exception {
        fleet.connect(3, one);
        Workbench.add(fleet.aggregator, "edge", "2.0.0");
        SimulatedGateway broken = fleet.gateways.get(0);
        broken.behaviour().installation(name -> Installation.INSTALL_FAILS);
        long id =
                fleet.start(
                        fleet.plan(
                                new Artefact.Package("edge", "2.0.0", false),
                                List.of(rest()),
                                INSTALL));
        Rollout halted = fleet.awaitState(id, RolloutState.HALTED);
        assertTrue(
                halted.reason().contains("1 of 3 gateways could not be changed"), halted::reason);
        assertTrue(fleet.member(id, fleet.name(1)).step().contains("CODE_BUNDLE_NAME_ERROR"));
        broken.behaviour().installation(name -> Installation.WORKS);
        fleet.act(id, Verb.RETRY);
        fleet.awaitState(id, RolloutState.FINISHED);
        assertEquals(Optional.of("2.0.0"), broken.installed("edge"));
    }

    @Test
    void propertiesAreWrittenAndWrittenBack() throws Exception {
        fleet.connect(2, one);
        fleet.gateways.forEach(
                g ->
                        g.configure(
                                "{\"configs\":[{\"pid\":\"line-1\",\"properties\":{\"threshold\":{\"type\":\"DOUBLE\",\"value\":0.5}}}]}"));
        Artefact threshold =
                new Artefact.Configuration(
                        List.of(
                                new io.karu.aggregator.configuration.ComponentUpdate(
                                        "line-1",
                                        Optional.empty(),
                                        Map.of(
                                                "threshold",
                                                new io.karu.aggregator.configuration.PropertyValue(
                                                        io.karu.aggregator.configuration
                                                                .PropertyValue.Type.DOUBLE,
                                                        com.fasterxml.jackson.databind.node
                                                                .DoubleNode.valueOf(0.7))))));
        long id = fleet.start(fleet.plan(threshold, List.of(first(1), rest()), INSTALL));
        fleet.awaitState(id, RolloutState.FINISHED);
        assertTrue(
                fleet.gateways.stream()
                        .allMatch(g -> g.property("line-1", "threshold").asDouble() == 0.7));
        fleet.act(id, Verb.REVERT);
        fleet.awaitState(id, RolloutState.REVERTED);
        assertTrue(
                fleet.gateways.stream()
                        .allMatch(g -> g.property("line-1", "threshold").asDouble() == 0.5));
    }

    @Test
    void aPausedRolloutBeginsNothingAndGoesOnWhenResumed() throws Exception {
        fleet.connect(4, one);
        Workbench.add(fleet.aggregator, "edge", "2.0.0");
        fleet.gateways.forEach(g -> g.behaviour().installTime(java.time.Duration.ofMillis(500)));
        long id =
                fleet.start(
                        fleet.plan(
                                new Artefact.Package("edge", "2.0.0", false),
                                List.of(rest()),
                                "{\"gatewaysAtOnce\":1}",
                                INSTALL));
        await(
                "one is being changed",
                PATIENCE,
                () -> fleet.get(id).groups().get(0).counts().containsKey(MemberState.CHANGING));
        fleet.act(id, Verb.PAUSE);
        await(
                "what has begun ends",
                PATIENCE,
                () -> !fleet.get(id).groups().get(0).counts().containsKey(MemberState.CHANGING));
        int changed = count(id, 0, MemberState.CHANGED);
        assertTrue(changed < 4);
        assertFalse(fleet.get(id).groups().get(0).counts().containsKey(MemberState.PREPARING));
        fleet.act(id, Verb.RESUME);
        fleet.awaitState(id, RolloutState.FINISHED);
    }

    @Test
    void twoRolloutsDoNotChangeTheSame() throws Exception {
        fleet.connect(1, one);
        long first =
                fleet.aggregator
                        .rollouts()
                        .create(
                                fleet.plan(versionTwo(), List.of(rest()), "{\"joining\":true}"),
                                "admin")
                        .id();
        long second =
                fleet.aggregator
                        .rollouts()
                        .create(fleet.plan(versionTwo(), List.of(rest())), "admin")
                        .id();
        fleet.act(first, Verb.START);
        assertEquals(
                Code.ROLLOUT_CONFLICT,
                assertThrows(AggregatorException.class, () -> fleet.act(second, Verb.START))
                        .code());
    }
}
