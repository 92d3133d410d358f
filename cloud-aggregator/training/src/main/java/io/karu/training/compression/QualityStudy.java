package io.karu.training.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.compression.BestQuantization;
import io.karu.compression.Calibrator;
import io.karu.compression.CrossLayerEqualisation;
import io.karu.compression.Evaluation;
import io.karu.compression.LabelledPixels;
import io.karu.compression.ModelSize;
import io.karu.compression.Outcome;
import io.karu.compression.PairedBootstrap;
import io.karu.compression.PixelSamples;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.Processor;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Samples;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.learning.metric.Interval;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import io.karu.training.Folders;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Train;
import io.karu.training.TrainingOrder;
import io.karu.training.compression.CompressionOrder.SubjectOrder;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What int8 costs: every calibrator on two trained nets as they are and as hostile nets, which
 * compute the same but have channels of very different size; then pruning.
 */
final class QualityStudy {
    private static final int IMAGES = 64;
    private static final double SPREAD = 256;
    private static final int STUDENT_EPOCHS = 10;
    private static final int MOST_IMAGES = 10_000;

    /** Boards of no seed that trains, tests or shows anything else. */
    private static final long BOARDS_SEED = 7100;

    private static final int CALIBRATION_BOARDS = 64;
    private static final int TEST_BOARDS = 200;
    private static final int FIRST_TEST_BOARD = 1_000_000;
    private static final int BOARDS_APART = 17;
    private static final double DEFECTIVE = 0.9;

    private static final int RECOVERY_EPOCHS = 16;
    private static final String OURS = "corrected";

    private final InferenceEngine engine;
    private final long seed;
    private final Path data;
    private final Path kept;
    private final QuantizationScheme scheme = QuantizationScheme.of(Processor.here());
    private final PairedBootstrap bootstrap;
    private final Consumer<String> progress = message -> System.err.println("karu: " + message);

    /**
     * @param data folder of the shared data sets
     * @param kept folder in which trained nets are kept for the next run
     */
    QualityStudy(InferenceEngine engine, long seed, Path data, Path kept) {
        this.engine = engine;
        this.seed = seed;
        this.data = data;
        this.kept = kept;
        this.bootstrap = PairedBootstrap.withSeed(seed);
    }

    void measure(BenchReport report) throws Exception {
        shipped(report);
        if (!Files.isDirectory(data.resolve("magnetic-tile"))) {
            report.note("quality was not measured: " + data + " is absent");
            return;
        }
        tiles(report);
        crops(report, true);
    }

    /** Only pruning and its recovery. */
    void measurePruning(BenchReport report) throws Exception {
        crops(report, false);
    }

    private void tiles(BenchReport report) throws Exception {
        TileStudent student = new TileStudent(data, seed);
        PixelSamples good = student.training();
        Path file = kept.resolve("tiles-" + seed + ".onnx");
        if (!Files.exists(file)) {
            Files.createDirectories(kept);
            student.train(good, STUDENT_EPOCHS, progress).write(file);
        }
        Graph graph = Graph.read(file);
        Folding.fold(graph);
        LabelledPixels test = student.test();
        Evaluation evaluation = test.in(engine);
        PixelSamples calibration = good.atMost(IMAGES);
        Inputs inputs = Inputs.of(calibration, seed);
        double loss = study(report, "tiles, student–teacher", graph, inputs, evaluation);
        report.figure(
                "tiles: int8 loss of the best calibrator, teacher and student",
                100 * loss,
                "points",
                Bound.atMost(0.5),
                Bound.atMost(0.3));
        hostile(report, "tiles", graph, inputs, evaluation);
    }

