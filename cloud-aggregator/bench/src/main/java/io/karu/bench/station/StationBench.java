package io.karu.bench.station;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.bench.Bench;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.format.ModelVersionFolder;
import io.karu.station.InspectionStation;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A station against a bare ONNX Runtime loop with the same decoder, tensor fill and
 * post-processing, one frame of each in turn.
 *
 * <p>Times leave decoding out: the station's is its answer's time less the decoding that it reports
 * (which includes the fill, so the bare loop's fill is added back). Allocation is per thread and
 * includes decoding on both sides.
 */
public final class StationBench implements Bench.Measurement {
    private static final long SEED = 17;
    private static final int BOARDS = 16;
    private static final int DEFAULT_FRAMES = 400;
    private static final int WARM_UP = 100;
    private static final double LEAST_MODEL_MILLIS = 5;
    private static final StationId STATION = new StationId("bench");

    private final com.sun.management.ThreadMXBean threads =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    private record Encoded(byte[] test, byte[] template) {}

    @Override
    public String description() {
        return "a station's frames/s, latency and allocation against a bare ONNX Runtime loop";
    }

    @Override
    public BenchReport measure(List<String> options) throws Exception {
        int frames = DEFAULT_FRAMES;
        if (!options.isEmpty()) {
            if (options.size() != 2 || !options.get(0).equals("--frames")) {
                throw new IllegalArgumentException("expected [--frames N], got " + options);
            }
            frames = Integer.parseInt(options.get(1));
        }
        String root = System.getenv("KARU_ROOT");
        ModelVersionFolder model =
                ModelVersionFolder.read(
                        Path.of(root == null ? "." : root)
                                .resolve(
                                        "cloud-aggregator/golden-template/target/models/golden-template-2"));
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session =
                        engine.open(model.graph(), SessionOptions.SHARED_GATEWAY);
                BareLoop bare = new BareLoop(model.graph(), model.card(), BoardGenerator.SIZE);
                InspectionStation station = new InspectionStation(STATION)) {
            station.configure(Map.of("source", "post", "keep.images", "none"));
            station.setModels(new FixedModel(model, session));
            CountingJournal journal = new CountingJournal();
            station.setJournal(journal);
            awaitReady(station);
            return measure(frames, boards(), bare, station);
        }
    }

    private BenchReport measure(
            int frames, List<Encoded> boards, BareLoop bare, InspectionStation station)
            throws Exception {
        double[] bareMillis = new double[frames];
        double[] stationMillis = new double[frames];
        long[] bareBytes = new long[frames];
        long[] stationBytes = new long[frames];
        double bareWall = 0;
        double stationWall = 0;
        long stationThread = threadNamed("karu-station-" + STATION);
        int different = 0;
        for (int i = -WARM_UP; i < frames; i++) {
            Encoded board = boards.get(Math.floorMod(i, boards.size()));
            boolean stationFirst = (i & 1) == 0;
            long before = threads.getThreadAllocatedBytes(stationThread);
            Answer answer = stationFirst ? ask(station, board, i) : null;
            long own = threads.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            BareLoop.Cost cost = bare.inspect(board.test(), board.template());
            long wall = System.nanoTime() - start;
            own = threads.getCurrentThreadAllocatedBytes() - own;
            if (!stationFirst) {
                before = threads.getThreadAllocatedBytes(stationThread);
                answer = ask(station, board, i);
            }
            if (i < 0) {
                continue;
            }
            stationBytes[i] = threads.getThreadAllocatedBytes(stationThread) - before;
            bareBytes[i] = own;
            bareMillis[i] = cost.totalNanos() / 1e6;
            stationMillis[i] =
                    (answer.nanos()
                                    - answer.verdict().timing().decode().toNanos()
                                    + cost.fillNanos())
                            / 1e6;
            bareWall += wall / 1e9;
            stationWall += answer.nanos() / 1e9;
            different += answer.verdict().findings().size() == cost.findings() ? 0 : 1;
        }
        return report(frames, bareMillis, stationMillis, bareBytes, stationBytes)
                .figure("bare loop with decoding", frames / bareWall, "frames/s")
                .figure("station with decoding", frames / stationWall, "frames/s")
                .figure(
                        "frames with other findings than the bare loop",
                        different,
                        "",
                        Bound.atMost(0));
    }

    private static BenchReport report(
            int frames,
            double[] bareMillis,
            double[] stationMillis,
            long[] bareBytes,
            long[] stationBytes) {
        double bare = percentile(bareMillis, 0.5);
        double station = percentile(stationMillis, 0.5);
        double[] differences = new double[frames];
        for (int i = 0; i < frames; i++) {
            differences[i] = stationMillis[i] - bareMillis[i];
        }
        double extra = median(stationBytes) - median(bareBytes);
        return new BenchReport(
                        "bench station",
                        frames + " frames of " + BOARDS + " generated boards, golden-template 2",
                        SEED)
                .figure("bare loop, p50", bare, "ms", Bound.atLeast(LEAST_MODEL_MILLIS))
                .figure("bare loop, p99", percentile(bareMillis, 0.99), "ms")
                .figure("station, p50", station, "ms")
                .figure("station, p99", percentile(stationMillis, 0.99), "ms")
                .figure("bare loop without decoding", 1000 / bare, "frames/s")
                .figure("station without decoding", 1000 / station, "frames/s")
                .figure(
                        "overhead of the station",
                        100 * percentile(differences, 0.5) / bare,
                        "%",
                        Bound.atMost(5),
                        Bound.atMost(2))
                .figure("allocation of the bare loop", median(bareBytes), "B/frame")
                .figure("allocation of the station", median(stationBytes), "B/frame")
                .figure("allocation beyond the bare loop", extra, "B/frame", Bound.atMost(2048))
                .note(
                        "one thread per inference, both sides in turn, on the same board; overhead: median of the pairs' differences; allocation includes decoding on both sides")
                .note(
                        "the station's time includes the hand-over from and to the caller; its journal is in memory, so that no disk is measured");
    }

    private record Answer(Verdict verdict, long nanos) {}

    private static Answer ask(InspectionStation station, Encoded board, int number)
            throws Exception {
        Frame frame =
                new Frame(
                        new FrameId(STATION, "frame" + number),
                        Instant.EPOCH,
                        ByteBuffer.wrap(board.test()),
                        Optional.of(ByteBuffer.wrap(board.template())));
        long start = System.nanoTime();
        Verdict verdict = station.inspect(frame);
        return new Answer(verdict, System.nanoTime() - start);
    }

    private static List<Encoded> boards() throws IOException {
        BoardGenerator generator = new BoardGenerator(SEED, 0.5);
        List<Encoded> boards = new ArrayList<>();
        for (int i = 0; i < BOARDS; i++) {
            Board board = generator.board(i);
            boards.add(new Encoded(board.testJpeg(), board.templateJpeg()));
        }
        return boards;
    }

    private static void awaitReady(InspectionStation station) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (station.status().state() == StationStatus.State.WAITING) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("the station is not ready: " + station.status());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }

    private long threadNamed(String name) {
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(info -> info != null && info.getThreadName().equals(name))
                .findFirst()
                .orElseThrow()
                .getThreadId();
    }

    private static double percentile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    }

    private static double median(long[] values) {
        return percentile(Arrays.stream(values).asDoubleStream().toArray(), 0.5);
    }
}
