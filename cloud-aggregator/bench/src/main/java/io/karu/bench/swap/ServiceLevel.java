package io.karu.bench.swap;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inspection.Finding;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelRef;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.ProcessFacts;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.ModelCatalog;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.testbed.Camera;
import io.karu.testbed.GeneratedBoards;
import io.karu.uplink.SegmentedJournal;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.TemplateInspector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * The service level of a swap: a station that is saturated, and a store that activates one of four
 * versions after the other. Two graphs and two cards, so that any mixture shows. Every activation
 * reads, verifies, warms up, publishes and closes as on a gateway; only bundle and cloud are left
 * out. Frames count as steady or as during a swap by the moment at which they end: after each swap
 * (of many, each fifth) as long a time without.
 */
final class ServiceLevel {
    private static final String MODEL = "golden-template";
    private static final int BOARDS = 8;
    private static final int WARM_UP_SWAPS = 40;
    private static final int ALWAYS_HALF_UNTIL = 1000;
    private static final Duration PROGRESS = Duration.ofSeconds(30);

    private final Path home;
    private final long seed;
    // in nanoseconds
    private final Histogram steps = SaturatedStation.durations();
    private final Histogram openings = SaturatedStation.durations();
    private final Histogram steady = SaturatedStation.durations();
    private final Histogram during = SaturatedStation.durations();

    ServiceLevel(Path home, long seed) {
        this.home = home;
        this.seed = seed;
    }

    /**
     * Measures.
     *
     * @param originals versions 1 and 2 of the golden-template model
     * @param swaps how many
     * @param longest ends earlier when this time is over
     */
    void measure(List<Path> originals, int swaps, Duration longest, BenchReport report)
            throws Exception {
        Files.createDirectories(home);
        List<Camera.Board> boards = new ArrayList<>();
        for (int i = 0; i < BOARDS; i++) {
            boards.add(new GeneratedBoards(seed).board(i));
        }
        List<ModelVersionFolder> versions = versions(originals);
        OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
        try (SegmentedJournal journal = new SegmentedJournal(home.resolve("journal"), 4 << 20);
                ModelCatalog catalog =
                        new ModelCatalog(
                                home.resolve("store"),
                                new ModelCatalog.Settings(
                                        SessionOptions.SHARED_GATEWAY, 256 << 20))) {
            catalog.engineArrived(engine);
            for (ModelVersionFolder version : versions) {
                catalog.add(version.root());
            }
            SaturatedStation station =
                    new SaturatedStation(
                            catalog, journal, boards, expected(versions, boards, engine));
            int done;
            Held before;
            Held after;
            try {
                for (int i = 0; i < WARM_UP_SWAPS; i++) {
                    swap(catalog, versions, i, station);
                }
                before = Held.now(home);
                catalog.onSwap(
                        swap -> {
                            steps.recordValue(swap.step().toNanos());
                            openings.recordValue(swap.opening().toNanos());
                        });
                long start = System.nanoTime();
                done = timed(catalog, versions, swaps, longest, station);
                report.figure("(f) swaps a second", done / ((System.nanoTime() - start) / 1e9), "");
                after = Held.now(home);
            } finally {
                station.close();
            }
            tell(report, swaps, done, station, before, after);
        } finally {
            engine.close();
        }
    }

    private int timed(
            ModelCatalog catalog,
            List<ModelVersionFolder> versions,
            int swaps,
            Duration longest,
            SaturatedStation station)
            throws Exception {
        long start = System.nanoTime();
        long told = start;
        int steadyEvery = swaps > ALWAYS_HALF_UNTIL ? 5 : 1;
        int done = 0;
        while (done < swaps && System.nanoTime() - start < longest.toNanos()) {
            long began = System.nanoTime();
            station.countIn(during);
            swap(catalog, versions, done, station);
            long took = System.nanoTime() - began;
            done++;
            if (done % steadyEvery == 0) {
                station.countIn(steady);
                TimeUnit.NANOSECONDS.sleep(took);
                awaitFrames(station, 1);
            }
            if (System.nanoTime() - told > PROGRESS.toNanos()) {
                told = System.nanoTime();
                System.err.printf(
                        "bench swap: (f) %d of %d swaps, %.1f a second, %d frames, step p99 %.0f µs%n",
                        done,
                        swaps,
                        done / ((told - start) / 1e9),
                        station.frames(),
                        micros(steps, 99));
            }
        }
        return done;
    }

    /** Activates the next version and waits until a frame was decided with it alone. */
    private static void swap(
            ModelCatalog catalog,
            List<ModelVersionFolder> versions,
            int number,
            SaturatedStation station)
            throws Exception {
        catalog.activate(
                MODEL, ModelRef.CHAMPION, versions.get((number + 1) % versions.size()).digest());
        awaitFrames(station, 2);
    }

