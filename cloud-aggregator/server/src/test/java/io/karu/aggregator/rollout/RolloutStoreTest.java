package io.karu.aggregator.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.aggregator.store.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RolloutStoreTest {
    private static final String PLAN =
            """
            {"name":"edge","artefact":{"kind":"package","name":"edge","version":"2.0.0"},"groups":[{"name":"all"}]}""";

    @TempDir Path folder;

    @Test
    void whatAPersonHasWaivedStandsThoughTheGatesWereBeingJudged() throws Exception {
        try (Database database =
                Database.open(new DatabaseAddress(Database.h2Url(folder), "", ""))) {
            RolloutStore store = new RolloutStore(database);
            long id =
                    store.insert(
                            Json.read(PLAN, RolloutPlan.class),
                            RolloutUpdate.to(RolloutState.RUNNING, "runs"),
                            "admin",
                            Map.of(0, List.of()));
            Rollout rollout = store.find(id).orElseThrow();
            RolloutGroup read = rollout.groups().get(0);
            store.save(
                    rollout,
                    RolloutUpdate.to(RolloutState.RUNNING, "goes on").by("admin", "next-group"),
                    Optional.of(read.waived("admin").to(GroupState.PASSED, "waived")));
            store.save(id, read.to(GroupState.RUNNING, "waiting"), Optional.of("judged"));
            Rollout after = store.find(id).orElseThrow();
            assertEquals(GroupState.PASSED, after.groups().get(0).state());
            assertEquals(Optional.of("admin"), after.groups().get(0).waivedBy());
            assertEquals(
                    List.of("created", "next-group"),
                    store.history(id).stream().map(RolloutEntry::message).toList());
        }
    }
}
