package io.karu.training.classification;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.api.model.Preprocessing;
import io.karu.bench.evaluation.ClassificationEvaluation;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.Crop;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.djl.History;
import io.karu.learning.metric.Bootstrap;
import io.karu.learning.metric.Interval;
import io.karu.learning.report.Report;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Graph;
import io.karu.training.Curves;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import io.karu.training.classification.ClassificationTraining.Settings;
import io.karu.training.classification.Learner.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code ./karu train classify}. */
public final class Classify implements Recipe {
    private static final int GOLDEN = 3;
    private static final int PADDING = 128;

    private final Map<String, float[][]> seen = new HashMap<>();

    @Override
    public String task() {
        return "classify";
    }

    @Override
    public String description() {
        return "tells classes of images apart, or of marked pieces of images";
    }

    @Override
    public Map<String, Option> options() {
        Map<String, Option> options = new LinkedHashMap<>();
        options.put("labels", new Option("", "classes to tell apart, with commas; empty: all"));
        options.put("accept", new Option("", "classes of good parts, with commas"));
        options.put("fold", new Option("", "fold to hold out, where the data have a column fold"));
        options.put("color", new Option("gray", "gray or rgb"));
        options.put(
                "backbone", new Option("", "folder of a TensorFlow.js network to put a head on"));
        options.put("template", new Option("no", "yes: compare each piece with its template's"));
        options.put("fit", new Option("stretch", "stretch or pad, for images of another shape"));
        options.put("window", new Option("96", "pixels around a marked piece"));
        options.put("side", new Option("64", "pixels of the network's input"));
        options.put(
                "stride",
                new Option("1", "2: the first convolution halves the image, for a large side"));
        options.put("width", new Option("12", "channels after the first convolution"));
        options.put(
                "views",
                new Option("1", "8: mean over the mirrored and turned views, 8 times the work"));
        options.put(
                "members",
                new Option(
                        "1",
                        "trainings, each of its own seed, averaged in one graph: as many times"
                                + " the work, but for what they have in common"));
        options.put("epochs", new Option("20", "passes over the data"));
        options.put("batch", new Option("64", "pieces in one step"));
        options.put("rate", new Option("0.004", "highest learning rate"));
        options.put("shift", new Option("6", "largest move of the view, percent of its side"));
        options.put("zoom", new Option("12", "largest zoom of the view, percent"));
        return options;
    }

