package io.karu.training.anomaly;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelCard;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.anomaly.BackboneFeatures;
import io.karu.learning.anomaly.Extractor;
import io.karu.learning.anomaly.FilterBank;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.MemoryBank.Budget;
import io.karu.learning.anomaly.PatchMemory.Settings;
import io.karu.learning.metric.Interval;
import io.karu.learning.metric.Localisation;
import io.karu.learning.report.Report;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.TrainedModel;
import io.karu.training.Curves;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code ./karu train anomaly}. */
public final class FindAnomalies implements Recipe {
    private static final int GOLDEN = 2;
    private static final int GOLDEN_SIDE = 128;

    @Override
    public String task() {
        return "anomaly";
    }

    @Override
    public String description() {
        return "remembers good parts and finds what is foreign to them; one model for several products";
    }

    @Override
    public Map<String, Option> options() {
        Map<String, Option> options = new LinkedHashMap<>();
        options.put("and", new Option("", "folders of further products, with commas"));
        options.put("boards", new Option("0", "generated boards as a further product"));
        options.put(
                "split",
                new Option("differnet", "magnetic tiles: differnet, or tiles held out whole"));
        options.put(
                "backbone",
                new Option("", "folder of MobileNetV1 in TensorFlow.js form; empty: no weights"));
        options.put("method", new Option("memory", "memory, or student with its teacher"));
        options.put("bytes", new Option("2400000", "what the memory may take, for each product"));
        options.put("codes", new Option("0", "bytes of a patch's code; 0: floats"));
        options.put(
                "whole",
                new Option(
                        "0",
                        "weight of the whole part, 0 to 1, against its worst patches; auto: chosen"
                                + " by synthetic defects"));
        options.put("steps", new Option("1000", "student: steps of the training"));
        options.put("batch", new Option("8", "student: pieces in a step"));
        options.put("side", new Option("128", "student: pixels of a piece"));
        options.put("width", new Option("32", "student: channels after the second layer"));
        options.put("rate", new Option("0.002", "student: highest learning rate"));
        options.put("false-rejects", new Option("0.05", "share of good parts rejected at most"));
        options.put("confidence", new Option("0.9", "with which that share is kept"));
        return options;
    }

