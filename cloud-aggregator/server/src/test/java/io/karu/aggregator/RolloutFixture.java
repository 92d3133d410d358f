package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.MODEL;

import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.rollout.Artefact;
import io.karu.aggregator.rollout.Gate;
import io.karu.aggregator.rollout.MemberState;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** One fleet for the tests of a class, with two versions of a model; each test connects its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RolloutFixture {
    static final Gate INSTALL = new Gate.Install(null, 1.0);

    private Workbench bench;
    SimulatedFleet fleet;
    ModelVersion one;
    ModelVersion two;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        bench = new Workbench(folder);
        fleet = new SimulatedFleet(bench, bench.settings(bench.newName()));
        one = fleet.register("1");
        two = fleet.register("2");
    }

    @AfterAll
    void stop() {
        if (fleet != null) {
            fleet.close();
        }
        if (bench != null) {
            bench.close();
        }
    }

    @AfterEach
    void next() {
        fleet.next();
    }

    Artefact versionTwo() {
        return new Artefact.Model(MODEL, two.digest(), null);
    }

    /** How many gateways of a group, counted from 0, are in that state. */
    int count(long id, int group, MemberState state) {
        return fleet.get(id).groups().get(group).counts().getOrDefault(state, 0);
    }
}
