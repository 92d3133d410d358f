package io.karu.training.detection;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.bench.evaluation.DetectionEvaluation;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.learning.report.Report;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import io.karu.training.Curves;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import io.karu.training.detection.DetectorTraining.Result;
import io.karu.training.detection.DetectorTraining.Settings;
import io.karu.vision.pair.BoxCode;
import io.karu.vision.pair.PairCrops;
import io.karu.vision.pair.PairSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * {@code ./karu train detect}: a detector of defects from pairs of image and template. First it
 * trains without some designs, measures itself on them and chooses its threshold there; then it
 * goes on with all designs.
 */
public final class Detect implements Recipe {
    static final int GOLDEN = 2;
    private static final int GOLDEN_CROPS = 4;
    private static final double SECOND_RATE = 0.5;

    /** F that the threshold may lie below the best one. */
    private static final double STEADY = 0.005;

    @Override
    public String task() {
        return "detect";
    }

    @Override
    public String description() {
        return "finds defects where an image differs from its template";
    }

    @Override
    public Map<String, Option> options() {
        Map<String, Option> options = new LinkedHashMap<>();
        options.put("epochs", new Option("5", "passes over the designs that are not held out"));
        options.put("all-epochs", new Option("5", "passes over all designs after that"));
        options.put(
                "held-out",
                new Option("", "designs to validate on; empty: a quarter of the pairs"));
        options.put("batch", new Option("64", "cut-outs in one step"));
        options.put("rate", new Option("0.002", "highest learning rate"));
        options.put("side", new Option("48", "pixels of a cut-out's sides, a multiple of 8"));
        return options;
    }

    @Override
    public Trained train(TrainingOrder order, Progress progress) throws Exception {
        long start = System.nanoTime();
        DataSet data = DataSets.read(order.data());
        HeldOut split = HeldOut.of(data, order.text("held-out"));
        Settings settings = settings(order);
        DetectorTraining training = new DetectorTraining(settings, data.labels().size());
        Path state = order.state();
        List<PairSample> samples = PairSamples.read(split.training());
        Result first =
                training.run(
                        "training without the designs held out",
                        training.untrained(order.seed()),
                        zoomed(samples, order.seed()),
                        order.integer("epochs", 1),
                        order.seed(),
                        state.resolve("first"),
                        progress);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            ModelCard draft = card(order, settings, data.labels(), 0.5);
            DetectionEvaluation held = evaluate(engine, draft, first.graph(), split.validation());
            double threshold =
                    rounded(held.precision(DetectionEvaluation.DEEP_PCB).steadyThreshold(STEADY));
            ModelCard card = card(order, settings, data.labels(), threshold);
            List<Metric> metrics =
                    new ArrayList<>(
                            evaluate(engine, card, first.graph(), split.validation())
                                    .metrics(split.name()));
            samples.addAll(PairSamples.read(split.validation()));
            Result second =
                    new DetectorTraining(
                                    settings.at(settings.rate() * SECOND_RATE),
                                    data.labels().size())
                            .run(
                                    "training with all designs",
                                    first.graph(),
                                    zoomed(samples, order.seed() + 1),
                                    order.integer("all-epochs", 1),
                                    order.seed() + 1,
                                    state.resolve("second"),
                                    progress);
            Graph graph = second.graph();
            Folding.batchNormalization(graph);
            DataSet test = data.filter(each -> each.template().isPresent()).part(Part.TEST);
            if (!test.samples().isEmpty()) {
                metrics.addAll(evaluate(engine, card, graph, test).metrics("test"));
            }
            List<DataUse> used = List.of(HeldOut.trained(data).use(split.name(), "training"));
            TrainedModel model =
                    new TrainedModel(card, graph.toProto().toByteArray())
                            .provenance(provenance(order, task(), used));
            golden(model, settings, samples);
            metrics.forEach(model::metric);
            ModelVersionFolder version = model.write(engine, order.out());
            Report report =
                    new Report(Report.Kind.TRAINING, version)
                            .seconds(Math.round((System.nanoTime() - start) / 1e8) / 10.0)
                            .data(used)
                            .metrics(metrics)
                            .note("the threshold was chosen with " + split.name());
            Curves.of(first.history()).forEach(report::curve);
            Curves.of(second.history()).forEach(report::curve);
            return new Trained(version, report);
        }
    }

    /** The samples, and each once more at another size. */
    private static List<PairSample> zoomed(List<PairSample> samples, long seed) {
        List<PairSample> all = new ArrayList<>(samples);
        all.addAll(Zoom.of(samples, new SplittableRandom(seed)));
        return all;
    }

    private static Settings settings(TrainingOrder order) {
        return new Settings(
                PairSettings.DEFAULT,
                order.integer("side", 16),
                order.integer("batch", 2),
                order.number("rate"));
    }

    /** Runs a graph that is not a version yet over data. */
    static DetectionEvaluation evaluate(
            OnnxEngine engine, ModelCard card, Graph graph, DataSet data) throws Exception {
        Path file = Files.createTempFile("karu-detect", ".onnx");
        try {
            graph.write(file);
            try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                return DetectionEvaluation.of(card, session, data);
            }
        } finally {
            Files.delete(file);
        }
    }

    /** Golden inputs: cut-outs of the first samples with candidates. */
    static void golden(TrainedModel model, Settings settings, List<PairSample> samples) {
        CropBatches batches = new CropBatches(settings.pairs(), settings.side(), samples);
        for (int i = 0; i < GOLDEN; i++) {
            model.golden(
                    Map.of(
                            DetectorNetwork.INPUT,
                            new TrainedModel.Input(
                                    batches.shape(GOLDEN_CROPS), batches.next(GOLDEN_CROPS))));
        }
    }

    /** The card of a detector. */
    static ModelCard card(
            TrainingOrder order, Settings settings, List<String> labels, double threshold) {
        Map<String, Double> parameters = new LinkedHashMap<>(settings.pairs().parameters());
        parameters.put("threshold", threshold);
        parameters.put("temperature", 1.0);
        parameters.put("overlap", 0.3);
        parameters.put("least", 0.01);
        long side = settings.side();
        return new ModelCard(
                order.name(),
                order.version(),
                ModelCard.Task.DETECTION,
                labels,
                List.of(
                        new TensorInfo(
                                DetectorNetwork.INPUT,
                                ElementType.UINT8,
                                List.of(-1L, (long) PairCrops.CHANNELS, side, side))),
                List.of(
                        new TensorInfo(
                                DetectorNetwork.LOGITS,
                                ElementType.FLOAT,
                                List.of(-1L, labels.size() + 1L)),
                        new TensorInfo(
                                DetectorNetwork.BOX,
                                ElementType.FLOAT,
                                List.of(-1L, (long) BoxCode.LENGTH))),
                parameters,
                "Finds " + String.join(", ", labels) + " where a board differs from its template");
    }

    static Provenance provenance(TrainingOrder order, String recipe, List<DataUse> used) {
        Provenance.Builder builder =
                Provenance.here(order.seed())
                        .version("djl", "0.35.1")
                        .version("pytorch", "2.7.1")
                        .step("train from seeded weights", Map.of("recipe", recipe))
                        .step("fold batch normalisation", Map.of());
        used.forEach(builder::data);
        order.options().forEach(builder::configuration);
        return builder.build();
    }

    private static double rounded(double threshold) {
        return Math.round(threshold * 100) / 100.0;
    }
}
