package io.karu.uplink;

import static io.karu.uplink.Verdicts.accept;
import static io.karu.uplink.Verdicts.frame;
import static io.karu.uplink.Verdicts.reject;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import io.karu.api.uplink.VerdictJournal.Entry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentedJournalTest {
    private static final long MEGABYTE = 1 << 20;

    @TempDir Path folder;

    private static Overrule overrule(int number) {
        return new Overrule(
                frame("line-1", number),
                Decision.ACCEPT,
                "admin",
                Instant.parse("2026-01-01T00:01:00Z"),
                "");
    }

    @Test
    void whatWasAppendedIsThereAfterARestartWithItsOverrule() throws IOException {
        Verdict first = reject(frame("line-1", 1));
        Verdict second = accept(frame("line-1", 2));
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            assertTrue(journal.append(first));
            assertTrue(journal.append(second));
            journal.append(overrule(1));
        }
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            List<Entry> entries = journal.newest(10);
            assertEquals(List.of(second, first), entries.stream().map(Entry::verdict).toList());
            assertEquals(overrule(1), entries.get(1).overrule().orElseThrow());
            assertEquals(first, journal.find(first.frame()).orElseThrow().verdict());
            assertEquals(3, journal.backlog());
        }
    }

    @Test
    void aFrameIsJournaledOnceAlsoAfterARestart() throws IOException {
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            assertTrue(journal.append(reject(frame("line-1", 1))));
            assertFalse(journal.append(accept(frame("line-1", 1))));
            assertTrue(journal.append(reject(frame("line-2", 1))));
        }
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            assertFalse(journal.append(reject(frame("line-1", 1))));
            assertEquals(2, journal.newest(10).size());
        }
    }

    @Test
    void aTailCutAtAnyByteLosesOnlyTheLastRecord() throws IOException {
        Path original = folder.resolve("original");
        long whole;
        try (SegmentedJournal journal = new SegmentedJournal(original, MEGABYTE)) {
            journal.append(reject(frame("line-1", 1)));
            journal.append(reject(frame("line-1", 2)));
            whole = journal.bytes();
            journal.append(reject(frame("line-1", 3)));
        }
        byte[] bytes = Files.readAllBytes(original.resolve("0000000001.log"));
        for (int cut = (int) whole; cut < bytes.length; cut++) {
            Path copy = Files.createDirectories(folder.resolve("cut-" + cut));
            Files.write(copy.resolve("0000000001.log"), Arrays.copyOf(bytes, cut));
            try (SegmentedJournal journal = new SegmentedJournal(copy, MEGABYTE)) {
                assertEquals(2, journal.newest(10).size(), "cut at " + cut);
                assertFalse(journal.append(reject(frame("line-1", 2))));
                assertTrue(journal.append(reject(frame("line-1", 3))), "cut at " + cut);
            }
            try (SegmentedJournal journal = new SegmentedJournal(copy, MEGABYTE)) {
                assertEquals(
                        List.of(3L, 2L, 1L),
                        journal.newest(10).stream().map(Entry::sequence).toList());
            }
        }
    }

    @Test
    void aDamagedByteInTheLastRecordLosesOnlyThatRecord() throws IOException {
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            journal.append(reject(frame("line-1", 1)));
            journal.append(reject(frame("line-1", 2)));
        }
        Path segment = folder.resolve("0000000001.log");
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length - 5] ^= 1;
        Files.write(segment, bytes);
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            assertEquals(1, journal.newest(10).size());
        }
    }

    @Test
    void theBoundDropsTheOldestCountsThemAndStillKnowsTheirFrames() throws IOException {
        int many = 400;
        try (SegmentedJournal journal = new SegmentedJournal(folder, 64 << 10)) {
            for (int i = 0; i < many; i++) {
                journal.append(reject(frame("line-1", i)));
            }
            assertTrue(journal.bytes() <= 80 << 10, journal.bytes() + " bytes");
            assertTrue(journal.dropped() > 0);
            assertEquals(many, journal.dropped() + journal.backlog());
        }
        try (SegmentedJournal journal = new SegmentedJournal(folder, 64 << 10)) {
            assertEquals(many, journal.dropped() + journal.backlog());
            for (int i = 0; i < many; i++) {
                assertTrue(journal.contains(frame("line-1", i)), "frame " + i);
            }
            assertFalse(journal.append(reject(frame("line-1", 0))));
            assertTrue(journal.append(reject(frame("line-1", many))));
            assertEquals(many + 1, journal.newest(1).get(0).sequence());
        }
    }

    @Test
    void whatTheBoundDropsAfterItsConfirmationIsNotCounted() throws IOException {
        try (SegmentedJournal journal = new SegmentedJournal(folder, 64 << 10)) {
            for (int i = 0; i < 400; i++) {
                journal.append(reject(frame("line-1", i)));
                journal.confirm(i + 1, 1);
            }
            assertEquals(0, journal.dropped());
            assertEquals(0, journal.backlog());
        }
        try (SegmentedJournal journal = new SegmentedJournal(folder, 64 << 10)) {
            assertEquals(400, journal.confirmed());
            assertEquals(0, journal.next(journal.oldestUnconfirmed(), 10, 10_000).count());
        }
    }

    @Test
    void aKeptVerdictLeavesWithItsOverrule() throws IOException {
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            journal.append(accept(frame("line-1", 1)), Publication.KEEP);
            journal.append(accept(frame("line-1", 2)), Publication.KEEP);
            assertEquals(0, journal.backlog());
            assertEquals(2, journal.newest(10).size());
            journal.append(
                    new Overrule(
                            frame("line-1", 1),
                            Decision.REJECT,
                            "admin",
                            Instant.EPOCH,
                            "scratch"));
            Batch batch = journal.next(journal.oldestUnconfirmed(), 10, 100_000);
            assertEquals(2, batch.count());
            String body = new String(batch.body(), StandardCharsets.UTF_8);
            assertTrue(
                    body.matches(
                            "\\[\\{\"sequence\":3,\"kind\":\"verdict\".*\\{\"sequence\":4,\"kind\":\"overrule\".*"));
        }
    }

    @Test
    void anInterruptedAppenderDoesNotHarmTheJournal() throws Exception {
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            Thread.currentThread().interrupt();
            try {
                journal.append(reject(frame("line-1", 1)));
            } catch (IOException e) {
                assertTrue(e.getMessage().contains("interrupted"));
            } finally {
                Thread.interrupted();
            }
            journal.append(reject(frame("line-1", 1)));
            journal.append(reject(frame("line-1", 2)));
            assertEquals(2, journal.newest(10).size());
        }
    }

    @Test
    void aFrameThatTheDiskRefusedIsNotDoneAndIsTakenOnceItWorksAgain() throws IOException {
        AtomicBoolean broken = new AtomicBoolean();
        RecordLog.Sync disk =
                file -> {
                    if (broken.get()) {
                        throw new IOException("no space left on device");
                    }
                    file.sync();
                };
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE, disk)) {
            journal.append(reject(frame("line-1", 1)));
            broken.set(true);
            for (int i = 0; i < 3; i++) {
                assertThrows(IOException.class, () -> journal.append(reject(frame("line-1", 2))));
                assertFalse(journal.contains(frame("line-1", 2)));
                assertEquals(1, journal.newest(10).size());
                assertEquals(1, journal.backlog());
                assertEquals("no space left on device", journal.problem().orElseThrow());
            }
            broken.set(false);
            assertTrue(journal.append(reject(frame("line-1", 2))));
            assertTrue(journal.problem().isEmpty());
            assertFalse(journal.append(reject(frame("line-1", 2))));
            assertTrue(journal.append(reject(frame("line-1", 3))));
            assertEquals(3, journal.backlog());
        }
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            assertEquals(3, journal.newest(10).size());
            assertEquals(3, published(journal).size());
        }
    }

    @Test
    void twoProcessesCannotShareAJournal() throws IOException {
        try (SegmentedJournal journal = new SegmentedJournal(folder, MEGABYTE)) {
            assertThrows(IOException.class, () -> new SegmentedJournal(folder, MEGABYTE));
            assertEquals(0, journal.backlog());
        }
    }

    @Test
    void appendersThatWaitTogetherShareOneSync() throws Exception {
        ExecutorService stations = Executors.newFixedThreadPool(16);
        try (SegmentedJournal journal = new SegmentedJournal(folder, 16 * MEGABYTE)) {
            List<Future<?>> running = new ArrayList<>();
            long start = System.nanoTime();
            for (int s = 0; s < 16; s++) {
                String station = "line-" + s;
                running.add(
                        stations.submit(
                                () -> {
                                    for (int i = 0; i < 50; i++) {
                                        journal.append(reject(frame(station, i)));
                                    }
                                    return null;
                                }));
            }
            for (Future<?> station : running) {
                station.get();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf("%.0f verdicts/s%n", 800 / seconds);
            assertEquals(800, journal.backlog());
            Set<Long> sequences = new HashSet<>();
            journal.newest(1000).forEach(entry -> sequences.add(entry.sequence()));
            assertEquals(800, sequences.size());
        } finally {
            stations.shutdownNow();
        }
    }

    /** Appends until it is killed; prints each frame once it is durable. */
    static final class Appender {
        public static void main(String[] arguments) throws IOException {
            try (SegmentedJournal journal = new SegmentedJournal(Path.of(arguments[0]), 64 << 10)) {
                for (int i = Integer.parseInt(arguments[1]); ; i++) {
                    journal.append(accept(frame("line-1", i)), Publication.PUBLISH);
                    System.out.println("journaled " + i);
                }
            }
        }
    }

    @Test
    void killingTheProcessLosesAndDoublesNothingThatWasAcknowledged() throws Exception {
        int next = 0;
        for (int round = 0; round < 3; round++) {
            int last = appendUntilKilled(next, 60 + 150 * round);
            try (SegmentedJournal journal = new SegmentedJournal(folder, 64 << 10)) {
                for (int i = 0; i <= last; i++) {
                    assertTrue(journal.contains(frame("line-1", i)), "lost frame " + i);
                }
                int written = journal.contains(frame("line-1", last + 1)) ? last + 2 : last + 1;
                assertFalse(journal.contains(frame("line-1", written)));
                assertEquals(written, journal.dropped() + journal.backlog());
                assertEquals(journal.backlog(), new HashSet<>(published(journal)).size());
                next = written;
            }
        }
    }

    private int appendUntilKilled(int from, int frames) throws Exception {
        Path output = folder.resolveSibling(folder.getFileName() + ".out");
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Appender.class.getName(),
                                folder.toString(),
                                String.valueOf(from))
                        .redirectOutput(output.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            Await.until("frame " + (from + frames), () -> lastJournaled(output) >= from + frames);
        } finally {
            process.destroyForcibly().waitFor();
        }
        return lastJournaled(output);
    }

    /** The last number in a whole line. */
    private static int lastJournaled(Path output) throws IOException {
        String text = Files.readString(output);
        String whole = text.substring(0, text.lastIndexOf('\n') + 1).trim();
        return whole.isEmpty() ? -1 : Integer.parseInt(whole.substring(whole.lastIndexOf(' ') + 1));
    }

    private static List<String> published(SegmentedJournal journal) throws IOException {
        List<String> frames = new ArrayList<>();
        Pattern frame = Pattern.compile("\"frame\":\"([^\"]+)\"");
        SegmentedJournal.Cursor cursor = journal.oldestUnconfirmed();
        while (true) {
            Batch batch = journal.next(cursor, 100, 100_000);
            if (batch.count() == 0) {
                return frames;
            }
            Matcher matcher = frame.matcher(new String(batch.body(), StandardCharsets.UTF_8));
            while (matcher.find()) {
                frames.add(matcher.group(1));
            }
            cursor = batch.next();
        }
    }
}