    @Override
    public Trained train(TrainingOrder order, Progress progress) throws Exception {
        long start = System.nanoTime();
        List<AnomalyParts> products = products(order);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            AnomalyModel learned = learn(order, products, engine, progress);
            ModelCard card = learned.card(order.name(), order.version());
            byte[] graph = learned.source().toModel(order.name()).toByteArray();
            List<DataUse> data = new ArrayList<>();
            Provenance.Builder provenance =
                    Provenance.here(order.seed())
                            .step("remember good parts", Map.of("recipe", task()));
            order.options().forEach(provenance::configuration);
            if (order.text("method").equals("student")) {
                provenance.version("djl", "0.35.1").version("pytorch", "2.7.1");
            }
            for (AnomalyParts product : products) {
                DataUse use = Digests.use(product, order.text("split"));
                data.add(use);
                provenance.data(use);
            }
            List<Metric> metrics = new ArrayList<>();
            Samples samples = new Samples();
            Path file = Files.createTempFile("karu-anomaly", ".onnx");
            try {
                Files.write(file, graph);
                try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                    for (AnomalyParts product : products) {
                        progress.begin("scoring " + product.product(), 1, "products");
                        if (product.test().stream().map(part -> part.defective()).distinct().count()
                                == 2) {
                            Scoring scoring = Scoring.of(card, session, product);
                            metrics(metrics, scoring, product, card, order);
                            samples.add(card, session, product, scoring);
                        }
                    }
                }
            } finally {
                Files.delete(file);
            }
            TrainedModel model = new TrainedModel(card, graph).provenance(provenance.build());
            metrics.forEach(model::metric);
            golden(model, products);
            ModelVersionFolder version = model.write(engine, order.out());
            Report report =
                    new Report(Report.Kind.TRAINING, version)
                            .seconds(Math.round((System.nanoTime() - start) / 1e8) / 10.0)
                            .data(data)
                            .metrics(metrics)
                            .samples(samples.worstFirst())
                            .note(
                                    "Thresholds come from good parts alone, each scored as if it had"
                                            + " not been learned from; defects were only scored.");
            learned.history().ifPresent(history -> Curves.of(history).forEach(report::curve));
            return new Trained(version, report);
        }
    }

    private static AnomalyModel learn(
            TrainingOrder order, List<AnomalyParts> products, OnnxEngine engine, Progress progress)
            throws Exception {
        String method = order.text("method");
        if (method.equals("student")) {
            return AnomalyModel.distill(
                    engine,
                    products,
                    extractor(order),
                    order.integer("width", 8),
                    new StudentTraining.Settings(
                            order.integer("steps", 1),
                            order.integer("batch", 1),
                            order.integer("side", 64),
                            order.number("rate")),
                    order.number("false-rejects"),
                    order.number("confidence"),
                    order.seed(),
                    order.state(),
                    progress);
        }
        if (!method.equals("memory")) {
            throw new IllegalArgumentException("--method is \"" + method + "\": memory or student");
        }
        progress.begin("learning", 100, "percent");
        return AnomalyModel.learn(
                engine,
                products,
                settings(order, products.size()),
                order.text("whole").equals("auto") ? Double.NaN : order.number("whole"),
                order.number("false-rejects"),
                order.number("confidence"),
                done -> progress.at(Math.round(100 * done), ""));
    }

    /**
     * The products that a training's data hold: each with good parts, and with parts to score where
     * there are some.
     */
    public static List<AnomalyParts> products(TrainingOrder order) throws IOException {
        List<AnomalyParts> products = new ArrayList<>();
        products.addAll(read(order.data(), order));
        for (String folder : order.text("and").split(",")) {
            if (!folder.isBlank()) {
                products.addAll(read(Path.of(folder.trim()), order));
            }
        }
        int boards = order.integer("boards", 0);
        if (boards > 0) {
            products.add(BoardPatches.generated(boards, order.seed()));
        }
        return products;
    }

    private static List<AnomalyParts> read(Path folder, TrainingOrder order) throws IOException {
        if (MagneticTiles.recognises(folder)) {
            return List.of(MagneticTiles.read(folder, split(order), order.seed()));
        }
        if (BoardPatches.lists(folder).isPresent()) {
            return List.of(BoardPatches.deepPcb(BoardPatches.lists(folder).get(), order.seed()));
        }
        return GoodFolders.read(folder);
    }

    private static MagneticTiles.Split split(TrainingOrder order) {
        try {
            return MagneticTiles.Split.valueOf(order.text("split").toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--split is \"" + order.text("split") + "\": differnet or tiles");
        }
    }

    private static Extractor extractor(TrainingOrder order) throws IOException {
        return order.text("backbone").isEmpty()
                ? new FilterBank()
                : BackboneFeatures.read(Path.of(order.text("backbone")));
    }

    static Settings settings(TrainingOrder order, int products) throws IOException {
        int codes = order.integer("codes", 0);
        long bytes = (long) products * order.integer("bytes", 1);
        return Settings.usual(extractor(order), order.seed())
                .with(
                        codes == 0
                                ? Budget.floats(bytes, order.seed())
                                : Budget.codes(bytes, codes, order.seed()));
    }

    private static void metrics(
            List<Metric> metrics,
            Scoring scoring,
            AnomalyParts product,
            ModelCard card,
            TrainingOrder order) {
        String of = product.product();
        String split = of.equals(MagneticTiles.PRODUCT) ? order.text("split") : "";
        long count = scoring.scores().length;
        Interval image = scoring.auroc(order.seed());
        Localisation where = scoring.localisation();
        double threshold = card.parameter("threshold." + of);
        metrics.add(
                Metric.of("image AUROC " + of, image.value(), of, split)
                        .within(image.low(), image.high())
                        .over(count));
        if (where.defects() > 0) {
            double pro = where.pro(Localisation.USUAL_LIMIT);
            metrics.add(Metric.of("pixel AUROC " + of, where.auroc(), of, split).over(count));
            metrics.add(Metric.of("PRO " + of, pro, of, split).over(count));
        }
        metrics.add(
                Metric.of("false rejects " + of, scoring.falseRejects(threshold), of, split)
                        .over(count));
        metrics.add(
                Metric.of("detected " + of, scoring.detected(threshold), of, split).over(count));
    }

    /** The middle of good parts: small, and the same on every machine. */
    private static void golden(TrainedModel model, List<AnomalyParts> products) throws IOException {
        for (int i = 0; i < GOLDEN; i++) {
            List<GoodPart> good = products.get(i % products.size()).good();
            GrayImage image = good.get(i * (good.size() - 1)).image().read();
            int width = Math.min(GOLDEN_SIDE, image.width());
            int height = Math.min(GOLDEN_SIDE, image.height());
            GrayImage middle =
                    (GrayImage)
                            image.crop(
                                    (image.width() - width) / 2,
                                    (image.height() - height) / 2,
                                    width,
                                    height);
            model.golden(
                    Map.of(
                            "image",
                            new TrainedModel.Input(
                                    List.of(1L, 1L, (long) height, (long) width),
                                    AnomalyModel.bytes(middle))));
        }
    }
}
