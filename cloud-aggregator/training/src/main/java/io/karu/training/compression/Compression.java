package io.karu.training.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.compression.Budget;
import io.karu.compression.CompressionGrid;
import io.karu.compression.CompressionReport;
import io.karu.compression.LabelledPixels;
import io.karu.compression.PixelSamples;
import io.karu.compression.Processor;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Variant;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Graph;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Runs a {@link CompressionOrder}: grid, guard, chosen version, report. */
public final class Compression {
    private static final int GOLDEN = 3;
    private static final int TRAINING_IMAGES = 1000;

    private final InferenceEngine engine;
    private final CompressionOrder order;
    private final Consumer<String> progress;

    /**
     * What came out.
     *
     * @param report written beside the first model
     * @param page its HTML file
     * @param chosen the version that was kept; absent when the guard refused every variant
     */
    public record Result(
            CompressionReport report,
            List<Variant> variants,
            Path page,
            Optional<ModelVersionFolder> chosen) {}

    public Compression(InferenceEngine engine, CompressionOrder order, Consumer<String> progress) {
        this.engine = engine;
        this.order = order;
        this.progress = progress;
    }

    private record Data(
            PixelSamples calibration,
            PixelSamples training,
            DataUse calibrationUse,
            LabelledPixels evaluation,
            DataUse use) {}

    /** Compresses. */
    public Result run() throws Exception {
        long start = System.nanoTime();
        List<Variant> all = new ArrayList<>();
        ModelVersionFolder first = ModelVersionFolder.read(order.subjects().get(0).model());
        List<Budget> budgets = budgets(first.card());
        CompressionReport report = new CompressionReport(first, budgets);
        Optional<ModelVersionFolder> chosen = Optional.empty();
        for (CompressionOrder.SubjectOrder subject : order.subjects()) {
            ModelVersionFolder model = ModelVersionFolder.read(subject.model());
            Data data = data(model.card(), subject);
            Graph graph = Graph.read(model.graph());
            CompressionGrid grid =
                    CompressionGrid.of(
                                    engine,
                                    new CompressionGrid.Subject(
                                            subject.scope(),
                                            data.use().name(),
                                            graph,
                                            data.calibration(),
                                            data.evaluation().images(),
                                            data.evaluation().in(engine)))
                            .budgets(budgets)
                            .seed(order.seed())
                            .rounds(order.rounds())
                            .progress(progress)
                            .build();
            Recovery recovery =
                    new Recovery(
                            engine,
                            data.calibration(),
                            data.training(),
                            QuantizationScheme.of(Processor.here()),
                            order.seed(),
                            progress);
            if (order.epochs() > 0) {
                grid.add("qat", folded -> recovery.quantizationAware(folded, order.epochs()));
            }
            if (order.prune() > 0) {
                String name = "pruned-" + Math.round(order.prune() * 100);
                grid.add(
                        name,
                        folded ->
                                recovery.pruned(
                                        folded, order.prune(), Math.max(1, order.epochs())));
            }
            List<Variant> variants = grid.run();
            report.data(data.use());
            if (all.isEmpty()) {
                report.calibration(data.calibrationUse());
                chosen = keep(model, data, variants, report);
            }
            all.addAll(variants);
            report.variants(variants);
            report.note(
                    subject.evaluation().isPresent() || data.use().part().equals("test")
                            ? subject.scope()
                                    + ": labelled images of "
                                    + data.use().name()
                                    + " decide"
                            : subject.scope()
                                    + ": nothing labelled was given; good images against the same with"
                                    + " drawn defects decide, which says how much of what the parent"
                                    + " sees is kept, not how good it is");
        }
        report.note("processor: " + Processor.here().abilities());
        report.run(
                "./karu compress " + commandLine(),
                order.seed(),
                Math.round((System.nanoTime() - start) / 1e8) / 10.0);
        return new Result(report, List.copyOf(all), report.write(first.root()), chosen);
    }

    /** A budget without a metric is for the task's own. */
    private List<Budget> budgets(ModelCard card) {
        String own = card.task() == ModelCard.Task.ANOMALY ? "image AUROC" : "macro recall";
        if (order.budgets().isEmpty()) {
            return List.of(new Budget(own, 0.005));
        }
        return order.budgets().stream()
                .map(b -> b.metric().isEmpty() ? new Budget(own, b.loss()) : b)
                .toList();
    }

