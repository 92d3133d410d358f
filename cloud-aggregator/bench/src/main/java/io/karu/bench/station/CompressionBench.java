package io.karu.bench.station;

import io.karu.api.inference.SessionOptions;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.model.ModelRef;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.station.TurnByTurn.Encoded;
import io.karu.compression.gateway.CompressionService;
import io.karu.compression.gateway.FrameReserve;
import io.karu.compression.gateway.Job;
import io.karu.compression.gateway.WorkerClassPath;
import io.karu.compression.gateway.WorkerSettings;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.models.ModelCatalog;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.station.InspectionStation;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A station at a steady rate while a worker compresses its model on the same machine, by turns with
 * the station alone. A frame's time is from offering it to its verdict.
 */
public final class CompressionBench implements Measurement {
    private static final long SEED = 17;
    private static final int BOARDS = 48;
    private static final int TURNS = 2;
    private static final int STEADY_FRAMES = 200;
    private static final int FEWEST_FRAMES = 100;
    private static final long PERIOD_NANOS = 100_000_000;
    private static final StationId STATION = new StationId("bench");
    private static final WorkerSettings SETTINGS =
            new WorkerSettings(1, 1024, Duration.ofMinutes(10), 24, 64 << 20);

    private long frames;

    @Override
    public String name() {
        return "gateway-compression";
    }

    @Override
    public String description() {
        return "a station's latency while its model is compressed on the same gateway, against its own steady latency";
    }

    @Override
    public BenchReport measure(List<String> options) throws Exception {
        if (!options.isEmpty()) {
            throw new IllegalArgumentException("no options are known, got " + options);
        }
        Path folder = Files.createTempDirectory("karu-compression");
        try (OnnxEngine engine = new OnnxEngine();
                ModelCatalog models =
                        new ModelCatalog(
                                folder.resolve("models"),
                                new ModelCatalog.Settings(
                                        SessionOptions.SHARED_GATEWAY, 256 << 20))) {
            models.engineArrived(engine);
            ModelVersionFolder model =
                    RandomClassifier.write(engine, folder.resolve("model"), SEED);
            models.activate(model.card().name(), ModelRef.CHAMPION, models.add(model.root()));
            FrameReserve reserve =
                    new FrameReserve(
                            folder.resolve("frames"), SETTINGS.frames(), SETTINGS.frameBytes());
            try (InspectionStation station = new InspectionStation(STATION);
                    CompressionService service =
                            new CompressionService(folder.resolve("jobs"), reserve, SETTINGS)) {
                station.configure(
                        Map.of(
                                "source",
                                "post",
                                "source.template",
                                "none",
                                "model",
                                RandomClassifier.NAME,
                                "keep.images",
                                "none"));
                station.setModels(models);
                station.setJournal(new CountingJournal());
                station.addListener(reserve);
                service.setModels(Optional.of(models));
                service.setClassPath(
                        Optional.of(
                                new WorkerClassPath(
                                        Arrays.stream(
                                                        System.getProperty("java.class.path")
                                                                .split(File.pathSeparator))
                                                .map(Path::of)
                                                .toList(),
                                        List.of())));
                return measure(station, reserve, service, ModelRef.parse(model.card().name()));
            }
        } finally {
            delete(folder);
        }
    }

    private BenchReport measure(
            InspectionStation station,
            FrameReserve reserve,
            CompressionService service,
            ModelRef model)
            throws Exception {
        List<Encoded> boards = boards();
        List<Double> steady = new ArrayList<>();
        List<Double> compressing = new ArrayList<>();
        List<Job> jobs = new ArrayList<>();
        while (reserve.accepted(model.name()) < SETTINGS.frames() / 2) {
            inspect(station, boards, 10);
        }
        for (int turn = 0; turn < TURNS || compressing.size() < FEWEST_FRAMES; turn++) {
            steady.addAll(inspect(station, boards, STEADY_FRAMES));
            String id = service.start(model, 0.01).id();
            while (!job(service, id).state().isFinal()) {
                boolean works = job(service, id).state() == Job.State.RUNNING;
                List<Double> millis = inspect(station, boards, 5);
                if (works) {
                    compressing.addAll(millis);
                }
            }
            jobs.add(job(service, id));
        }
        return report(steady, compressing, jobs);
    }

    private static Job job(CompressionService service, String id) {
        return service.jobs().stream().filter(job -> job.id().equals(id)).findFirst().orElseThrow();
    }

    private List<Double> inspect(InspectionStation station, List<Encoded> boards, int count)
            throws Exception {
        List<Double> millis = new ArrayList<>();
        long due = System.nanoTime();
        for (int i = 0; i < count; i++) {
            LockSupport.parkNanos(due - System.nanoTime());
            Encoded board = boards.get((int) (frames % boards.size()));
            Frame frame =
                    new Frame(
                            new FrameId(STATION, Long.toString(frames++)),
                            Instant.now(),
                            ByteBuffer.wrap(board.test()),
                            Optional.empty());
            long began = System.nanoTime();
            station.inspect(frame);
            millis.add((System.nanoTime() - began) / 1e6);
            due = Math.max(due + PERIOD_NANOS, System.nanoTime());
        }
        return millis;
    }

    private static BenchReport report(
            List<Double> steady, List<Double> compressing, List<Job> jobs) {
        double before = percentile(steady, 0.99);
        double during = percentile(compressing, 0.99);
        Job last = jobs.get(jobs.size() - 1);
        BenchReport report =
                new BenchReport(
                                "bench gateway-compression",
                                steady.size()
                                        + " frames alone, "
                                        + compressing.size()
                                        + " during "
                                        + jobs.size()
                                        + " jobs; generated boards, a classifier of random weights",
                                SEED)
                        .figure("station alone, p50", percentile(steady, 0.5), "ms")
                        .figure("station alone, p99", before, "ms")
                        .figure("during compression, p50", percentile(compressing, 0.5), "ms")
                        .figure("during compression, p99", during, "ms")
                        .figure(
                                "p99 during compression over p99 alone",
                                during / before,
                                "x",
                                Bound.atMost(2))
                        .figure(
                                "jobs without result",
                                jobs.stream().filter(job -> job.result().isEmpty()).count(),
                                "",
                                Bound.atMost(0))
                        .note(
                                "10 frames/s, one thread; a verdict is all from offering the frame, decoding included; the worker has one core at nice 19")
                        .note("last job " + last.state() + ": " + last.reason());
        last.result()
                .ifPresent(
                        result ->
                                result.variants()
                                        .forEach(
                                                variant ->
                                                        report.note(
                                                                String.format(
                                                                        "%s: %.1f ms, agreement %.3f, %d bytes (parent %.1f ms)",
                                                                        variant.name(),
                                                                        variant.p50(),
                                                                        variant.agreement(),
                                                                        variant.bytes(),
                                                                        result.parent().p50()))));
        return report;
    }

    private static List<Encoded> boards() throws IOException {
        BoardGenerator generator = new BoardGenerator(SEED, 0.25);
        List<Encoded> boards = new ArrayList<>();
        for (int i = 0; i < BOARDS; i++) {
            Board board = generator.board(i);
            boards.add(new Encoded(board.testJpeg(), board.templateJpeg()));
        }
        return boards;
    }

    private static double percentile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(share * sorted.size()) - 1));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