    @Override
    public Trained train(TrainingOrder order, Progress progress) throws Exception {
        long start = System.nanoTime();
        DataSet data = Split.only(DataSets.read(order.data()), words(order.text("labels")));
        Split split = Split.of(data, order.text("fold"), order.seed());
        Settings settings = settings(order);
        Learner training = learner(order, settings, data.labels(), split.training());
        Result result = training.run(order.seed(), order.state().resolve("training"), progress);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            ModelCard card = card(order, settings, data.labels());
            byte[] graph = views(order, result.graph()).toProto().toByteArray();
            ClassificationEvaluation evaluation = evaluate(engine, card, graph, split.test());
            TrainedModel model = new TrainedModel(card, graph).provenance(provenance(order, split));
            for (int i = 0; i < GOLDEN; i++) {
                model.golden(training.inputs(i * training.pieces() / GOLDEN));
            }
            List<Metric> metrics = metrics(evaluation, split);
            metrics.forEach(model::metric);
            ModelVersionFolder version = model.write(engine, order.out());
            Report report =
                    new Report(Report.Kind.TRAINING, version)
                            .seconds(Math.round((System.nanoTime() - start) / 1e8) / 10.0)
                            .data(
                                    List.of(
                                            split.training().use(split.name(), "training"),
                                            split.test().use(split.name(), "test")))
                            .metrics(metrics)
                            .confusion(evaluation.confusion())
                            .samples(evaluation.worst());
            for (History history : result.histories()) {
                Curves.of(history).forEach(report::curve);
            }
            return new Trained(version, report);
        }
    }

    private static Graph views(TrainingOrder order, Graph graph) {
        return switch (order.text("views")) {
            case "1" -> graph;
            case "8" -> Symmetries.averaged(graph);
            default ->
                    throw new IllegalArgumentException(
                            "--views is \"" + order.text("views") + "\": 1 or 8");
        };
    }

    private Learner learner(
            TrainingOrder order, Settings settings, List<String> labels, DataSet data)
            throws IOException {
        List<Crop> crops = ClassificationTraining.crops(settings, labels, data);
        String backbone = order.text("backbone");
        Learner learner =
                backbone.isEmpty()
                        ? new ClassificationTraining(settings, labels, crops)
                        : new TransferLearner(Path.of(backbone), settings, labels, crops, seen);
        return new Members(Collections.nCopies(order.integer("members", 1), learner));
    }

    static Settings settings(TrainingOrder order) {
        Preprocessing.Color color = choice(order, "color", Preprocessing.Color.class);
        Preprocessing.Fit fit = choice(order, "fit", Preprocessing.Fit.class);
        return new Settings(
                new Preprocessing(color, Preprocessing.Scaling.AREA, fit, PADDING),
                order.integer("window", 8),
                order.integer("side", 16),
                order.integer("stride", 1),
                order.integer("width", 4),
                order.integer("epochs", 1),
                order.integer("batch", 2),
                order.number("rate"),
                order.integer("shift", 0),
                order.integer("zoom", 0),
                templates(order.text("template")));
    }

    private static <E extends Enum<E>> E choice(
            TrainingOrder order, String option, Class<E> choices) {
        String word = order.text(option);
        try {
            return Enum.valueOf(choices, word.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--"
                            + option
                            + " is \""
                            + word
                            + "\": one of "
                            + Arrays.toString(choices.getEnumConstants()).toLowerCase(Locale.ROOT));
        }
    }

    private static Crops.Templates templates(String word) {
        return switch (word) {
            case "yes" -> Crops.Templates.NEEDED;
            case "no" -> Crops.Templates.LEFT_OUT;
            default ->
                    throw new IllegalArgumentException("--template is \"" + word + "\": yes or no");
        };
    }

    static List<String> words(String list) {
        return Arrays.stream(list.split(",")).map(String::trim).filter(w -> !w.isEmpty()).toList();
    }

    private static ClassificationEvaluation evaluate(
            OnnxEngine engine, ModelCard card, byte[] graph, DataSet test) throws Exception {
        Path file = Files.createTempFile("karu-classify", ".onnx");
        try {
            Files.write(file, graph);
            try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY)) {
                return ClassificationEvaluation.of(card, session, test);
            }
        } finally {
            Files.delete(file);
        }
    }

    private static ModelCard card(TrainingOrder order, Settings settings, List<String> labels) {
        Map<String, Double> parameters = new LinkedHashMap<>();
        parameters.put("threshold", 0.5);
        parameters.put(Crops.WINDOW, (double) settings.window());
        for (String label : words(order.text("accept"))) {
            if (!labels.contains(label)) {
                throw new IllegalArgumentException(
                        "--accept " + label + ": the classes are " + labels);
            }
            parameters.put("accept." + label, 1.0);
        }
        long channels = settings.how().color().channels();
        long side = settings.side();
        List<Long> shape = List.of(-1L, channels, side, side);
        List<TensorInfo> inputs = new ArrayList<>();
        inputs.add(new TensorInfo(ClassificationNet.IMAGE, ElementType.UINT8, shape));
        if (settings.templates() == Crops.Templates.NEEDED) {
            inputs.add(new TensorInfo(ClassificationNet.TEMPLATE, ElementType.UINT8, shape));
        }
        return new ModelCard(
                order.name(),
                order.version(),
                ModelCard.Task.CLASSIFICATION,
                labels,
                inputs,
                List.of(
                        new TensorInfo(
                                ClassificationNet.PROBABILITY,
                                ElementType.FLOAT,
                                List.of(-1L, (long) labels.size()))),
                settings.how(),
                parameters,
                "Tells " + String.join(", ", labels) + " apart");
    }

    private static Provenance provenance(TrainingOrder order, Split split) throws Exception {
        Provenance.Builder builder =
                Provenance.here(order.seed())
                        .data(split.training().use(split.name(), "training"))
                        .version("djl", "0.35.1")
                        .version("pytorch", "2.7.1")
                        .step(
                                order.text("backbone").isEmpty()
                                        ? "train from seeded weights"
                                        : "train a head on a frozen backbone",
                                Map.of("recipe", "classify"));
        order.options().forEach(builder::configuration);
        return builder.build();
    }

    static List<Metric> metrics(ClassificationEvaluation evaluation, Split split) {
        if (evaluation.confusion().total() == 0) {
            return List.of();
        }
        Interval recall = evaluation.confusion().macroRecall(Bootstrap.withSeed(1));
        String data = split.test().name();
        String part = split.name() + ", test";
        long samples = evaluation.confusion().total();
        return List.of(
                Metric.of("macro recall", recall.value(), data, part)
                        .within(recall.low(), recall.high())
                        .over(samples),
                Metric.of("accuracy", evaluation.confusion().accuracy(), data, part).over(samples));
    }
}