    /** The demo's detector on boards of designs that it has not seen. */
    private void shipped(BenchReport report) throws Exception {
        Path model = Int8Bench.root().resolve(Int8Bench.SHIPPED);
        Path boards = Files.createTempDirectory("karu-boards");
        try {
            SubjectOrder subject =
                    new SubjectOrder(
                            model,
                            Optional.empty(),
                            List.of(boards(boards.resolve("calibration"), CALIBRATION_BOARDS, 0)),
                            Optional.of(
                                    boards(boards.resolve("test"), TEST_BOARDS, FIRST_TEST_BOARD)),
                            0,
                            "");
            CompressionOrder order =
                    new CompressionOrder(
                            List.of(subject), List.of(), IMAGES, seed, 0, boards, 0, 0);
            ModelVersionFolder version = ModelVersionFolder.read(model);
            Material material = new PairMaterial(engine, order, version.card()).read(subject);
            Graph graph = Graph.read(version.graph());
            Folding.fold(graph);
            Inputs inputs = new Inputs(material.calibration(), material.damaged());
            study(report, "boards, the net we ship", graph, inputs, material.evaluation());
            hostile(report, "boards", graph, inputs, material.evaluation());
        } finally {
            Folders.delete(boards);
        }
    }

    private Path boards(Path folder, int count, int first) throws IOException {
        BoardGenerator generator = new BoardGenerator(BOARDS_SEED + seed, DEFECTIVE);
        BoardFolder files = new BoardFolder(folder);
        for (int i = 0; i < count; i++) {
            files.write(generator.board(first + i * BOARDS_APART));
        }
        return folder;
    }

    /**
     * What a net is quantized with.
     *
     * @param damaged the same with defects
     */
    private record Inputs(PixelSamples calibration, PixelSamples damaged) {
        static Inputs of(PixelSamples calibration, long seed) {
            return new Inputs(calibration, calibration.withDefects(seed));
        }
    }

    private void crops(BenchReport report, boolean calibrators) throws Exception {
        Path folder = kept.resolve("crops-" + seed);
        Path pcb = data.resolve("deeppcb");
        if (!Files.exists(folder.resolve(ModelVersionFolder.CARD))) {
            Files.createDirectories(kept);
            Recipe recipe = Train.recipe("classify");
            Map<String, String> options = new LinkedHashMap<>();
            recipe.options().forEach((name, option) -> options.put(name, option.standard()));
            TrainingOrder order = new TrainingOrder(pcb, folder, "crops", "1", seed, options);
            Train.run(recipe, order, Progress.SILENT);
        }
        ModelVersionFolder version = ModelVersionFolder.read(folder);
        ModelImages images = new ModelImages(version.card());
        DataSet all = DataSets.read(pcb);
        DataSet training = all.filter(sample -> sample.part() != Part.TEST);
        PixelSamples calibration = images.calibration(training, IMAGES);
        LabelledPixels test = images.labelled(all.part(Part.TEST), 0, 0);
        Graph graph = Graph.read(version.graph());
        Folding.fold(graph);
        Evaluation evaluation = test.in(engine);
        if (calibrators) {
            Inputs inputs = Inputs.of(calibration, seed);
            study(report, "crops, classification", graph, inputs, evaluation);
            hostile(report, "crops", graph, inputs, evaluation);
        }
        pruning(report, graph, calibration, images.calibration(training, MOST_IMAGES), evaluation);
    }

    private void hostile(
            BenchReport report, String name, Graph graph, Inputs inputs, Evaluation evaluation)
            throws Exception {
        Graph hostile = CrossLayerEqualisation.unbalance(graph, SPREAD, seed);
        Map<String, Outcome> by = outcomes(name + ", hostile", hostile, inputs, evaluation);
        compare(report, name + ", hostile", by);
        double exact = by.get("fp32").value();
        double naive = by.get("min-max").value();
        double ours = by.get(OURS).value();
        if (exact - naive > 0.005) {
            report.figure(
                    name + ", hostile: part of the naive loss recovered",
                    100 * (ours - naive) / (exact - naive),
                    "%",
                    Bound.atLeast(80),
                    Bound.atLeast(92));
        } else {
            report.note(
                    name
                            + ", hostile: the naive loss is only "
                            + points(exact - naive)
                            + ": nothing to recover");
        }
    }

    /** Returns the loss of the best variant. */
    private double study(
            BenchReport report, String name, Graph graph, Inputs inputs, Evaluation evaluation)
            throws Exception {
        Map<String, Outcome> by = outcomes(name, graph, inputs, evaluation);
        compare(report, name, by);
        double best =
                by.entrySet().stream()
                        .filter(e -> !e.getKey().equals("fp32"))
                        .mapToDouble(e -> e.getValue().value())
                        .max()
                        .orElseThrow();
        return by.get("fp32").value() - best;
    }

