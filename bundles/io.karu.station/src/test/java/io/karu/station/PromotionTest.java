package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.Evidence.Comparison;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A challenger becomes champion by itself only when it keeps every bound. */
class PromotionTest {
    private static final Digest OLD = new Digest("sha256:" + "a".repeat(64));
    private static final Digest NEW = new Digest("sha256:" + "b".repeat(64));

    private final Store store = new Store();
    private final Promotion promotion = new Promotion(5);

    @AfterEach
    void stop() {
        promotion.close();
    }

    private String sentence() {
        Await.until("a sentence", () -> !promotion.check().isEmpty());
        return promotion.check().get(0).reason();
    }

    private void awaitSentence(String part) {
        Await.until(
                () -> part + " in " + promotion.check(),
                () -> promotion.check().stream().anyMatch(r -> r.reason().contains(part)));
    }

    private void look(Map<String, ?> rule, Evidence... evidence) {
        promotion.configure(rule);
        for (Evidence one : evidence) {
            promotion.addSource(() -> List.of(one));
        }
        promotion.setModels(store);
    }

    @Test
    void aChallengerThatKeepsTheRuleAtAllStationsTogetherIsPromoted() {
        look(
                Map.of("rule", true, "frames", 100),
                evidence("line-1", 59, 0, 1, 10),
                evidence("line-2", 40, 0, 0, 10));
        Await.until("it is promoted", () -> store.activated.equals(List.of(NEW)));
    }

    @Test
    void byHandItIsOnlyTold() {
        look(Map.of("frames", 10), evidence("line-1", 60, 0, 0, 10));
        awaitSentence("keeps the rule; promoted by hand only");
        assertEquals(List.of(), store.activated);
    }

    @Test
    void tooFewFramesAreWaitedFor() {
        look(Map.of("rule", true, "frames", 61), evidence("line-1", 60, 0, 0, 10));
        awaitSentence("60 of 61 frames compared");
        assertEquals(List.of(), store.activated);
    }

    @Test
    void aChallengerThatMissesWhatTheChampionRejectsStays() {
        look(Map.of("rule", true, "frames", 100), evidence("line-1", 999, 1, 0, 10));
        awaitSentence("1 missed");
        assertTrue(sentence().contains("stays: missed breaks the bound"), sentence());
        assertEquals(List.of(), store.activated);
    }

    @Test
    void aChallengerThatRejectsMoreThanTheAgreementAllowsStays() {
        look(Map.of("rule", true, "frames", 100), evidence("line-1", 95, 0, 5, 10));
        awaitSentence("stays: decided alike breaks the bound of 99.00 %");
        assertEquals(List.of(), store.activated);
    }

    @Test
    void aSlowChallengerStays() {
        look(Map.of("rule", true, "frames", 10), evidence("line-1", 95, 0, 0, 16));
        awaitSentence("stays: p99 breaks the bound of 1.50 times");
        assertEquals(List.of(), store.activated);
    }

    @Test
    void evidenceBesideAnotherChampionDoesNotCount() {
        store.champion = new Digest("sha256:" + "c".repeat(64));
        look(Map.of("rule", true, "frames", 10), evidence("line-1", 95, 0, 0, 10));
        awaitSentence("0 of 10 frames compared");
        assertEquals(List.of(), store.activated);
    }

    @Test
    void aPromotionThatFailsIsToldAndNotTriedAgain() {
        store.refusal =
                new ModelException(ModelException.Code.OUTDATED, "a later release decided here");
        look(Map.of("rule", true, "frames", 10), evidence("line-1", 95, 0, 0, 10));
        awaitSentence("not promoted: a later release decided here");
        Result told = promotion.check().get(0);
        assertEquals("promotion.golden-template", told.name());
        assertFalse(told.ok());
        assertEquals(1, store.tries.size());
    }

    @Test
    void aBadRuleIsRefusedAndTheLastGoodOneStays() {
        look(Map.of("rule", true, "frames", 1000), evidence("line-1", 95, 0, 0, 10));
        promotion.configure(Map.of("rule", true, "agreement", 2.0));
        awaitSentence("agreement is \"2.0\"");
        awaitSentence("95 of 1000 frames compared");
    }

    private static Evidence evidence(
            String station, long agreed, long missed, long added, long millis) {
        return new Evidence(
                new StationId(station),
                new Evidence.Subject(NEW, "golden-template", "3"),
                Instant.EPOCH,
                Instant.EPOCH,
                new Evidence.Judged(agreed + missed, added, 0, 0, Map.of()),
                new Evidence.Latency(Duration.ofMillis(millis), Duration.ofMillis(millis)),
                Optional.of(
                        new Comparison(
                                OLD,
                                List.of(
                                        List.of(agreed, 0L, added),
                                        List.of(0L, 0L, 0L),
                                        List.of(missed, 0L, 0L)),
                                0,
                                new Evidence.Latency(Duration.ofMillis(10), Duration.ofMillis(10)),
                                new Evidence.Shift(0, 0),
                                new Evidence.Cost(0, 0),
                                0)));
    }

    /** A store with a champion and a challenger. */
    private static final class Store implements Models {
        final List<Digest> activated = new CopyOnWriteArrayList<>();
        final List<Digest> tries = new CopyOnWriteArrayList<>();
        volatile Digest champion = OLD;
        volatile ModelException refusal;

        @Override
        public ModelLease lease(ModelRef ref) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ModelStatus> status() {
            return activated.isEmpty()
                    ? List.of(
                            status(champion, "2", ModelRef.CHAMPION),
                            status(NEW, "3", ModelRef.CHALLENGER))
                    : List.of(status(NEW, "3", ModelRef.CHAMPION));
        }

        private static ModelStatus status(Digest digest, String version, String alias) {
            return new ModelStatus(
                    "golden-template",
                    version,
                    digest,
                    List.of(alias),
                    ModelStatus.State.ACTIVE,
                    1,
                    Optional.empty());
        }

        @Override
        public void activate(String name, String alias, Digest digest) throws ModelException {
            tries.add(digest);
            if (refusal != null) {
                throw refusal;
            }
            activated.add(digest);
        }

        @Override
        public Digest rollback(String name, String alias) {
            throw new UnsupportedOperationException();
        }
    }
}
