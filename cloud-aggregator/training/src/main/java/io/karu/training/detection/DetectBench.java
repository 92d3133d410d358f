package io.karu.training.detection;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.evaluation.DetectionEvaluation;
import io.karu.compression.Processor;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.learning.metric.DetectionPrecision;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.training.Progress;
import io.karu.training.Train;
import io.karu.training.detection.DetectorSpeed.Rates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code ./karu bench detect --data DIR [--model DIR] [--seed N]}: DeepPCB from raw files to the
 * scores of the int8 detector on the test part, and its speed beside decoding alone.
 */
public final class DetectBench implements Measurement {
    private static final int SPEED_PAIRS = 200;
    private static final int ROUNDS = 9;

    @Override
    public String name() {
        return "detect";
    }

    @Override
    public String description() {
        return "mAP, F and boards/s of the detector of pairs on DeepPCB, in int8";
    }

    @Override
    public BenchReport measure(List<String> options) throws Exception {
        Map<String, String> given = given(options);
        if (!given.containsKey("data")) {
            throw new IllegalArgumentException("--data DIR is needed: the folder of DeepPCB");
        }
        long seed = Long.parseLong(given.getOrDefault("seed", "1"));
        DataSet data = DataSets.read(Path.of(given.get("data")));
        DataSet pairs = data.filter(sample -> sample.template().isPresent());
        DataSet test = pairs.part(Part.TEST);
        DataSet training = HeldOut.trained(data);
        if (test.samples().isEmpty()) {
            throw new IllegalArgumentException(
                    given.get("data") + " has no test part with templates");
        }
        double minutes = 0;
        Path trained = Path.of(given.getOrDefault("model", ""));
        if (!given.containsKey("model")) {
            long start = System.nanoTime();
            trained = train(Path.of(given.get("data")), seed);
            minutes = (System.nanoTime() - start) / 6e10;
        }
        BenchReport report =
                new BenchReport(
                        "detect", data.name() + ", " + test.samples().size() + " test pairs", seed);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            ModelVersionFolder full = ModelVersionFolder.read(trained);
            Path folder = trained.resolveSibling(trained.getFileName() + "-int8");
            ModelVersionFolder bytes =
                    DetectorQuantization.quantize(
                            engine, full, PairSamples.read(training), seed, folder);
            try (InferenceSession fullSession =
                            engine.open(full.graph(), SessionOptions.SHARED_GATEWAY);
                    InferenceSession session =
                            engine.open(bytes.graph(), SessionOptions.SHARED_GATEWAY)) {
                DetectionEvaluation ours = DetectionEvaluation.of(bytes.card(), session, test);
                DetectionEvaluation inFloat =
                        DetectionEvaluation.of(full.card(), fullSession, test);
                scores(report, ours, inFloat, bytes, training);
                trivial(report, ours);
                speed(report, bytes, session, test);
            }
            report.figure("size in int8", Files.size(bytes.graph()) / 1e6, "MB")
                    .figure("size in fp32", Files.size(full.graph()) / 1e6, "MB")
                    .note("model " + full.digest() + ", in int8 " + bytes.digest());
        }
        if (minutes > 0) {
            report.figure("training", minutes, "min", Bound.atMost(120));
        } else {
            report.note("the model was given with --model and not trained in this run");
        }
        return report.note("processor: " + Processor.here().abilities())
                .note("the threshold comes from designs held out of the training part");
    }

    private static Path train(Path data, long seed) throws Exception {
        String home = System.getenv().getOrDefault("KARU_HOME", ".karu");
        return Train.inWorker(
                List.of(
                        "detect",
                        "--data",
                        data.toString(),
                        "--out",
                        Path.of(home).resolve("bench-detect/detect-1").toString(),
                        "--seed",
                        Long.toString(seed)),
                Progress.console(System.err));
    }

    private static void scores(
            BenchReport report,
            DetectionEvaluation ours,
            DetectionEvaluation inFloat,
            ModelVersionFolder bytes,
            DataSet training) {
        double threshold = bytes.card().parameter("threshold");
        DetectionPrecision official = ours.precision(DetectionEvaluation.DEEP_PCB);
        report.figure(
                        "mAP at IoU 0.33, int8",
                        official.mean(),
                        "",
                        Bound.atLeast(0.97),
                        Bound.atLeast(0.99))
                .aim(
                        "F at the fixed threshold, int8",
                        official.counts(threshold).f(),
                        "",
                        Bound.atLeast(0.986))
                .figure("threshold", threshold, "")
                .figure("precision at the threshold", official.counts(threshold).precision(), "")
                .figure("recall at the threshold", official.counts(threshold).recall(), "");
        List<String> labels = bytes.card().labels();
        for (int type = 0; type < labels.size(); type++) {
            report.figure("AP of " + labels.get(type), official.average(type), "");
        }
        Set<String> seen =
                training.samples().stream().map(PairSamples::design).collect(Collectors.toSet());
        report.figure(
                        "mAP at IoU 0.33, designs seen in training",
                        ours.precision(
                                        DetectionEvaluation.DEEP_PCB,
                                        sample -> seen.contains(PairSamples.design(sample)))
                                .mean(),
                        "")
                .figure(
                        "mAP at IoU 0.33, designs never seen",
                        ours.precision(
                                        DetectionEvaluation.DEEP_PCB,
                                        sample -> !seen.contains(PairSamples.design(sample)))
                                .mean(),
                        "")
                .figure("mAP at IoU 0.5, int8", ours.precision(DetectionEvaluation.HALF).mean(), "")
                .figure(
                        "mAP at IoU 0.33, fp32",
                        inFloat.precision(DetectionEvaluation.DEEP_PCB).mean(),
                        "")
                .figure(
                        "F at the fixed threshold, fp32",
                        inFloat.precision(DetectionEvaluation.DEEP_PCB).counts(threshold).f(),
                        "")
                .figure("candidates per pair", ours.candidates(), "");
    }

    private static void trivial(BenchReport report, DetectionEvaluation ours) {
        report.figure("F without classes, int8", ours.withoutClasses().f(), "")
                .figure("F without classes, XOR baseline", ours.trivial().f(), "");
    }

    private static void speed(
            BenchReport report, ModelVersionFolder version, InferenceSession session, DataSet test)
            throws Exception {
        DetectorSpeed speed = new DetectorSpeed(version.card(), session, test, SPEED_PAIRS);
        int cores = Runtime.getRuntime().availableProcessors();
        Rates one = speed.measure(1, ROUNDS);
        Rates all = speed.measure(cores, ROUNDS);
        report.figure(
                        "rate by decode-only rate, one thread",
                        one.ratio(),
                        "",
                        Bound.atLeast(1 / 3.0))
                .figure("boards/s, one thread", one.inspecting(), "1/s")
                .figure("decoding alone, one thread", one.decoding(), "1/s")
                .figure(
                        String.format(Locale.ROOT, "rate by decode-only rate, %d threads", cores),
                        all.ratio(),
                        "",
                        Bound.atLeast(1 / 3.0))
                .aim(
                        String.format(Locale.ROOT, "boards/s, %d threads", cores),
                        all.inspecting(),
                        "1/s",
                        Bound.atLeast(250))
                .figure(
                        String.format(Locale.ROOT, "decoding alone, %d threads", cores),
                        all.decoding(),
                        "1/s");
    }

    private static Map<String, String> given(List<String> options) {
        Map<String, String> given = new LinkedHashMap<>();
        List<String> known = List.of("--data", "--model", "--seed");
        List<String> words = new ArrayList<>(options);
        while (!words.isEmpty()) {
            String option = words.remove(0);
            if (!known.contains(option) || words.isEmpty()) {
                throw new IllegalArgumentException(
                        "expected --data DIR [--model DIR] [--seed N], got " + options);
            }
            given.put(option.substring(2), words.remove(0));
        }
        return given;
    }
}
