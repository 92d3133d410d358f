package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.Evidence.Comparison;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.Verdict;
import io.karu.api.sample.Sample;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A challenger runs beside the champion and decides nothing. */
class ShadowTest {
    private static final BoardGenerator BOARDS = new BoardGenerator(11, 0.5);
    private static final StationId LINE = new StationId("line-1");

    @TempDir Path directory;
    private final MemoryJournal journal = new MemoryJournal();
    private final MemorySpool spool = new MemorySpool();
    private GoldenTemplate models;
    private InspectionStation station;

    @BeforeEach
    void start() throws Exception {
        models = new GoldenTemplate(directory);
        station = station(journal, spool, Map.of("shadow.share", 1.0));
    }

    @AfterEach
    void stop() {
        station.close();
        models.close();
    }

    private InspectionStation station(
            MemoryJournal verdicts, MemorySpool samples, Map<String, ?> recipe) {
        InspectionStation made = new InspectionStation(LINE);
        Map<String, Object> properties = new HashMap<>(Map.of("source", "post"));
        properties.put("keep.images", "all");
        properties.putAll(recipe);
        made.configure(properties);
        made.setModels(models);
        made.setJournal(verdicts);
        made.setSpool(samples);
        Await.until("the station is ready", () -> made.check().get(0).ok());
        return made;
    }

    private static Frame frame(long number) throws Exception {
        Board board = BOARDS.board(number);
        return new Frame(
                new FrameId(LINE, "board-" + number),
                Instant.EPOCH,
                ByteBuffer.wrap(board.testJpeg()),
                Optional.of(ByteBuffer.wrap(board.templateJpeg())));
    }

