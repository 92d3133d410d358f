package io.karu.training.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.compression.Budget;
import io.karu.compression.CompressionGrid;
import io.karu.compression.CompressionReport;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.Processor;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Variant;
import io.karu.modelversion.GoldenCase;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

/** Runs a {@link CompressionOrder}: grid, guard, chosen version, report. */
public final class Compression {
    private static final double TOLERANCE = 0.02;

    /** An output step of a detector's boxes is about this much. */
    private static final double BOX_TOLERANCE = 0.15;

    private final InferenceEngine engine;
    private final CompressionOrder order;
    private final CompressionGrid.Memory memory;
    private final Progress progress;

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

    /**
     * @param memory measures what each variant takes
     */
    public Compression(
            InferenceEngine engine,
            CompressionOrder order,
            CompressionGrid.Memory memory,
            Progress progress) {
        this.engine = engine;
        this.order = order;
        this.memory = memory;
        this.progress = progress;
    }

    /**
     * Compresses.
     *
     * @throws CancellationException when the progress says to end; what was there before stays
     */
    public Result run() throws Exception {
        long start = System.nanoTime();
        List<Variant> all = new ArrayList<>();
        ModelVersionFolder first = ModelVersionFolder.read(order.subjects().get(0).model());
        CompressionReport report = null;
        Material own = null;
        List<Variant> candidates = List.of();
        for (CompressionOrder.SubjectOrder subject : order.subjects()) {
            ModelVersionFolder model = ModelVersionFolder.read(subject.model());
            Graph graph = Graph.read(model.graph());
            PostTrainingQuantization.obstacle(graph)
                    .ifPresent(
                            reason -> {
                                throw new IllegalArgumentException(
                                        "model " + model.card().name() + " " + reason);
                            });
            Material material = material(model.card(), subject);
            List<Budget> budgets = budgets(material);
            List<Variant> variants = grid(subject, graph, material, budgets).run();
            if (report == null) {
                report = new CompressionReport(first, budgets);
                material.calibrates().forEach(report::calibration);
                own = material;
                candidates = variants;
            }
            material.decides().forEach(report::data);
            all.addAll(variants);
            report.variants(variants);
            report.note(material.scope() + ", " + model.card().name() + ": " + material.note());
        }
        report.note(
                all.stream().allMatch(v -> v.size().memoryBytes().isPresent())
                        ? "memory: resident memory that opening and running a variant added to a"
                                + " process of its own (VmRSS), heap apart"
                        : "memory: weights and live activations, computed; it was not measured here");
        report.note("processor: " + Processor.here().abilities());
        report.run(
                "./karu compress " + commandLine(),
                order.seed(),
                Math.round((System.nanoTime() - start) / 1e8) / 10.0);
        begin("writing", "reports");
        Optional<ModelVersionFolder> chosen = keep(first, own, candidates, report);
        return new Result(report, List.copyOf(all), report.write(first.root()), chosen);
    }

    /** Whoever asked may be gone, and may have begun anew: nothing is written for them then. */
    private void begin(String stage, String unit) {
        if (progress.isCancelled()) {
            throw new CancellationException("cancelled before " + stage);
        }
        progress.begin(stage, 1, unit);
    }

    private Material material(ModelCard card, CompressionOrder.SubjectOrder subject)
            throws IOException {
        begin("reading " + card.name() + "'s data", "models");
        if (card.task() == ModelCard.Task.DETECTION) {
            return new PairMaterial(engine, order, card).read(subject);
        }
        return PartMaterial.fits(card)
                ? new PartMaterial(engine, order, card).read(subject)
                : new ImageMaterial(engine, order, card).read(subject);
    }

    private CompressionGrid grid(
            CompressionOrder.SubjectOrder subject,
            Graph graph,
            Material material,
            List<Budget> budgets) {
        CompressionGrid grid =
                CompressionGrid.of(
                                engine,
                                new CompressionGrid.Subject(
                                        material.scope(),
                                        material.data(),
                                        graph,
                                        material.calibration(),
                                        material.damaged(),
                                        material.scored(),
                                        material.evaluation()))
                        .budgets(budgets)
                        .seed(order.seed())
                        .rounds(order.rounds())
                        .memory(memory)
                        .progress(what -> begin(what, "variants"))
                        .build();
        Recovery recovery =
                new Recovery(
                        engine,
                        material,
                        QuantizationScheme.of(Processor.here()),
                        order.seed(),
                        order.state().resolve("model-" + order.subjects().indexOf(subject)),
                        progress);
        if (order.epochs() > 0) {
            grid.add("qat", folded -> recovery.quantizationAware(folded, order.epochs()));
        }
        if (order.prune() > 0) {
            grid.add(
                    "pruned-" + Math.round(order.prune() * 100),
                    folded -> recovery.pruned(folded, order.prune(), Math.max(1, order.epochs())));
        }
        return grid;
    }

    /** A budget without a metric is for all that the task guards. */
    private List<Budget> budgets(Material material) {
        List<Budget> budgets = new ArrayList<>();
        for (Budget budget : order.budgets()) {
            if (budget.metric().isEmpty()) {
                material.budgets()
                        .forEach(own -> budgets.add(new Budget(own.metric(), budget.loss())));
            } else {
                budgets.add(budget);
            }
        }
        return budgets.isEmpty() ? material.budgets() : budgets;
    }

    private Optional<ModelVersionFolder> keep(
            ModelVersionFolder parent,
            Material material,
            List<Variant> variants,
            CompressionReport report)
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
                        .parent(parent.digest())
                        .configuration("budget", report.budgetText())
                        .configuration("variant", variant.name());
        material.calibrates().forEach(provenance::data);
        variant.steps().forEach(step -> provenance.step(step, Map.of()));
        TrainedModel model =
                new TrainedModel(card, variant.graph().toProto().toByteArray())
                        .provenance(provenance.build())
                        .tolerance(
                                old.task() == ModelCard.Task.DETECTION ? BOX_TOLERANCE : TOLERANCE);
        variant.metrics()
                .forEach(
                        (name, value) ->
                                model.metric(
                                        Metric.of(name, value.value(), material.data(), "test")
                                                .within(value.low(), value.high())
                                                .over(material.items())));
        for (GoldenCase golden : parent.golden()) {
            model.golden(inputs(parent, golden));
        }
        ModelVersionFolder version = model.write(engine, order.out());
        report.kept(variant, version.digest());
        return Optional.of(version);
    }

    /** The parent's golden inputs are the child's too. */
    private static Map<String, TrainedModel.Input> inputs(
            ModelVersionFolder parent, GoldenCase golden) throws IOException {
        Map<String, TrainedModel.Input> inputs = new LinkedHashMap<>();
        for (TensorInfo input : parent.card().inputs()) {
            Path file = parent.root().resolve(golden.inputPath(input.name()));
            inputs.put(
                    input.name(),
                    new TrainedModel.Input(golden.shape(input.name()), Files.readAllBytes(file)));
        }
        return inputs;
    }

    private String commandLine() {
        StringBuilder line = new StringBuilder();
        for (CompressionOrder.SubjectOrder subject : order.subjects()) {
            line.append(subject.model()).append(" --calibration ");
            line.append(
                    subject.calibration().stream()
                            .map(Path::toString)
                            .collect(Collectors.joining(",")));
            subject.scope().ifPresent(scope -> line.append(" --scope ").append(scope));
            subject.evaluation().ifPresent(e -> line.append(" --evaluation ").append(e));
            if (order.subjects().stream().anyMatch(s -> s.boards() > 0)) {
                line.append(" --boards ").append(subject.boards());
            }
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
