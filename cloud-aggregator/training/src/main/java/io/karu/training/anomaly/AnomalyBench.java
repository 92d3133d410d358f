package io.karu.training.anomaly;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelCard;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.evaluation.TrivialFeatures;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.anomaly.BackboneFeatures;
import io.karu.learning.anomaly.Extractor;
import io.karu.learning.anomaly.FilterBank;
import io.karu.learning.anomaly.MemoryBank.Budget;
import io.karu.learning.anomaly.PatchMemory;
import io.karu.learning.anomaly.PatchMemory.Settings;
import io.karu.learning.metric.Interval;
import io.karu.learning.metric.Localisation;
import io.karu.onnx.OnnxFile;
import io.karu.training.Progress;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code ./karu bench anomaly}: magnetic tiles by both splits without weights and with the given
 * backbone, the memory as codes, and one model for three products against one model each.
 */
public final class AnomalyBench implements Measurement {
    private static final String BACKBONE = "backbones/mobilenet_v1_1.0_224_tfjs";
    private static final int BOARDS = 300;
    private static final int CODE = 12;
    private static final long CODE_BYTES = 16_000L * (CODE + Float.BYTES) + 256 * 48 * 4;
    private static final String PARTS = "differnet,tiles,backbone,codes,student,unified";
    private static final int STUDENT_WIDTH = 32;
    private static final int STUDENT_STEPS = 400;
    private static final double FALSE_REJECTS = 0.05;
    private static final double CONFIDENCE = 0.9;
    private static final String MEAN_LOSS = "unified: mean loss";
    private static final String WORST_LOSS = "unified: loss of the worst product";

    @Override
    public String name() {
        return "anomaly";
    }

    @Override
    public String description() {
        return "finds defects of magnetic tiles and boards from good parts only, against published splits";
    }

    private record Options(Path data, List<Long> seeds, Set<String> parts) {
        static Options parse(List<String> words) {
            Map<String, String> given = new HashMap<>();
            for (int i = 0; i < words.size(); i += 2) {
                if (!List.of("--data", "--seeds", "--parts").contains(words.get(i))
                        || i + 1 == words.size()) {
                    throw new IllegalArgumentException(
                            words.get(i)
                                    + ": expected --data DIR, --seeds N,N,… or --parts"
                                    + " "
                                    + PARTS);
                }
                given.put(words.get(i), words.get(i + 1));
            }
            String root = System.getenv().getOrDefault("KARU_ROOT", ".");
            Path data =
                    given.containsKey("--data")
                            ? Path.of(given.get("--data"))
                            : Path.of(root).resolve("../shared/data");
            if (!MagneticTiles.recognises(data.resolve("magnetic-tile"))) {
                throw new IllegalArgumentException(
                        "--data " + data + " holds no magnetic-tile/tiles.csv");
            }
            List<Long> seeds =
                    Arrays.stream(given.getOrDefault("--seeds", "1,2,3").split(","))
                            .map(Long::parseLong)
                            .toList();
            return new Options(
                    data,
                    seeds,
                    new TreeSet<>(List.of(given.getOrDefault("--parts", PARTS).split(","))));
        }
    }