    private static void awaitFrames(SaturatedStation station, int more)
            throws InterruptedException, IOException {
        long until = station.frames() + more;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (station.frames() < until) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("the station decided nothing for 60 s");
            }
            TimeUnit.MICROSECONDS.sleep(200);
        }
    }

    private void tell(
            BenchReport report,
            int wanted,
            int done,
            SaturatedStation station,
            Held before,
            Held after) {
        report.figure("(f) swaps under saturation", done, "", Bound.atLeast(Math.min(100, wanted)));
        report.figure("(f) frames", station.frames(), "");
        report.figure("(f) frames dropped", station.dropped(), "", Bound.atMost(0));
        report.figure("(f) frames decided twice", station.doubled(), "", Bound.atMost(0));
        report.figure("(f) mixed-version verdicts", station.mixed(), "", Bound.atMost(0));
        report.figure("(f) critical section p50", micros(steps, 50), "µs");
        report.figure("(f) critical section p99", micros(steps, 99), "µs", Bound.atMost(100));
        report.figure("(f) critical section max", steps.getMaxValue() / 1e3, "µs");
        report.figure("(f) read, verify, warm up p50", micros(openings, 50) / 1e3, "ms");
        report.figure("(f) read, verify, warm up p99", micros(openings, 99) / 1e3, "ms");
        report.figure("(f) frame p50, steady", micros(steady, 50) / 1e3, "ms");
        report.figure("(f) frame p99, steady", micros(steady, 99) / 1e3, "ms");
        report.figure("(f) frame p50, during swaps", micros(during, 50) / 1e3, "ms");
        report.figure("(f) frame p99, during swaps", micros(during, 99) / 1e3, "ms");
        report.figure(
                "(f) frame p99, during swaps / steady",
                micros(during, 99) / micros(steady, 99),
                "",
                Bound.atMost(1.5));
        report.figure(
                "(f) resident memory, after / before",
                after.facts().heldKiB() / (double) before.facts().heldKiB(),
                "",
                Bound.atMost(1.05));
        report.figure(
                "(f) threads more than before",
                after.facts().threads().size() - before.facts().threads().size(),
                "",
                Bound.atMost(0));
        report.figure(
                "(f) descriptors more than before",
                after.facts().descriptors().size() - before.facts().descriptors().size(),
                "",
                Bound.atMost(0));
        report.figure(
                "(f) files more than before", after.files() - before.files(), "", Bound.atMost(0));
        report.note(
                String.format(
                        "(f) %d frames steady, %d during swaps; resident %d → %d MiB; threads %d → %d, new %s; descriptors %d → %d, new %s",
                        steady.getTotalCount(),
                        during.getTotalCount(),
                        before.facts().heldKiB() / 1024,
                        after.facts().heldKiB() / 1024,
                        before.facts().threads().size(),
                        after.facts().threads().size(),
                        ProcessFacts.beyond(after.facts().threads(), before.facts().threads()),
                        before.facts().descriptors().size(),
                        after.facts().descriptors().size(),
                        ProcessFacts.beyond(
                                after.facts().descriptors(), before.facts().descriptors())));
    }

    /** What this process and its folders hold; taken while the station works. */
    private record Held(ProcessFacts facts, long files) {
        static Held now(Path home) throws IOException, InterruptedException {
            ProcessFacts facts = ProcessFacts.afterCollection(ProcessHandle.current().pid());
            return new Held(
                    facts,
                    count(Path.of(System.getProperty("java.io.tmpdir")), 1)
                            + count(home.resolve("store"), 9));
        }

        private static long count(Path folder, int depth) throws IOException {
            try (Stream<Path> files = Files.walk(folder, depth)) {
                return files.count();
            }
        }
    }

    /** Both graphs with each of two cards. */
    private List<ModelVersionFolder> versions(List<Path> originals) throws Exception {
        List<ModelVersionFolder> versions = new ArrayList<>();
        for (int grow : List.of(3, 9)) {
            for (Path original : originals) {
                versions.add(
                        ModelVersionFolder.read(
                                Variants.modelOf(
                                        original,
                                        "level-" + versions.size(),
                                        home.resolve("variants"),
                                        Map.of("grow", (double) grow))));
            }
        }
        return versions;
    }

    /** What each version says of each board. */
    private static Map<Digest, List<List<Finding>>> expected(
            List<ModelVersionFolder> versions, List<Camera.Board> boards, OnnxEngine engine)
            throws Exception {
        Map<Digest, List<List<Finding>>> expected = new HashMap<>();
        for (ModelVersionFolder version : versions) {
            List<List<Finding>> findings = new ArrayList<>();
            try (InferenceSession session =
                            engine.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                    TemplateInspector inspector = new TemplateInspector();
                    GrayDecoder decoder = new GrayDecoder()) {
                for (Camera.Board board : boards) {
                    GrayImage test = new GrayImage();
                    GrayImage template = new GrayImage();
                    decoder.decode(ByteBuffer.wrap(board.test()), test);
                    decoder.decode(ByteBuffer.wrap(board.template()), template);
                    inspector.prepare(version.card(), session, test.width(), test.height());
                    inspector.fill(test, template);
                    inspector.run();
                    findings.add(List.copyOf(inspector.findings(inspector.threshold())));
                }
            }
            expected.put(version.digest(), findings);
        }
        return expected;
    }

    /** 0 when nothing was counted. */
    private static double micros(Histogram durations, double percentile) {
        return durations.getValueAtPercentile(percentile) / 1e3;
    }
}
