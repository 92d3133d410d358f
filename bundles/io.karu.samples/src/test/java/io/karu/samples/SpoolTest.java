package io.karu.samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import io.karu.api.sample.Sample;
import io.karu.samples.Spool.Bounds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
    private static final Bounds WIDE = new Bounds(1 << 20, Duration.ofHours(1));

    @TempDir Path temp;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private Spool open(Bounds bounds) throws IOException {
        return new Spool(
                temp,
                bounds,
                new Clock() {
                    @Override
                    public Instant instant() {
                        return now;
                    }

                    @Override
                    public ZoneOffset getZone() {
                        return ZoneOffset.UTC;
                    }

                    @Override
                    public Clock withZone(java.time.ZoneId zone) {
                        return this;
                    }
                });
    }

    private static ByteBuffer image(int seed, int bytes) {
        byte[] content = new byte[bytes];
        new java.util.Random(seed).nextBytes(content);
        return ByteBuffer.wrap(content);
    }

    private FrameId frame(int number) {
        return new FrameId(new StationId("line-1"), "frame-" + number);
    }

    private Digest keep(Spool spool, int number, int bytes) throws IOException {
        Digest image = spool.put(image(number, bytes));
        spool.keep(
                new Sample(
                        frame(number), now, image, Optional.empty(), Optional.empty(), "rejected"));
        return image;
    }

    private long files() throws IOException {
        try (Stream<Path> tree = Files.walk(temp.resolve("blobs"))) {
            return tree.filter(Files::isRegularFile).count();
        }
    }

    @Test
    void aSampleAndItsImageAreThereAfterARestart() throws Exception {
        Digest image;
        try (Spool spool = open(WIDE)) {
            image = keep(spool, 1, 100);
            keep(spool, 2, 100);
        }
        try (Spool spool = open(WIDE)) {
            assertArrayEquals(image(1, 100).array(), spool.get(image).orElseThrow());
            assertEquals(image, spool.find(frame(1)).orElseThrow().image());
            assertEquals(
                    List.of(frame(2), frame(1)),
                    spool.newest(9).stream().map(Sample::frame).toList());
            assertEquals(200, spool.bytes());
        }
    }

    @Test
    void theOldestLeaveFirstWhenTheBoundIsReached() throws Exception {
        try (Spool spool = open(new Bounds(1000, Duration.ofHours(1)))) {
            for (int i = 0; i < 50; i++) {
                keep(spool, i, 300);
                assertTrue(spool.bytes() <= 1000, () -> spool.bytes() + " bytes");
            }
            assertEquals(
                    List.of(frame(49), frame(48), frame(47)),
                    spool.newest(9).stream().map(Sample::frame).toList());
            assertEquals(3, files());
            assertThrows(IOException.class, () -> spool.put(image(99, 1001)));
        }
    }

    @Test
    void whatIsTooOldLeaves() throws Exception {
        try (Spool spool = open(WIDE)) {
            keep(spool, 1, 100);
            now = now.plus(Duration.ofMinutes(50));
            keep(spool, 2, 100);
            now = now.plus(Duration.ofMinutes(20));
            spool.keepUp();
            assertEquals(List.of(frame(2)), spool.newest(9).stream().map(Sample::frame).toList());
            assertEquals(1, files());
        }
    }

    @Test
    void aTemplateSharedByManySamplesLeavesWithTheLast() throws Exception {
        try (Spool spool = open(new Bounds(1000, Duration.ofHours(1)))) {
            Digest template = spool.put(image(0, 100));
            for (int i = 1; i < 20; i++) {
                Digest image = spool.put(image(i, 300));
                spool.keep(
                        new Sample(
                                frame(i),
                                now,
                                image,
                                Optional.of(template),
                                Optional.empty(),
                                "all"));
                assertTrue(spool.get(template).isPresent());
            }
            spool.configure(new Bounds(50, Duration.ofHours(1)));
            assertEquals(Optional.empty(), spool.get(template));
            assertEquals(0, spool.bytes());
            assertEquals(0, files());
        }
    }

    @Test
    void anImageThatNoSampleNamesLeavesInTime() throws Exception {
        try (Spool spool = open(WIDE)) {
            Digest unnamed = spool.put(image(1, 100));
            now = now.plus(Duration.ofMinutes(5));
            spool.keepUp();
            assertTrue(spool.get(unnamed).isPresent());
            now = now.plus(Duration.ofMinutes(6));
            spool.keepUp();
            assertFalse(spool.get(unnamed).isPresent());
        }
    }

    @Test
    void aDamagedImageCountsAsAbsentAndIsWrittenAgain() throws Exception {
        try (Spool spool = open(WIDE)) {
            Digest image = keep(spool, 1, 100);
            Path file =
                    temp.resolve("blobs").resolve(image.hex().substring(0, 2)).resolve(image.hex());
            Files.write(file, new byte[100]);
            assertEquals(Optional.empty(), spool.get(image));
            spool.put(image(1, 100));
            assertTrue(spool.get(image).isPresent());
        }
    }

    @Test
    void aSampleWithoutItsImageIsRefused() throws Exception {
        try (Spool spool = open(WIDE)) {
            Digest absent = Blobs.digest(image(1, 100));
            assertThrows(
                    IOException.class,
                    () ->
                            spool.keep(
                                    new Sample(
                                            frame(1),
                                            now,
                                            absent,
                                            Optional.empty(),
                                            Optional.empty(),
                                            "")));
        }
    }

    @Test
    void tornLinesAndUnfinishedFilesOfAPowerCutAreSkipped() throws Exception {
        Digest lost;
        try (Spool spool = open(WIDE)) {
            keep(spool, 1, 100);
            lost = keep(spool, 2, 100);
            keep(spool, 3, 100);
        }
        Files.delete(temp.resolve("blobs").resolve(lost.hex().substring(0, 2)).resolve(lost.hex()));
        Files.writeString(
                temp.resolve("blobs").resolve(lost.hex().substring(0, 2)).resolve(".writing"), "x");
        Files.writeString(
                temp.resolve("index.jsonl"),
                "{\"station\":\"line-1\",\"fr",
                StandardOpenOption.APPEND);
        try (Spool spool = open(WIDE)) {
            assertEquals(
                    List.of(frame(3), frame(1)),
                    spool.newest(9).stream().map(Sample::frame).toList());
            assertEquals(2, files());
            keep(spool, 4, 100);
        }
        try (Spool spool = open(WIDE)) {
            assertEquals(3, spool.newest(9).size());
        }
    }

    @Test
    void aKilledProcessLeavesAReadableSpool() throws Exception {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx64m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Writing.class.getName(),
                                temp.toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            assertEquals('.', child.getInputStream().read());
            child.getInputStream().readNBytes(300);
        } finally {
            child.destroyForcibly();
            assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        }
        now = Instant.now();
        try (Spool spool = open(WIDE)) {
            List<Sample> samples = spool.newest(10_000);
            assertTrue(samples.size() >= 100, samples.size() + " samples");
            assertTrue(spool.bytes() <= WIDE.bytes());
            for (Sample sample : samples) {
                assertTrue(spool.get(sample.image()).isPresent(), sample::toString);
            }
        }
    }

    /** Keeps samples until it is killed, one dot each. */
    static final class Writing {
        public static void main(String[] arguments) throws Exception {
            Spool spool = new Spool(Path.of(arguments[0]), WIDE);
            for (int i = 0; ; i++) {
                Digest image = spool.put(image(i, 5000));
                spool.keep(
                        new Sample(
                                new FrameId(new StationId("line-1"), "frame-" + i),
                                Instant.now(),
                                image,
                                Optional.empty(),
                                Optional.empty(),
                                "all"));
                System.out.print('.');
                System.out.flush();
            }
        }
    }
}
