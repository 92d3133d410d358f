package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.MODEL;
import static io.karu.aggregator.SimulatedFleet.first;
import static io.karu.aggregator.SimulatedFleet.rest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.rollout.Artefact;
import io.karu.aggregator.rollout.Gate;
import io.karu.aggregator.rollout.MemberState;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.simulator.Line.Sight;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rollouts keep their state in PostgreSQL as in H2. */
class RolloutOnPostgresTest {
    @TempDir Path folder;

    @Test
    void aBadVersionIsStoppedAndReverted() throws Exception {
        assumeTrue(
                PostgresServer.installed().isPresent(), "PostgreSQL 15 or newer is not installed");
        try (PostgresServer database = PostgresServer.start();
                Workbench bench = new Workbench(folder);
                SimulatedFleet fleet =
                        new SimulatedFleet(
                                bench,
                                bench.settings(
                                        bench.newName(),
                                        Map.of(
                                                "database.url",
                                                database.url(),
                                                "database.user",
                                                "karu")))) {
            ModelVersion one = fleet.register("1");
            ModelVersion two = fleet.register("2");
            fleet.connect(3, one);
            fleet.produce(
                    digest ->
                            digest.equals(two.digest()) ? Sight.GOOD.blindTo("open") : Sight.GOOD);
            fleet.awaitEvidence(400);
            long id =
                    fleet.start(
                            fleet.plan(
                                    new Artefact.Model(MODEL, two.digest(), null),
                                    List.of(first(1), rest()),
                                    "{\"whenHalted\":\"REVERT\"}",
                                    new Gate.Install(null, 1.0),
                                    new Gate.Overrules(null, null, 100_000),
                                    new Gate.Classes(0.03, null, 400)));
            Rollout ended = fleet.awaitState(id, RolloutState.REVERTED);
            assertEquals(1, ended.groups().get(0).counts().get(MemberState.REVERTED));
            assertEquals(2, ended.groups().get(1).counts().get(MemberState.LEFT_OUT));
        }
    }
}
