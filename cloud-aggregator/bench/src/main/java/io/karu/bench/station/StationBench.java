package io.karu.bench.station;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inspection.StationId;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.station.TurnByTurn.Encoded;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.station.InspectionStation;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A station against a bare ONNX Runtime loop with the same decoder, tensor fill and
 * post-processing, one frame of each in turn on one thread.
 *
 * <p>Times leave decoding out: the station's is all that passes between two calls of its source,
 * less the decoding that its verdict reports (which includes the fill, so the bare loop's fill is
 * added back). Allocation includes decoding on both sides.
 */
public final class StationBench implements Measurement {
    private static final long SEED = 17;
    private static final int BOARDS = 16;
    private static final int DEFAULT_FRAMES = 400;
    private static final int WARM_UP = 100;
    private static final double LEAST_MODEL_MILLIS = 5;
    private static final StationId STATION = new StationId("bench");

    @Override
    public String name() {
        return "station";
    }

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
        CountingJournal journal = new CountingJournal();
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session =
                        engine.open(model.graph(), SessionOptions.SHARED_GATEWAY);
                BareLoop bare = new BareLoop(model.graph(), model.card(), BoardGenerator.SIZE)) {
            TurnByTurn turns = new TurnByTurn(STATION, bare, journal, boards(), WARM_UP, frames);
            try (InspectionStation station = new InspectionStation(STATION, turns)) {
                station.configure(Map.of("source", "post", "keep.images", "none"));
                station.setModels(new FixedModel(model, session));
                station.setJournal(journal);
                return report(frames, turns, turns.await());
            }
        }
    }

    private static BenchReport report(int frames, TurnByTurn turns, int different) {
        double bare = percentile(turns.bareMillis, 0.5);
        double station = percentile(turns.stationMillis, 0.5);
        double[] differences = new double[frames];
        for (int i = 0; i < frames; i++) {
            differences[i] = turns.stationMillis[i] - turns.bareMillis[i];
        }
        double bareBytes = percentile(turns.bareBytes, 0.5);
        double stationBytes = percentile(turns.stationBytes, 0.5);
        return new BenchReport(
                        "bench station",
                        frames + " frames of " + BOARDS + " generated boards, golden-template 2",
                        SEED)
                .figure("bare loop, p50", bare, "ms", Bound.atLeast(LEAST_MODEL_MILLIS))
                .figure("bare loop, p99", percentile(turns.bareMillis, 0.99), "ms")
                .figure("station, p50", station, "ms")
                .figure("station, p99", percentile(turns.stationMillis, 0.99), "ms")
                .figure("bare loop without decoding", 1000 / bare, "frames/s")
                .figure("station without decoding", 1000 / station, "frames/s")
                .figure(
                        "bare loop with decoding",
                        1000 / percentile(turns.bareWallMillis, 0.5),
                        "frames/s")
                .figure(
                        "station with decoding",
                        1000 / percentile(turns.stationWallMillis, 0.5),
                        "frames/s")
                .figure(
                        "overhead of the station",
                        100 * percentile(differences, 0.5) / bare,
                        "%",
                        Bound.atMost(5),
                        Bound.atMost(2))
                .figure("allocation of the bare loop", bareBytes, "B/frame")
                .figure("allocation of the station", stationBytes, "B/frame")
                .figure(
                        "allocation beyond the bare loop",
                        stationBytes - bareBytes,
                        "B/frame",
                        Bound.atMost(2048))
                .figure(
                        "frames with other findings than the bare loop",
                        different,
                        "",
                        Bound.atMost(0))
                .note(
                        "one thread; both sides in turn on the same board; overhead: median of the pairs' differences over the bare loop's p50")
                .note(
                        "the station's journal is in memory, so that no disk is measured; allocation includes decoding on both sides");
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

    private static double percentile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    }
}