    @Override
    public BenchReport measure(List<String> words) throws Exception {
        Options options = Options.parse(words);
        BenchReport report =
                new BenchReport(
                        "anomaly",
                        "magnetic tiles, DeepPCB patches and generated boards; seeds "
                                + options.seeds(),
                        options.seeds().get(0));
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            Run run = new Run(engine, options, report);
            Extractor none = new FilterBank();
            if (options.parts().contains("differnet")) {
                run.tiles(
                        "no weights, DifferNet", none, MagneticTiles.Split.DIFFERNET, 0.80, 0.979);
            }
            if (options.parts().contains("tiles")) {
                run.tiles("no weights, tiles apart", none, MagneticTiles.Split.TILES, 0, 0);
            }
            if (options.parts().contains("backbone")) {
                Extractor backbone = BackboneFeatures.read(options.data().resolve(BACKBONE));
                run.tiles(
                        "backbone, DifferNet",
                        backbone,
                        MagneticTiles.Split.DIFFERNET,
                        0.90,
                        0.979);
                if (options.parts().contains("tiles")) {
                    run.tiles("backbone, tiles apart", backbone, MagneticTiles.Split.TILES, 0, 0);
                }
            }
            if (options.parts().contains("codes")) {
                run.codes();
            }
            if (options.parts().contains("student")) {
                run.student();
            }
            if (options.parts().contains("unified")) {
                run.unified();
            }
        }
        return report;
    }

    private record Run(OnnxEngine engine, Options options, BenchReport report) {
        void tiles(
                String name,
                Extractor extractor,
                MagneticTiles.Split split,
                double required,
                double aim)
                throws Exception {
            List<Scoring> scorings = new ArrayList<>();
            long start = System.nanoTime();
            for (long seed : options.seeds()) {
                AnomalyParts parts = tiles(split, seed);
                AnomalyModel model = learn(List.of(parts), Settings.usual(extractor, seed));
                Scoring scoring = score(model, parts);
                scorings.add(scoring);
                double threshold = model.card("tiles", "1").parameter("threshold.tiles");
                String line =
                        String.format(
                                Locale.ROOT,
                                "%s, seed %d: image %s (by the whole part %.4f), pixel %.4f, PRO"
                                        + " %.4f; at the threshold rejects %.3f of good, %.3f of"
                                        + " defective; %s",
                                name,
                                seed,
                                scoring.auroc(seed),
                                scoring.aurocOfWhole(),
                                scoring.localisation().auroc(),
                                scoring.localisation().pro(Localisation.USUAL_LIMIT),
                                scoring.falseRejects(threshold),
                                scoring.detected(threshold),
                                rounded(scoring.byKind()));
                report.note(line);
                System.err.println(line);
                if (seed == options.seeds().get(0)) {
                    size(name, model.memory().orElseThrow(), parts);
                    if (extractor instanceof FilterBank) {
                        trivial(name, parts);
                    }
                }
            }
            double image = mean(scorings, s -> s.auroc(1).value());
            if (required > 0) {
                report.figure(
                        name + ": image AUROC",
                        image,
                        "",
                        Bound.atLeast(required),
                        Bound.atLeast(aim));
            } else {
                report.figure(name + ": image AUROC", image, "");
            }
            report.figure(
                    name + ": image AUROC by the whole part (--whole 1)",
                    mean(scorings, Scoring::aurocOfWhole),
                    "");
            report.figure(
                    name + ": pixel AUROC", mean(scorings, s -> s.localisation().auroc()), "");
            report.figure(
                    name + ": PRO to 0.3",
                    mean(scorings, s -> s.localisation().pro(Localisation.USUAL_LIMIT)),
                    "");
            report.figure(
                    name + ": time a seed",
                    (System.nanoTime() - start) / 6e10 / options.seeds().size(),
                    "min");
        }

        void codes() throws Exception {
            long seed = options.seeds().get(0);
            AnomalyParts parts = tiles(MagneticTiles.Split.DIFFERNET, seed);
            Settings settings = Settings.usual(new FilterBank(), seed);
            AnomalyModel coded =
                    learn(List.of(parts), settings.with(Budget.codes(CODE_BYTES, CODE, seed)));
            report.figure("memory as codes: image AUROC", score(coded, parts).auroc(1).value(), "");
            report.figure(
                    "memory as codes: bytes", coded.memory().orElseThrow().bytes() / 1e6, "MB");
        }

        void student() throws Exception {
            long seed = options.seeds().get(0);
            Path state = Files.createTempDirectory("karu-student");
            for (MagneticTiles.Split split : MagneticTiles.Split.values()) {
                AnomalyParts parts = tiles(split, seed);
                AnomalyModel pair =
                        AnomalyModel.distill(
                                engine,
                                List.of(parts),
                                new FilterBank(),
                                STUDENT_WIDTH,
                                new StudentTraining.Settings(STUDENT_STEPS, 8, 128, 0.002),
                                FALSE_REJECTS,
                                CONFIDENCE,
                                seed,
                                state.resolve(split.name()),
                                Progress.SILENT);
                Scoring scoring = score(pair, parts);
                String name = "student, " + split.name().toLowerCase(Locale.ROOT);
                String line =
                        String.format(
                                Locale.ROOT,
                                "%s, %d steps: image %s, pixel %.4f, PRO %.4f; %s",
                                name,
                                STUDENT_STEPS,
                                scoring.auroc(seed),
                                scoring.localisation().auroc(),
                                scoring.localisation().pro(Localisation.USUAL_LIMIT),
                                rounded(scoring.byKind()));
                report.note(line);
                System.err.println(line);
                report.figure(name + ": image AUROC", scoring.auroc(seed).value(), "");
                report.figure(name + ": pixel AUROC", scoring.localisation().auroc(), "");
                report.figure(
                        name + ": PRO to 0.3",
                        scoring.localisation().pro(Localisation.USUAL_LIMIT),
                        "");
            }
        }

        void unified() throws Exception {
            Map<String, List<Double>> figures = new LinkedHashMap<>();
            for (long seed : options.seeds()) {
                unified(seed, figures);
            }
            figures.forEach(
                    (name, values) -> {
                        double mean = values.stream().mapToDouble(v -> v).average().orElseThrow();
                        if (name.equals(MEAN_LOSS)) {
                            report.figure(name, mean, "points", Bound.atMost(1), Bound.atMost(0.5));
                        } else {
                            report.figure(name, mean, name.equals(WORST_LOSS) ? "points" : "");
                        }
                    });
        }

        private void unified(long seed, Map<String, List<Double>> figures) throws Exception {
            List<AnomalyParts> products =
                    List.of(
                            BoardPatches.deepPcb(
                                    BoardPatches.lists(options.data().resolve("deeppcb"))
                                            .orElseThrow(),
                                    seed),
                            BoardPatches.generated(BOARDS, seed),
                            tiles(MagneticTiles.Split.DIFFERNET, seed));
            Settings settings = Settings.usual(new FilterBank(), seed);
            AnomalyModel together =
                    learn(
                            products,
                            settings.with(
                                    Budget.floats(
                                            products.size() * settings.budget().bytes(), seed)));
            double worst = Double.NEGATIVE_INFINITY;
            double sum = 0;
            StringBuilder line = new StringBuilder("unified and separate, seed " + seed);
            for (AnomalyParts product : products) {
                String name = product.product();
                Interval one = score(together, product).auroc(seed);
                Interval own = score(learn(List.of(product), settings), product).auroc(seed);
                line.append(
                        String.format(Locale.ROOT, "; %s: %s and %.4f", name, one, own.value()));
                add(figures, "unified, " + name + ": image AUROC", one.value());
                add(figures, "separate, " + name + ": image AUROC", own.value());
                worst = Math.max(worst, own.value() - one.value());
                sum += (own.value() - one.value()) / products.size();
            }
            add(figures, MEAN_LOSS, 100 * sum);
            add(figures, WORST_LOSS, 100 * worst);
            line.append(String.format(Locale.ROOT, "; mean loss %.2f points", 100 * sum));
            report.note(line.toString());
            System.err.println(line);
        }

        private static void add(Map<String, List<Double>> figures, String name, double value) {
            figures.computeIfAbsent(name, absent -> new ArrayList<>()).add(value);
        }

        private AnomalyParts tiles(MagneticTiles.Split split, long seed) throws IOException {
            return MagneticTiles.read(options.data().resolve("magnetic-tile"), split, seed);
        }

        private AnomalyModel learn(List<AnomalyParts> products, Settings settings)
                throws IOException, InferenceException {
            return AnomalyModel.learn(
                    engine, products, settings, 0, FALSE_REJECTS, CONFIDENCE, done -> {});
        }

        private Scoring score(AnomalyModel model, AnomalyParts parts)
                throws IOException, InferenceException {
            Path file = Files.createTempFile("karu-anomaly", ".onnx");
            try {
                OnnxFile.write(model.source().toModel("anomaly"), file);
                ModelCard card = model.card("anomaly", "1");
                try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                    return Scoring.of(card, session, parts);
                }
            } finally {
                Files.delete(file);
            }
        }

        /** Parameters, and multiplications for the mean test image. */
        private void size(String name, PatchMemory memory, AnomalyParts parts) throws IOException {
            double macs = 0;
            int images = 0;
            for (int i = 0; i < parts.test().size(); i += 10, images++) {
                GrayImage image = parts.test().get(i).image().read();
                macs += memory.macs(image.width(), image.height());
            }
            boolean bare = memory.settings().extractor() instanceof FilterBank;
            double millions = memory.parameters() / 1e6;
            double giga = macs / images / 1e9;
            if (bare) {
                report.aim(name + ": parameters", millions, "M", Bound.atMost(2));
                report.aim(name + ": mean cost", giga, "GMAC", Bound.atMost(0.5));
            } else {
                report.figure(name + ": parameters", millions, "M");
                report.figure(name + ": mean cost", giga, "GMAC");
            }
        }

        /** What brightness, contrast and sharpness alone tell. */
        private void trivial(String name, AnomalyParts parts) throws IOException {
            TrivialFeatures features = new TrivialFeatures();
            for (TestPart part : parts.test()) {
                features.add(part.image().read(), part.defective());
            }
            report.figure(name + ": best trivial feature", features.auroc(), "");
        }

        private static double mean(
                List<Scoring> scorings, java.util.function.ToDoubleFunction<Scoring> value) {
            return scorings.stream().mapToDouble(value).average().orElseThrow();
        }

        private static String rounded(Map<String, Double> values) {
            StringBuilder text = new StringBuilder();
            values.forEach(
                    (kind, value) ->
                            text.append(text.isEmpty() ? "" : ", ")
                                    .append(kind)
                                    .append(String.format(Locale.ROOT, " %.3f", value)));
            return text.toString();
        }
    }
}