    private static List<Verdict> inspect(InspectionStation by, int from, int to) throws Exception {
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            verdicts.add(by.inspect(frame(i)));
        }
        return verdicts;
    }

    /** Inspects until the challenger has judged so many frames; each board is another frame. */
    private Evidence inspectUntilCompared(int frames) throws Exception {
        for (int i = 0; compared() < frames; i++) {
            assertTrue(i < 5000, "the challenger has judged only " + compared());
            inspect(station, i, i + 1);
        }
        return challenger().orElseThrow();
    }

    private long compared() {
        return challenger().map(e -> e.comparison().orElseThrow().frames()).orElse(0L);
    }

    private Optional<Evidence> challenger() {
        return station.evidence().stream().filter(e -> e.comparison().isPresent()).findFirst();
    }

    private List<Evidence> champions() {
        return station.evidence().stream().filter(e -> e.comparison().isEmpty()).toList();
    }

    @Test
    void theChampionsVerdictsAreBitEqualWithAndWithoutAChallenger() throws Exception {
        MemoryJournal alone = new MemoryJournal();
        List<Verdict> expected;
        try (InspectionStation without = station(alone, new MemorySpool(), Map.of())) {
            expected = inspect(without, 0, 40);
        }
        models.challenge(3);
        List<Verdict> beside = inspect(station, 0, 40);
        Await.until("the challenger has judged", () -> compared() > 0);
        assertEquals(
                expected.stream().map(ShadowTest::withoutTimes).toList(),
                beside.stream().map(ShadowTest::withoutTimes).toList());
        assertTrue(
                beside.stream().anyMatch(v -> v.decision() == Decision.REJECT)
                        && beside.stream().anyMatch(v -> v.decision() == Decision.ACCEPT));
        assertEquals(40, journal.appends(), "the challenger's verdicts are not journaled");
    }

    private static Verdict withoutTimes(Verdict verdict) {
        return new Verdict(
                verdict.frame(),
                verdict.capturedAt(),
                Instant.EPOCH,
                verdict.decision(),
                verdict.reason(),
                verdict.score(),
                verdict.findings(),
                verdict.model(),
                verdict.modelName(),
                verdict.imageDigest(),
                verdict.heatMapDigest(),
                Verdict.Timing.NONE);
    }

    @Test
    void aChallengerThatMissesDefectsIsToldByItsCounts() throws Exception {
        models.challenge(3);
        Evidence told = inspectUntilCompared(12);
        Comparison comparison = told.comparison().orElseThrow();
        assertEquals(models.digest(3), told.model().digest());
        assertEquals(models.digest(2), comparison.champion());
        long missed = comparison.count(Decision.REJECT, Decision.ACCEPT);
        assertTrue(missed > 0, comparison::toString);
        assertEquals(comparison.frames() - missed, comparison.agreed());
        assertEquals(told.judged().frames(), comparison.frames());
        assertEquals(comparison.frames(), told.judged().accepted());
        assertTrue(told.latency().p50().toNanos() > 0 && told.latency().p99().toNanos() > 0);
        assertTrue(comparison.championLatency().p99().toNanos() > 0);
        assertTrue(comparison.cost().share() > 0 && comparison.cost().share() <= 1);

        Evidence champion = champions().get(0);
        assertEquals(models.digest(2), champion.model().digest());
        assertEquals(station.status().frames(), champion.judged().frames());
        assertEquals(station.status().rejected(), champion.judged().rejected());
        assertEquals(Map.of("defect", champion.judged().rejected()), champion.judged().labels());
    }

    @Test
    void disagreementsAreKeptWithBothVerdicts() throws Exception {
        models.challenge(3);
        inspectUntilCompared(12);
        Comparison comparison = challenger().orElseThrow().comparison().orElseThrow();
        List<Sample> kept =
                spool.newest(10_000).stream()
                        .filter(sample -> sample.reason().startsWith("shadow: "))
                        .toList();
        assertTrue(comparison.kept() > 0 && comparison.kept() <= kept.size());
        Sample first = kept.get(0);
        assertTrue(
                first.reason().contains("golden-template 2 (222222222222) REJECT")
                        && first.reason().contains("golden-template 3 (333333333333) ACCEPT"),
                first.reason());
        assertTrue(first.heatMap().isPresent(), "what was kept of the frame before stays");
        assertTrue(spool.get(first.image()).isPresent());
        assertTrue(spool.get(first.template().orElseThrow()).isPresent());
    }

    @Test
    void aSlowChallengerIsPassedOverAndHoldsNothingUp() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        models.challenge(1);
        inspectUntilCompared(1);
        models.holdChallenger(held);
        try {
            long before = yielded();
            int frames = station.evidence().size();
            assertEquals(20, inspect(station, 6000, 6020).size());
            assertTrue(yielded() - before >= 18, "one is at work and one may wait: " + yielded());
            assertTrue(frames > 0);
        } finally {
            held.countDown();
        }
    }

    private long yielded() {
        return challenger().orElseThrow().comparison().orElseThrow().yielded();
    }

    @Test
    void aStationWithoutAShareRunsNoChallenger() throws Exception {
        models.challenge(3);
        station.close();
        station = station(journal, spool, Map.of("shadow.share", 0.0));
        inspect(station, 0, 3);
        assertTrue(challenger().isEmpty());
        assertFalse(hasThread());
    }

    @Test
    void aChallengerThatEndsTakesItsThreadAlong() throws Exception {
        models.challenge(3);
        inspectUntilCompared(1);
        assertTrue(hasThread());
        models.challenge(0);
        AtomicInteger next = new AtomicInteger(7000);
        Await.until(
                "the thread is gone",
                () -> {
                    look(next.getAndIncrement());
                    return !hasThread();
                });
    }

    private void look(int number) {
        try {
            station.inspect(frame(number));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean hasThread() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("karu-station-line-1-shadow"));
    }

    @Test
    void eachChampionHasItsOwnCounts() throws Exception {
        inspect(station, 0, 3);
        models.activate(1);
        inspect(station, 3, 5);
        assertEquals(List.of(2L, 3L), champions().stream().map(e -> e.judged().frames()).toList());
        assertEquals(
                List.of(models.digest(1), models.digest(2)),
                champions().stream().map(e -> e.model().digest()).toList());
    }

    @Test
    void noStationDecidesWithAChallenger() {
        assertFalse(
                station.configure(Map.of("source", "post", "model", "golden-template@challenger")));
        assertTrue(
                station.status().reason().orElseThrow().contains("a challenger decides nothing"));
    }

    @Test
    void aChallengerComparesWithTheTemplateOfTheRecipe() throws Exception {
        Path template = directory.resolve("template.jpg");
        Files.write(template, BOARDS.board(0).templateJpeg());
        station.configure(
                Map.of(
                        "source",
                        "post",
                        "source.template",
                        "file",
                        "source.template.path",
                        template.toString(),
                        "shadow.share",
                        1.0));
        models.challenge(1);
        for (int i = 0; compared() == 0; i++) {
            assertTrue(i < 500);
            station.inspect(
                    new Frame(
                            new FrameId(LINE, "own-" + i),
                            Instant.EPOCH,
                            ByteBuffer.wrap(BOARDS.board(0).testJpeg()),
                            Optional.empty()));
        }
        assertEquals(0, challenger().orElseThrow().judged().failed());
    }
}
