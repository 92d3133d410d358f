package io.karu.training.classification;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Preprocessing;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.evaluation.ClassificationEvaluation;
import io.karu.bench.evaluation.NearestNeighbour;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.learning.metric.Confusion;
import io.karu.training.Progress;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * {@code ./karu bench classify [--seeds N] [--only deeppcb|solder]}: trains from raw data and
 * scores the parts that were not learned from, beside trivial baselines.
 */
public final class ClassifyBench implements Measurement {
    /** What {@code ./karu train classify} is told for DeepPCB. */
    static final Map<String, String> DEEPPCB =
            Map.of(
                    "template", "yes",
                    "window", "80",
                    "side", "80",
                    "stride", "2",
                    "width", "16",
                    "zoom", "30",
                    "views", "8",
                    "members", "3",
                    "epochs", "20",
                    "batch", "32");

    private static final List<String> JOINTS =
            List.of("short", "insufficient_solder", "shifted_component", "excessive_solder");
    private static final int FOLDS = 5;

    private BenchReport report;
    private int seeds;

    @Override
    public String name() {
        return "classify";
    }

    @Override
    public String description() {
        return "macro recall on DeepPCB's defects and on solder joints, beside trivial baselines";
    }

    @Override
    public BenchReport measure(List<String> options) throws Exception {
        List<String> words = new ArrayList<>(options);
        seeds = Integer.parseInt(option(words, "--seeds", "3"));
        String only = option(words, "--only", "");
        if (!words.isEmpty() || !List.of("", "deeppcb", "solder").contains(only)) {
            throw new IllegalArgumentException("expected [--seeds N] [--only deeppcb|solder]");
        }
        Path data = shared();
        report = new BenchReport("classify", data + ", seeds 1 to " + seeds, 1);
        Path work = Files.createTempDirectory("karu-bench-classify");
        try {
            if (!only.equals("solder")) {
                deepPcb(data.resolve("deeppcb"), work);
            }
            if (!only.equals("deeppcb")) {
                solder(data, work);
            }
        } finally {
            delete(work);
        }
        return report;
    }

    private void deepPcb(Path folder, Path work) throws Exception {
        require(folder);
        long start = System.nanoTime();
        DataSet data = DataSets.read(folder);
        double[] recalls = new double[seeds];
        for (int seed = 1; seed <= seeds; seed++) {
            TrainingOrder order = order(folder, work.resolve("deeppcb-" + seed), seed, DEEPPCB);
            recalls[seed - 1] = recall(new Classify(), order, data.part(Part.TEST)).macroRecall();
            report.figure("DeepPCB macro recall, seed " + seed, recalls[seed - 1], "");
        }
        report.figure(
                "DeepPCB macro recall, mean",
                Arrays.stream(recalls).average().orElseThrow(),
                "",
                Bound.atLeast(0.97),
                Bound.atLeast(0.99));
        DataSet training = data.part(Part.TRAINING).filter(s -> s.template().isPresent());
        Crops crops = new Crops(Preprocessing.Color.GRAY, 80, 0);
        baselines(
                "DeepPCB",
                data.labels(),
                crops,
                List.of(new Split("", training, data.part(Part.TEST))));
        report.figure("DeepPCB, time for all", seconds(start), "s")
                .note(
                        "DeepPCB: learned from the defects of the 400 training pairs, scored on the 2,515 of the 400 test pairs; the piece and the same piece of its template");
    }

