package io.karu.training.detection;

import ai.onnxruntime.OrtEnvironment;
import io.karu.api.model.ModelCard;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.report.Report;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Provenance.DataUse;
import io.karu.modelversion.Sha256;
import io.karu.modelversion.TrainedModel;
import io.karu.onnx.Folding;
import io.karu.onnx.Graph;
import io.karu.training.Curves;
import io.karu.training.Folders;
import io.karu.training.Progress;
import io.karu.training.Recipe;
import io.karu.training.Trained;
import io.karu.training.TrainingOrder;
import io.karu.training.detection.DetectorTraining.Result;
import io.karu.training.detection.DetectorTraining.Settings;
import io.karu.vision.board.BoardFolder;
import io.karu.vision.board.BoardGenerator;
import io.karu.vision.pair.PairSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code ./karu train boards}: the detector that the demo ships, trained on generated boards of
 * designs that no demo shows. With one thread the same seed gives the same version.
 */
public final class Boards implements Recipe {
    /** Boards are taken this far apart: about three of each design. */
    private static final int APART = 17;

    /** First board of those that are only scored: none of the training's designs. */
    private static final int HELD_OUT = 1_000_000;

    private static final int SCORED = 40;
    private static final double DEFECTIVE = 0.9;

    @Override
    public String task() {
        return "boards";
    }

    @Override
    public String description() {
        return "trains the demo's detector on generated boards";
    }

    @Override
    public boolean needsData() {
        return false;
    }

    @Override
    public Map<String, Option> options() {
        Map<String, Option> options = new LinkedHashMap<>();
        options.put("boards", new Option("80", "generated boards to train on"));
        options.put("epochs", new Option("9", "passes over them"));
        options.put("batch", new Option("64", "cut-outs in one step"));
        options.put("rate", new Option("0.002", "highest learning rate"));
        options.put("side", new Option("48", "pixels of a cut-out's sides, a multiple of 8"));
        return options;
    }

    @Override
    public Trained train(TrainingOrder order, Progress progress) throws Exception {
        long start = System.nanoTime();
        Settings settings =
                new Settings(
                        PairSettings.DEFAULT,
                        order.integer("side", 16),
                        order.integer("batch", 2),
                        order.number("rate"));
        BoardGenerator generator = new BoardGenerator(order.seed(), DEFECTIVE);
        int boards = order.integer("boards", 1);
        List<PairSample> samples = PairSamples.generated(generator, 0, boards, APART);
        Path folder = Files.createTempDirectory("karu-boards");
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            DataSet scored = scored(generator, folder);
            DetectorTraining training = new DetectorTraining(settings, scored.labels().size());
            Result result =
                    training.run(
                            "training on generated boards",
                            training.untrained(order.seed()),
                            samples,
                            order.integer("epochs", 1),
                            order.seed(),
                            order.state().resolve("training"),
                            progress);
            Graph graph = result.graph();
            Folding.batchNormalization(graph);
            ModelCard card = Detect.card(order, settings, scored.labels(), 0.5);
            List<Metric> metrics =
                    Detect.evaluate(engine, card, graph, scored).metrics("held-out designs");
            List<DataUse> used = List.of(use(order.seed(), boards));
            TrainedModel model =
                    new TrainedModel(card, graph.toProto().toByteArray())
                            .provenance(Detect.provenance(order, task(), used));
            Detect.golden(model, settings, samples);
            metrics.forEach(model::metric);
            ModelVersionFolder version = model.write(engine, order.out());
            Report report =
                    new Report(Report.Kind.TRAINING, version)
                            .seconds(Math.round((System.nanoTime() - start) / 1e8) / 10.0)
                            .data(used)
                            .metrics(metrics);
            Curves.of(result.history()).forEach(report::curve);
            return new Trained(version, report);
        } finally {
            Folders.delete(folder);
        }
    }

    private static DataSet scored(BoardGenerator generator, Path folder) throws IOException {
        Path named = folder.resolve("generated boards");
        BoardFolder files = new BoardFolder(named);
        for (int i = 0; i < SCORED; i++) {
            files.write(generator.board(HELD_OUT + i * APART));
        }
        return DataSets.read(named);
    }

    /** Generated data are what their recipe says. */
    private static DataUse use(long seed, int boards) throws Exception {
        String recipe = "BoardGenerator " + seed + " " + DEFECTIVE + " " + boards + " x " + APART;
        return new DataUse(
                "generated boards",
                "",
                "training",
                Sha256.of(recipe.getBytes(StandardCharsets.UTF_8)),
                boards);
    }
}
