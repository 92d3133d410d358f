package io.karu.training.detection;

import io.karu.api.model.Digest;
import io.karu.learning.djl.History;
import io.karu.learning.djl.Optimizer;
import io.karu.learning.djl.Schedule;
import io.karu.learning.djl.TrainableGraph;
import io.karu.learning.djl.TrainingPlan;
import io.karu.learning.djl.TrainingRun;
import io.karu.modelversion.Sha256;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import io.karu.vision.GrayImage;
import io.karu.vision.pair.PairSettings;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** Trains the network of a detector on samples in memory. */
final class DetectorTraining {
    private static final double DECAY = 0.02;
    private static final double AVERAGING = 0.99;
    private static final double CLIP = 5;

    /** Places without a defect that a misregistered sample adds. */
    private static final int MOVED_BACKGROUND = 12;

    private static final Duration CHECKPOINT = Duration.ofMinutes(1);

    private final Settings settings;
    private final int classes;

    /**
     * What a training depends on beside its data.
     *
     * @param pairs how candidates are found
     * @param side of a cut-out
     * @param batch cut-outs in a step
     * @param rate highest learning rate
     */
    record Settings(PairSettings pairs, int side, int batch, double rate) {
        Settings at(double otherRate) {
            return new Settings(pairs, side, batch, otherRate);
        }
    }

    /** The trained graph, ready for inference, and how it came to be. */
    record Result(Graph graph, History history) {}

    DetectorTraining(Settings settings, int classes) {
        this.settings = settings;
        this.classes = classes;
    }

    /** A network with random weights. */
    Graph untrained(long seed) {
        return DetectorNetwork.graph(settings.side(), classes, seed);
    }

    /**
     * Trains from the weights of a graph.
     *
     * @param checkpoints folder that keeps the state, so that an interrupted run goes on
     */
    Result run(
            String stage,
            Graph start,
            List<PairSample> samples,
            int epochs,
            long seed,
            Path checkpoints,
            Progress progress)
            throws Exception {
        List<PairSample> all = new ArrayList<>(samples);
        Places finder = new Places(settings.pairs(), classes);
        List<Place> places = finder.of(samples, 0, Integer.MAX_VALUE);
        SplittableRandom random = new SplittableRandom(seed);
        for (PairSample sample : samples) {
            PairSample moved = Misregistration.of(sample, random.split());
            places.addAll(finder.of(List.of(moved), all.size(), MOVED_BACKGROUND));
            all.add(moved);
        }
        if (places.isEmpty()) {
            throw new IllegalArgumentException(
                    "the " + samples.size() + " pairs do not differ anywhere: nothing to train on");
        }
        int steps = Math.max(1, places.size() / settings.batch());
        progress.begin(stage, (long) epochs * steps, "steps");
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(epochs, steps)
                        .optimizer(
                                Optimizer.adamW(DECAY),
                                settings.rate(),
                                Schedule.cosine(0.05, 0.01))
                        .clip(CLIP)
                        .averaging(AVERAGING)
                        .checkpoints(checkpoints, CHECKPOINT)
                        .identity(settings + " " + digest(samples))
                        .cancelledWhen(progress::isCancelled)
                        .listener(
                                (step, of, metrics) ->
                                        progress.at(
                                                step,
                                                String.format(
                                                        Locale.ROOT,
                                                        "loss %.4f",
                                                        metrics.getOrDefault("loss", 0.0))))
                        .build();
        try (TrainableGraph graph = TrainableGraph.of(start)) {
            CropObjective objective =
                    new CropObjective(all, places, classes, settings.side(), settings.batch());
            History history = new TrainingRun(graph, plan).run(objective);
            return new Result(graph.writeBack(), history);
        }
    }

    /** Of all that the samples hold, in order. */
    private static Digest digest(List<PairSample> samples) {
        MessageDigest all = Sha256.begin();
        for (PairSample sample : samples) {
            String facts = sample.id() + "\t" + sample.marks() + "\n";
            all.update(facts.getBytes(StandardCharsets.UTF_8));
            all.update(pixels(sample.image()));
            all.update(pixels(sample.template()));
        }
        return Sha256.end(all);
    }

    private static ByteBuffer pixels(GrayImage image) {
        return ByteBuffer.wrap(image.pixels(), 0, image.width() * image.height());
    }
}
