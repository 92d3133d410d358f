package io.karu.aggregator.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.registry.ModelAlias;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.registry.Registry;
import io.karu.aggregator.registry.TestVersions;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AliasMoverTest {
    private static final TargetFilter PLANT = new TargetFilter(Set.of("plant 1"), null, null, null);
    private static final TargetFilter TAGGED = new TargetFilter(null, Set.of("line"), null, null);

    @TempDir Path folder;
    private final List<Rollout> rollouts = new ArrayList<>();
    private Database database;
    private EventBus events;
    private Registry registry;
    private ModelVersion first;
    private ModelVersion second;
    private AliasMover mover;

    @BeforeEach
    void open() throws Exception {
        database =
                Database.open(
                        new DatabaseAddress(Database.h2Url(folder.resolve("database")), "", ""));
        events = new EventBus();
        registry = TestVersions.registry(folder, database, events);
        try (TestVersions made = new TestVersions(folder)) {
            first =
                    registry.versions()
                            .register(made.write("solder", "1", 0.9, Optional.empty()).root(), "a");
            second =
                    registry.versions()
                            .register(made.write("solder", "2", 0.8, Optional.empty()).root(), "a");
        }
        RolloutService service =
                (RolloutService)
                        Proxy.newProxyInstance(
                                RolloutService.class.getClassLoader(),
                                new Class<?>[] {RolloutService.class},
                                (proxy, method, arguments) -> List.copyOf(rollouts));
        mover = new AliasMover(service, registry.aliases(), events);
    }

    @AfterEach
    void close() {
        mover.close();
        events.close();
        database.close();
    }

    @Test
    void theAliasFollowsAFinishedRolloutAndGoesBackWithIt() {
        ended(1, first, TargetFilter.EVERY, RolloutState.FINISHED);
        assertEquals(Optional.of(first), champion(""));
        ended(2, second, TargetFilter.EVERY, RolloutState.FINISHED);
        assertEquals(Optional.of(second), champion(""));
        ended(2, second, TargetFilter.EVERY, RolloutState.REVERTED);
        assertEquals(Optional.of(first), champion(""));
        assertEquals(
                List.of("rollout 2, reverted", "rollout 2", "rollout 1"),
                registry.aliases().history("solder").stream().map(ModelAlias.Move::by).toList());
    }

    @Test
    void aRolloutToASiteMovesItThereAndOneToTagsOrHaltedNowhere() {
        ended(1, first, TargetFilter.EVERY, RolloutState.FINISHED);
        ended(2, second, PLANT, RolloutState.FINISHED);
        ended(3, second, TAGGED, RolloutState.FINISHED);
        ended(4, second, TargetFilter.EVERY, RolloutState.STOPPED);
        assertEquals(Optional.of(first), champion(""));
        assertEquals(Optional.of(second), champion("plant 1"));
    }

    @Test
    void whatAPersonMovedSinceStays() {
        ended(1, first, TargetFilter.EVERY, RolloutState.FINISHED);
        registry.aliases().move("solder", "champion", "", second.digest(), "admin");
        mover.catchUp();
        assertEquals(Optional.of(second), champion(""));
    }

    private Optional<ModelVersion> champion(String site) {
        return registry.aliases().meaning("solder", "champion", site);
    }

    private void ended(long id, ModelVersion version, TargetFilter targets, RolloutState state) {
        Instant now = Instant.now();
        RolloutPlan plan =
                new RolloutPlan(
                        "r",
                        new Artefact.Model("solder", version.digest(), null),
                        targets,
                        List.of(),
                        List.of(),
                        false,
                        null,
                        null,
                        null,
                        null,
                        false,
                        null,
                        null,
                        null);
        rollouts.clear();
        rollouts.add(
                new Rollout(
                        id,
                        "r",
                        plan,
                        state,
                        "",
                        Optional.empty(),
                        Optional.empty(),
                        now,
                        "admin",
                        Optional.empty(),
                        Optional.of(now),
                        Optional.of(now),
                        now,
                        List.of()));
        mover.catchUp();
    }
}