    private Data data(ModelCard card, CompressionOrder.SubjectOrder subject) throws Exception {
        ModelImages images = new ModelImages(card);
        DataSet given = DataSets.read(subject.calibration());
        boolean parts = given.samples().stream().anyMatch(s -> s.part() == Part.TEST);
        DataSet calibrates = parts ? given.filter(s -> s.part() != Part.TEST) : given;
        TensorInfo map = map(card);
        int height = map == null ? 0 : map.shape().get(map.shape().size() - 2).intValue();
        int width = map == null ? 0 : map.shape().get(map.shape().size() - 1).intValue();
        PixelSamples calibration = images.calibration(calibrates, order.images());
        PixelSamples training =
                order.epochs() > 0 || order.prune() > 0
                        ? images.calibration(calibrates, TRAINING_IMAGES)
                        : calibration;
        DataUse use = calibrates.use("", "calibration");
        if (subject.evaluation().isPresent() || parts) {
            DataSet decides =
                    subject.evaluation().isPresent()
                            ? DataSets.read(subject.evaluation().get())
                            : given.part(Part.TEST);
            boolean test = decides.samples().stream().anyMatch(s -> s.part() == Part.TEST);
            DataSet scored = test ? decides.part(Part.TEST) : decides;
            return new Data(
                    calibration,
                    training,
                    use,
                    images.labelled(scored, height, width),
                    scored.use("", "test"));
        }
        PixelSamples more = images.calibration(calibrates, 2 * order.images());
        List<Map<String, byte[]>> unseen = new ArrayList<>();
        for (int i = 1; i < more.size(); i += 2) {
            unseen.add(more.images().get(i));
        }
        List<Map<String, byte[]>> seen = new ArrayList<>();
        for (int i = 0; i < more.size(); i += 2) {
            seen.add(more.images().get(i));
        }
        PixelSamples held = new PixelSamples(more.shapes(), unseen);
        if (card.task() != ModelCard.Task.ANOMALY) {
            throw new IllegalArgumentException(
                    "name labelled images with --evaluation: "
                            + subject.calibration()
                            + " has no test part");
        }
        PixelSamples calibrated = new PixelSamples(more.shapes(), seen);
        return new Data(
                calibrated,
                calibrated,
                use,
                LabelledPixels.synthetic(card, held, height, width, order.seed() + 1),
                calibrates.use("", "held out, drawn defects"));
    }

    /** The output that is a map, null when there is none. */
    private static TensorInfo map(ModelCard card) {
        return card.task() != ModelCard.Task.ANOMALY
                ? null
                : card.outputs().stream()
                        .filter(o -> o.shape().size() >= 3)
                        .filter(o -> o.shape().get(o.shape().size() - 1) > 1)
                        .findFirst()
                        .orElse(null);
    }

    private Optional<ModelVersionFolder> keep(
            ModelVersionFolder parent, Data data, List<Variant> variants, CompressionReport report)
            throws Exception {
        Optional<Variant> best =
                variants.stream().filter(v -> v.outcome() == Variant.Fate.CHOSEN).findFirst();
        if (best.isEmpty()) {
            return Optional.empty();
        }
        Variant variant = best.get();
        ModelCard old = parent.card();
        ModelCard card =
                new ModelCard(
                        old.name(),
                        old.version() + "-" + variant.precision(),
                        old.task(),
                        old.labels(),
                        old.inputs(),
                        old.outputs(),
                        old.preprocessing(),
                        old.parameters(),
                        old.description());
        Provenance.Builder provenance =
                Provenance.here(order.seed())
                        .data(data.calibrationUse())
                        .parent(parent.digest())
                        .configuration("budget", report.budgetText())
                        .configuration("variant", variant.name());
        variant.steps().forEach(step -> provenance.step(step, Map.of()));
        TrainedModel model =
                new TrainedModel(card, variant.graph().toProto().toByteArray())
                        .provenance(provenance.build())
                        .tolerance(0.02);
        variant.metrics()
                .forEach(
                        (name, value) ->
                                model.metric(
                                        Metric.of(name, value.value(), data.use().name(), "test")
                                                .within(value.low(), value.high())
                                                .over(data.use().items())));
        PixelSamples golden = data.calibration().atMost(GOLDEN);
        for (Map<String, byte[]> image : golden.images()) {
            model.golden(image.values().iterator().next());
        }
        ModelVersionFolder version = model.write(engine, order.out());
        report.kept(variant, version.digest());
        return Optional.of(version);
    }

    private String commandLine() {
        StringBuilder line = new StringBuilder();
        for (CompressionOrder.SubjectOrder subject : order.subjects()) {
            line.append(subject.model())
                    .append(" --scope ")
                    .append(subject.scope())
                    .append(" --calibration ")
                    .append(subject.calibration());
            subject.evaluation().ifPresent(e -> line.append(" --evaluation ").append(e));
            line.append(' ');
        }
        line.append("--images ").append(order.images()).append(" --seed ").append(order.seed());
        if (order.epochs() > 0) {
            line.append(" --qat ").append(order.epochs());
        }
        if (order.prune() > 0) {
            line.append(" --prune ").append(order.prune());
        }
        return line.toString();
    }
}