    private void compare(BenchReport report, String name, Map<String, Outcome> by) {
        Outcome exact = by.get("fp32");
        String best = "";
        for (Map.Entry<String, Outcome> one : by.entrySet()) {
            String variant = one.getKey();
            Interval value = bootstrap.of(one.getValue());
            Interval loss = bootstrap.loss(exact, one.getValue());
            report.note(
                    String.format(
                            Locale.ROOT,
                            "%s: %-18s %s %s, loses %s",
                            name,
                            variant,
                            exact.metric(),
                            value,
                            points(loss)));
            boolean other = !variant.equals("fp32") && !variant.equals(OURS);
            if (other && (best.isEmpty() || one.getValue().value() > by.get(best).value())) {
                best = variant;
            }
        }
        Interval behind = bootstrap.loss(by.get(best), by.get(OURS));
        report.figure(
                name + ": ours − best other (" + best + ")",
                -100 * behind.value(),
                "points",
                Bound.atLeast(-0.1));
        report.note(name + ": ours behind " + best + " by " + points(behind) + ", paired");
    }

    private Map<String, Outcome> outcomes(
            String name, Graph graph, Inputs inputs, Evaluation evaluation) throws Exception {
        PixelSamples calibration = inputs.calibration();
        Map<String, Outcome> by = new LinkedHashMap<>();
        by.put("fp32", first(evaluation, graph));
        for (Calibrator calibrator : Calibrator.all()) {
            by.put(calibrator.name(), first(evaluation, plain(graph, calibration, calibrator)));
        }
        by.put(
                "random-normal",
                first(
                        evaluation,
                        plain(
                                graph,
                                calibration.randomNormal(seed),
                                new Calibrator.MeanSquaredError())));
        PixelSamples damaged = calibration.and(inputs.damaged());
        by.put(
                "synthetic-defects",
                first(evaluation, plain(graph, damaged, new Calibrator.MinMax())));
        progress.accept(name + ": corrected");
        by.put(
                OURS,
                first(
                        evaluation,
                        BestQuantization.of(engine, graph, damaged, Set.of(), scheme, seed)
                                .graph()));
        return by;
    }

    private Outcome first(Evaluation evaluation, Graph graph) throws Exception {
        return evaluation.of(graph).get(0);
    }

    private Graph plain(Graph graph, Samples samples, Calibrator calibrator) throws Exception {
        progress.accept(calibrator.name());
        return new PostTrainingQuantization(engine, graph, samples, Set.of(), scheme, seed)
                .quantize(calibrator, Set.of())
                .graph();
    }

    private void pruning(
            BenchReport report,
            Graph graph,
            PixelSamples calibration,
            PixelSamples training,
            Evaluation evaluation)
            throws Exception {
        Outcome exact = first(evaluation, graph);
        long macs = ModelSize.of(graph, calibration.shapes()).macs();
        Path state = Files.createTempDirectory("karu-recovery");
        Recovery recovery =
                new Recovery(
                        engine,
                        Material.of(calibration, training, seed),
                        scheme,
                        seed,
                        state,
                        Progress.console(System.err));
        for (double part : new double[] {0.5, 0.7}) {
            Graph pruned = recovery.prune(graph, part, RECOVERY_EPOCHS);
            Interval loss = bootstrap.loss(exact, first(evaluation, pruned));
            double removed = 1 - (double) ModelSize.of(pruned, calibration.shapes()).macs() / macs;
            String name =
                    String.format(
                            Locale.ROOT,
                            "crops: loss with %.0f %% of the MACs removed",
                            100 * removed);
            if (part == 0.5) {
                report.figure(name, 100 * loss.value(), "points", Bound.atMost(1));
            } else {
                report.aim(name, 100 * loss.value(), "points", Bound.atMost(1));
            }
            report.note(name + ": " + points(loss));
        }
    }

    private static String points(double loss) {
        return String.format(Locale.ROOT, "%.2f points", 100 * loss);
    }

    private static String points(Interval loss) {
        return String.format(
                Locale.ROOT,
                "%.2f points (%.2f to %.2f)",
                100 * loss.value(),
                100 * loss.low(),
                100 * loss.high());
    }
}
