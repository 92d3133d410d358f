package io.karu.station;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationBusyException;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus.State;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import io.karu.vision.Box;
import io.karu.vision.DeepPcb;
import io.karu.vision.DetectionScore;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectionStationTest {
    private static final BoardGenerator DEFECTIVE = new BoardGenerator(5, 1);
    private static final BoardGenerator GOOD = new BoardGenerator(6, 0);
    private static final StationId LINE = new StationId("line-1");

    @TempDir Path directory;
    private Path folder;
    private BoardFolder camera;
    private GoldenTemplate models;
    private final MemoryJournal journal = new MemoryJournal();
    private InspectionStation station;

    @BeforeEach
    void start() throws Exception {
        folder = directory.resolve("frames");
        camera = new BoardFolder(folder);
        models = new GoldenTemplate(directory);
        station = new InspectionStation(LINE);
    }

    @AfterEach
    void stop() {
        station.close();
        models.close();
    }

    @Test
    void boardsInAFolderAreJudgedAndRemoved() throws IOException {
        Board bad = DEFECTIVE.board(0);
        Board good = GOOD.board(1);
        camera.write(bad);
        camera.write(good);
        run(Map.of());

        List<Verdict> verdicts = awaitVerdicts(2);
        assertEquals(Decision.REJECT, verdicts.get(0).decision(), verdicts.get(0).reason());
        assertEquals("00000000_test.jpg", verdicts.get(0).frame().position());
        DetectionScore score =
                DetectionScore.of(
                        verdicts.get(0).findings().stream()
                                .map(f -> new Box(f.x(), f.y(), f.width(), f.height()))
                                .toList(),
                        bad.defects().stream().map(DeepPcb.Defect::box).toList(),
                        DetectionScore.DEEP_PCB_IOU);
        assertEquals(1, score.f(), 1e-9, "the findings are the generated defects: " + score);
        assertEquals(Decision.ACCEPT, verdicts.get(1).decision(), verdicts.get(1).reason());
        assertEquals("golden-template 2", verdicts.get(1).modelName());
        Await.until("the inspected images are gone", () -> images().isEmpty());
        assertEquals(State.INSPECTING, station.status().state());
        Await.until("every lease is given back", () -> models.leases() == 0);
    }

    @Test
    void framesStayInTheFolderUntilModelsAndJournalAreThere() throws IOException {
        camera.write(GOOD.board(0));
        station.configure(recipe(Map.of()));
        awaitReason("models");
        assertFalse(station.check().get(0).ok());
        station.setModels(models);
        awaitReason("journal");
        assertEquals(2, images().size());

        station.setJournal(journal);
        awaitVerdicts(1);
        Await.until("the station works", () -> station.check().get(0).ok());
    }

    @Test
    void anUnknownModelIsAwaitedByName() {
        run(Map.of("model", "solder"));
        awaitReason("solder");
        run(Map.of());
        Await.until("the station runs", () -> station.status().state() == State.IDLE);
    }

    @Test
    void aFileGoesOnlyWhenItsVerdictIsJournaled() throws IOException {
        journal.full(true);
        camera.write(GOOD.board(0));
        run(Map.of());
        awaitReason("No space left");
        assertEquals(2, images().size());

        journal.full(false);
        awaitVerdicts(1);
        Await.until("the file is gone", () -> images().isEmpty());
        assertEquals(1, journal.appends());
    }

    @Test
    void aFrameWhoseVerdictIsJournaledIsNotInspectedAgainAfterARestart() throws IOException {
        Board board = GOOD.board(0);
        camera.write(board);
        run(Map.of());
        awaitVerdicts(1);
        station.close();

        camera.write(board);
        station = new InspectionStation(LINE);
        run(Map.of());
        Await.until("the file is gone", () -> images().isEmpty());
        assertEquals(1, journal.appends());
    }

    @Test
    void anotherImageUnderAUsedNameIsAnotherFrame() throws IOException {
        camera.write(GOOD.board(0));
        run(Map.of());
        awaitVerdicts(1);
        Await.until("the file is gone", () -> images().isEmpty());
        camera.write(DEFECTIVE.board(0));

        Verdict second = awaitVerdicts(2).get(1);
        assertTrue(
                second.frame().position().startsWith("00000000_test.jpg~"),
                second.frame().position());
        assertEquals(Decision.REJECT, second.decision());
        Await.until("the file is gone", () -> images().isEmpty());
    }

    @Test
    void aBrokenImageIsForAPersonAndInspectionGoesOn() throws IOException {
        put("00000000_temp.jpg", GOOD.board(0).templateJpeg());
        put(
                "00000000_test.jpg",
                new byte[] {
                    (byte) 0xff,
                    (byte) 0xd8,
                    (byte) 0xff,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    (byte) 0xff,
                    (byte) 0xd9
                });
        camera.write(GOOD.board(1));
        run(Map.of());

        List<Verdict> verdicts = awaitVerdicts(2);
        assertEquals(Decision.REVIEW, verdicts.get(0).decision());
        assertTrue(verdicts.get(0).reason().contains("cannot be read"), verdicts.get(0).reason());
        assertEquals(Optional.empty(), verdicts.get(0).model());
        assertEquals(Decision.ACCEPT, verdicts.get(1).decision());
    }

    @Test
    void aBadConfigurationIsRefusedAndTheLastGoodKeepsRunning() throws IOException {
        run(Map.of());
        Await.until("the station runs", () -> station.status().state() == State.IDLE);
        assertFalse(station.configure(recipe(Map.of("threshold", 7.0))));
        camera.write(GOOD.board(0));

        awaitVerdicts(1);
        assertTrue(
                station.status().reason().orElse("").contains("threshold is 7.0"),
                station.status().toString());
        assertTrue(station.check().get(0).reason().contains("threshold is 7.0"));
        assertTrue(station.configure(recipe(Map.of())));
        assertEquals(Optional.empty(), station.status().reason());
    }

    @Test
    void withoutAGoodConfigurationItWaitsAndSaysWhy() {
        station.setModels(models);
        station.setJournal(journal);
        station.configure(Map.of("source", "folder", "source.folder", "frames"));
        awaitReason("source.folder is \"frames\"");
        assertFalse(station.check().get(0).ok());
    }

    @Test
    void eachFrameIsJudgedByOneVersionWhileVersionsChange() throws Exception {
        run(Map.of("keep.images", "none"));
        CountDownLatch stop = new CountDownLatch(1);
        Thread swapper =
                new Thread(
                        () -> {
                            for (int i = 0; stop.getCount() > 0; i++) {
                                models.activate(1 + i % 2);
                                Thread.onSpinWait();
                            }
                        });
        swapper.start();
        for (int i = 0; i < 24; i++) {
            camera.write(GOOD.board(i));
        }
        List<Verdict> verdicts = awaitVerdicts(24);
        stop.countDown();
        swapper.join();
        Set<String> used = new HashSet<>();
        for (Verdict verdict : verdicts) {
            int version = verdict.modelName().equals("golden-template 1") ? 1 : 2;
            assertEquals(Optional.of(models.digest(version)), verdict.model());
            used.add(verdict.modelName());
        }
        assertEquals(2, used.size(), "both versions decided");
        Await.until("every lease is given back", () -> models.leases() == 0);
    }

    @Test
    void aPushedFrameIsAnsweredWithItsJournaledVerdict() throws Exception {
        run(Map.of("source", "post"));
        Await.until("the station runs", () -> station.status().state() == State.IDLE);
        Board bad = DEFECTIVE.board(3);
        Verdict verdict = station.inspect(frame("p-1", bad));
        assertEquals(Decision.REJECT, verdict.decision());
        assertEquals(List.of(verdict), journal.verdicts());
        assertEquals(
                verdict,
                station.inspect(frame("p-1", bad)),
                "the same frame again has the same verdict");
        assertEquals(1, journal.appends());
    }

    @Test
    void aPushToAWaitingStationIsRefusedWithTheReason() {
        station.configure(recipe(Map.of("source", "post")));
        awaitReason("models");
        StationBusyException busy =
                assertThrows(
                        StationBusyException.class,
                        () -> station.inspect(frame("p-1", GOOD.board(0))));
        assertTrue(busy.getMessage().contains("models"), busy.getMessage());
        assertTrue(busy.retryAfter().toMillis() > 0);
    }

    @Test
    void aLineThatIsTooFastIsSkippedOrReviewedAndCounted() throws IOException {
        for (int i = 0; i < 6; i++) {
            camera.write(GOOD.board(i));
        }
        run(Map.of("queue.policy", "review", "queue.size", 2));
        List<Verdict> reviewed = awaitVerdicts(6);
        assertEquals(4, reviewed.stream().filter(v -> v.decision() == Decision.REVIEW).count());
        assertTrue(reviewed.get(0).reason().contains("not inspected"), reviewed.get(0).reason());
        assertEquals(Optional.empty(), reviewed.get(0).model());
        station.close();

        for (int i = 10; i < 16; i++) {
            camera.write(GOOD.board(i));
        }
        station = new InspectionStation(LINE);
        run(Map.of("queue.policy", "skip", "queue.size", 2));
        awaitVerdicts(8);
        Await.until("the folder is empty", () -> images().isEmpty());
        assertEquals(4, station.status().skipped());
    }

    @Test
    void aSlowListenerLosesVerdictsButTheLineLosesNothing() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        AtomicInteger told = new AtomicInteger();
        station.addListener(
                (verdict, view) -> {
                    told.incrementAndGet();
                    assertTrue(view.heatMap().isPresent());
                    try {
                        hold.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        run(Map.of("source", "post", "keep.images", "none"));
        Await.until("the station runs", () -> station.status().state() == State.IDLE);
        Board board = GOOD.board(0);
        for (int i = 0; i < 70; i++) {
            station.inspect(frame("p-" + i, board));
        }
        assertEquals(70, journal.verdicts().size());
        Await.until(
                "drops are counted",
                () -> station.status().listenerDrops() == 70 - 64 - told.get());
        hold.countDown();
    }

    @Test
    void sampledPublishingKeepsTheOtherAcceptedVerdictsOnTheGateway() throws Exception {
        run(Map.of("source", "post", "publish", "sampled", "publish.sample", 3));
        Await.until("the station runs", () -> station.status().state() == State.IDLE);
        for (int i = 0; i < 6; i++) {
            station.inspect(frame("good-" + i, GOOD.board(i)));
        }
        station.inspect(frame("bad", DEFECTIVE.board(0)));
        assertEquals(
                3, journal.publications().stream().filter(p -> p == Publication.PUBLISH).count());
        assertEquals(Publication.PUBLISH, journal.publications().get(6));
    }

    @Test
    void whenTheEngineStopsTheFrameStaysInTheFolder() throws IOException {
        camera.write(GOOD.board(0));
        run(Map.of());
        awaitVerdicts(1);
        models.stopEngine();
        camera.write(GOOD.board(1));
        awaitReason("engine");
        assertEquals(2, images().size());

        GoldenTemplate stopped = models;
        try {
            models = new GoldenTemplate(directory);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        station.unsetModels(stopped);
        station.setModels(models);
        awaitVerdicts(2);
    }

    @Test
    void oneTemplateFileServesAllFramesAndMayChange() throws IOException {
        Path reference = directory.resolve("reference.jpg");
        Files.write(reference, GOOD.board(0).templateJpeg());
        put("a_test.jpg", GOOD.board(0).testJpeg());
        run(Map.of("source.template", "file", "source.template.path", reference.toString()));
        assertEquals(Decision.ACCEPT, awaitVerdicts(1).get(0).decision());

        Files.write(reference, GOOD.board(500).templateJpeg());
        put("b_test.jpg", GOOD.board(0).testJpeg());
        assertEquals(Decision.REJECT, awaitVerdicts(2).get(1).decision());
    }

    @Test
    void aFolderThatIsNotThereIsAwaited() throws IOException {
        Path absent = directory.resolve("absent");
        run(Map.of("source.folder", absent.toString()));
        awaitReason("not there");
        new BoardFolder(absent).write(GOOD.board(0));
        awaitVerdicts(1);
    }

    private void run(Map<String, ?> changes) {
        assertTrue(station.configure(recipe(changes)), () -> station.status().toString());
        station.setModels(models);
        station.setJournal(journal);
    }

    private Map<String, Object> recipe(Map<String, ?> changes) {
        Map<String, Object> recipe =
                new HashMap<>(Map.of("source", "folder", "source.folder", folder.toString()));
        recipe.putAll(changes);
        return recipe;
    }

    private static Frame frame(String position, Board board) throws IOException {
        return new Frame(
                new FrameId(LINE, position),
                Instant.now(),
                ByteBuffer.wrap(board.testJpeg()),
                Optional.of(ByteBuffer.wrap(board.templateJpeg())));
    }

    private void put(String name, byte[] content) throws IOException {
        Path partial = directory.resolve(name);
        Files.write(partial, content);
        Files.move(partial, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private List<String> images() {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jpg"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<Verdict> awaitVerdicts(int count) {
        Await.until(
                () ->
                        count
                                + " verdicts, there are "
                                + journal.verdicts().size()
                                + "; "
                                + station.status(),
                () -> journal.verdicts().size() >= count);
        return journal.verdicts();
    }

    private void awaitReason(String part) {
        Await.until(
                () -> "waiting for \"" + part + "\", is " + station.status(),
                () ->
                        station.status().state() == State.WAITING
                                && station.status().reason().orElse("").contains(part));
    }
}
