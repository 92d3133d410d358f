package io.karu.bench;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inspection.Finding;
import io.karu.bench.BenchReport.Bound;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.goldentemplate.GoldenTemplateModels;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.vision.Box;
import io.karu.vision.DeepPcb;
import io.karu.vision.DetectionScore;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.TemplateInspector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * {@code ./karu evaluate MODEL --data DIR [--list NAME] [--json]}: a model version against
 * annotated image pairs, beside the trivial baseline.
 *
 * <p>MODEL is the folder of a model version, or {@code golden-template-1} or {@code -2} as built.
 * DIR is DeepPCB (its folder {@code PCBData}, or the one that holds it) or a flat folder of {@code
 * <id>_test.jpg}, {@code <id>_temp.jpg} and {@code <id>.txt}. Rule: IoU above 0.33 with an unused
 * defect, classes not told apart.
 */
public final class Evaluate {
    private static final double REQUIRED_F = 0.75;
    private static final double AIMED_F = 0.90;
    private static final int WARM_UP = 5;

    private Evaluate() {}

    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(Arrays.asList(arguments));
        boolean json = words.remove("--json");
        try {
            String list = option(words, "--list", "test.txt");
            String data = option(words, "--data", "");
            if (words.size() != 1 || data.isEmpty()) {
                throw new IllegalArgumentException(
                        "expected MODEL --data DIR [--list NAME] [--json]");
            }
            System.exit(Bench.finish(evaluate(model(words.get(0)), Path.of(data), list), json));
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("karu: evaluate: " + e.getMessage());
            System.exit(2);
        }
    }

    /** Evaluates one model version. */
    static BenchReport evaluate(Path model, Path data, String list) throws Exception {
        ModelVersionFolder version = ModelVersionFolder.read(model);
        List<DeepPcb.Pair> pairs = pairs(data, list);
        if (pairs.isEmpty()) {
            throw new IllegalArgumentException(data + " holds no pair of images");
        }
        DetectionScore found = DetectionScore.NONE;
        DetectionScore trivial = DetectionScore.NONE;
        double[] millis = new double[pairs.size()];
        double[] decodeMillis = new double[pairs.size()];
        GrayImage image = new GrayImage();
        GrayImage template = new GrayImage();
        XorBaseline baseline = new XorBaseline();
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
                InferenceSession session =
                        engine.open(version.graph(), SessionOptions.SHARED_GATEWAY);
                TemplateInspector inspector = new TemplateInspector();
                GrayDecoder decoder = new GrayDecoder()) {
            for (int i = 0; i < pairs.size(); i++) {
                DeepPcb.Pair pair = pairs.get(i);
                ByteBuffer test = ByteBuffer.wrap(Files.readAllBytes(pair.test()));
                ByteBuffer reference = ByteBuffer.wrap(Files.readAllBytes(pair.template()));
                long start = System.nanoTime();
                decoder.decode(test, image);
                decoder.decode(reference, template);
                decodeMillis[i] = (System.nanoTime() - start) / 1e6;
                inspector.prepare(version.card(), session, image.width(), image.height());
                for (int warm = i == 0 ? WARM_UP : 0; warm >= 0; warm--) {
                    start = System.nanoTime();
                    List<Finding> findings = inspect(inspector, image, template);
                    millis[i] = (System.nanoTime() - start) / 1e6;
                    if (warm == 0) {
                        found = found.plus(score(boxes(findings), pair));
                    }
                }
                trivial = trivial.plus(score(baseline.boxes(image, template), pair));
            }
        }
        return report(version, data, list, pairs.size(), found, trivial)
                .figure("one board, p50", percentile(millis, 0.5), "ms")
                .figure("one board, p99", percentile(millis, 0.99), "ms")
                .figure("decoding of both images, p50", percentile(decodeMillis, 0.5), "ms");
    }

    private static BenchReport report(
            ModelVersionFolder version,
            Path data,
            String list,
            int pairs,
            DetectionScore found,
            DetectionScore trivial) {
        return new BenchReport("evaluate", data + " (" + list + "), " + pairs + " pairs", 0)
                .figure("images", pairs, "")
                .figure("defects", found.defects(), "")
                .figure("detections", found.detections(), "")
                .figure("true positives", found.truePositives(), "")
                .figure("precision", found.precision(), "")
                .figure("recall", found.recall(), "")
                .figure("F", found.f(), "", Bound.atLeast(REQUIRED_F), Bound.atLeast(AIMED_F))
                .figure("XOR baseline precision", trivial.precision(), "")
                .figure("XOR baseline recall", trivial.recall(), "")
                .figure("XOR baseline F", trivial.f(), "")
                .note(
                        "model "
                                + version.card().name()
                                + " "
                                + version.card().version()
                                + ", "
                                + version.digest())
                .note("rule: IoU above 0.33 with an unused defect, classes not told apart")
                .note(
                        "baseline: XOR with the template, 3x3 opening, blobs within 10 pixels joined, boxes grown by 8 pixels")
                .note(
                        "one board: filling the tensors, inference on one thread, findings; nothing is random, so the seed is 0");
    }

    private static List<Finding> inspect(
            TemplateInspector inspector, GrayImage image, GrayImage template)
            throws InferenceException {
        inspector.fill(image, template);
        inspector.run();
        return inspector.findings(inspector.threshold());
    }

    private static List<Box> boxes(List<Finding> findings) {
        return findings.stream().map(f -> new Box(f.x(), f.y(), f.width(), f.height())).toList();
    }

    private static DetectionScore score(List<Box> detected, DeepPcb.Pair pair) throws IOException {
        List<Box> defects = pair.defects().stream().map(DeepPcb.Defect::box).toList();
        return DetectionScore.of(detected, defects, DetectionScore.DEEP_PCB_IOU);
    }

    private static List<DeepPcb.Pair> pairs(Path data, String list) throws IOException {
        for (Path root : List.of(data, data.resolve("PCBData"))) {
            if (Files.isRegularFile(root.resolve(list))) {
                return DeepPcb.list(root, list);
            }
        }
        if (!Files.isDirectory(data)) {
            throw new IllegalArgumentException("--data " + data + " is not a folder");
        }
        return DeepPcb.folder(data);
    }

    private static Path model(String name) {
        Path folder = Path.of(name);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        String root = System.getenv("KARU_ROOT");
        Path built =
                Path.of(root == null ? "." : root)
                        .resolve("cloud-aggregator/golden-template/target/models")
                        .resolve(name.equals(GoldenTemplateModels.NAME) ? name + "-2" : name);
        if (!Files.isDirectory(built)) {
            throw new IllegalArgumentException(
                    "no model version at " + folder + ", and none named " + name + " is built");
        }
        return built;
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

    static double percentile(double[] values, double share) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    }
}