    private void solder(Path shared, Path work) throws Exception {
        Path folder = shared.resolve("solder-joints");
        require(folder);
        Path backbone = shared.resolve("backbones/mobilenet_v1_1.0_224_tfjs");
        require(backbone);
        long start = System.nanoTime();
        DataSet data = Split.only(DataSets.read(folder), JOINTS);
        double[] recalls = new double[seeds];
        for (int seed = 1; seed <= seeds; seed++) {
            Confusion all = new Confusion(JOINTS);
            Classify recipe = new Classify();
            for (int fold = 0; fold < FOLDS; fold++) {
                Map<String, String> options = new LinkedHashMap<>(solderOptions(backbone));
                options.put("fold", Integer.toString(fold));
                TrainingOrder order =
                        order(folder, work.resolve("solder-" + seed + "-" + fold), seed, options);
                all.add(recall(recipe, order, Split.of(data, Integer.toString(fold), seed).test()));
            }
            recalls[seed - 1] = all.macroRecall();
            report.figure("solder joints macro recall, seed " + seed, all.macroRecall(), "");
            if (seed == 1) {
                for (int k = 0; k < JOINTS.size(); k++) {
                    report.figure("  recall of " + JOINTS.get(k), all.recall(k), "");
                }
            }
        }
        report.figure(
                "solder joints macro recall, mean",
                Arrays.stream(recalls).average().orElseThrow(),
                "",
                Bound.atLeast(0.90),
                Bound.atLeast(0.95));
        List<Split> splits = new ArrayList<>();
        for (int fold = 0; fold < FOLDS; fold++) {
            splits.add(Split.of(data, Integer.toString(fold), 1));
        }
        baselines("solder joints", JOINTS, new Crops(Preprocessing.Color.GRAY, 64, 0), splits);
        report.figure("solder joints, time for all", seconds(start), "s")
                .note(
                        "solder joints: the four defect classes, the five given folds, whose parts never share a joint; each fold scored by a model that has not seen it, all folds together; stretched to one square, so that neither size nor shape of the piece tells anything")
                .note(
                        "baselines: nearest training piece by width and height of image or box, or by 24 x 24 gray pixels of mean 0 and deviation 1");
    }

    /** What {@code ./karu train classify} is told for solder joints. */
    static Map<String, String> solderOptions(Path backbone) {
        return Map.of(
                "labels", String.join(",", JOINTS),
                "backbone", backbone.toString(),
                "color", "rgb",
                "shift", "8",
                "side", "128",
                "views", "8",
                "epochs", "15",
                "batch", "128",
                "rate", "0.002");
    }

    private Confusion recall(Classify recipe, TrainingOrder order, DataSet test) throws Exception {
        System.err.println("karu: training into " + order.out().getFileName());
        Trained trained = recipe.train(order, Progress.SILENT);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session =
                        engine.open(trained.version().graph(), SessionOptions.SHARED_GATEWAY)) {
            Confusion confusion =
                    ClassificationEvaluation.of(trained.version().card(), session, test)
                            .confusion();
            System.err.printf(Locale.ROOT, "karu: macro recall %.4f%n", confusion.macroRecall());
            return confusion;
        }
    }

    private void baselines(String name, List<String> labels, Crops crops, List<Split> splits)
            throws IOException {
        Confusion size = new Confusion(labels);
        Confusion pixels = new Confusion(labels);
        for (Split split : splits) {
            size.add(
                    NearestNeighbour.bySize(labels, crops)
                            .train(split.training())
                            .test(split.test()));
            pixels.add(
                    NearestNeighbour.byPixels(labels, crops)
                            .train(split.training())
                            .test(split.test()));
        }
        report.figure(name + " baseline, size alone", size.macroRecall(), "")
                .figure(name + " baseline, 24 x 24 pixels", pixels.macroRecall(), "")
                .figure(name + " baseline, one class for all", 1.0 / labels.size(), "");
    }

    private static TrainingOrder order(
            Path data, Path out, long seed, Map<String, String> options) {
        Map<String, String> all = new LinkedHashMap<>();
        new Classify().options().forEach((option, meant) -> all.put(option, meant.standard()));
        all.putAll(options);
        return new TrainingOrder(data, out, "classify", Long.toString(seed), seed, all);
    }

    private static Path shared() {
        String root = System.getenv("KARU_ROOT");
        return Path.of(root == null ? "." : root).resolve("../shared/data").normalize();
    }

    private static void require(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException(folder + " is not there");
        }
    }

    private static double seconds(long start) {
        return Math.round((System.nanoTime() - start) / 1e9);
    }

    private static String option(List<String> words, String name, String otherwise) {
        int at = words.indexOf(name);
        if (at < 0) {
            return otherwise;
        }
        if (at + 1 == words.size()) {
            throw new IllegalArgumentException(name + " needs a value");
        }
        words.remove(at);
        return words.remove(at);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
