package io.karu.training.anomaly;

import ai.djl.ndarray.NDArray;
import io.karu.api.inference.InferenceEngine;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.StudentTeacher;
import io.karu.learning.djl.History;
import io.karu.learning.djl.Losses;
import io.karu.learning.djl.Optimizer;
import io.karu.learning.djl.Schedule;
import io.karu.learning.djl.Step;
import io.karu.learning.djl.TrainableGraph;
import io.karu.learning.djl.TrainingPlan;
import io.karu.learning.djl.TrainingRun;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import io.karu.vision.GrayImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/** Trains a student to predict its teacher's features on pieces of good parts. */
final class StudentTraining {
    private static final int STEPS_AN_EPOCH = 20;
    private static final double DECAY = 0.01;

    private final StudentTeacher pair;
    private final List<GoodPart> good;
    private final Settings settings;

    /**
     * How to train.
     *
     * @param steps of the optimiser
     * @param batch pieces in a step
     * @param side of a piece in pixels, a multiple of 8
     * @param rate highest learning rate
     */
    record Settings(int steps, int batch, int side, double rate) {
        Settings {
            if (side < 64 || side % 8 != 0) {
                throw new IllegalArgumentException(
                        "side must be a multiple of 8 from 64 on, was " + side);
            }
        }
    }

    /** Weights of the trained student and how they came to be. */
    record Result(List<float[]> weights, History history) {}

    StudentTraining(StudentTeacher pair, List<GoodPart> good, Settings settings) {
        this.pair = pair;
        this.good = List.copyOf(good);
        this.settings = settings;
    }

    Result run(InferenceEngine engine, long seed, Path state, Progress progress) throws Exception {
        List<float[]> untrained = pair.untrained(seed);
        int epochs = Math.max(1, settings.steps() / STEPS_AN_EPOCH);
        int steps = Math.min(settings.steps(), STEPS_AN_EPOCH);
        progress.begin("training", (long) epochs * steps, "steps");
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(epochs, steps)
                        .optimizer(
                                Optimizer.adamW(DECAY), settings.rate(), Schedule.cosine(0.1, 0.01))
                        .clip(5)
                        .identity(identity())
                        .checkpoints(state, Duration.ofMinutes(1))
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
        try (TrainableGraph graph = TrainableGraph.of(Graph.of(pair.student(untrained)));
                StudentTeacher.Teacher teacher = pair.teacher(engine)) {
            History history = new TrainingRun(graph, plan).run(step -> loss(step, teacher));
            return new Result(ordered(graph.values().values(), untrained), history);
        }
    }

    private NDArray loss(Step step, StudentTeacher.Teacher teacher) throws Exception {
        int side = settings.side();
        int cells = side / 8;
        int[] picked = step.pick(good.size(), settings.batch());
        byte[] pixels = new byte[picked.length * side * side];
        float[] target = new float[picked.length * pair.channels() * cells * cells];
        for (int i = 0; i < picked.length; i++) {
            GrayImage piece = piece(good.get(picked[i]).image().read(), step.random());
            System.arraycopy(piece.pixels(), 0, pixels, i * side * side, side * side);
            float[] features = teacher.features(piece);
            System.arraycopy(features, 0, target, i * features.length, features.length);
        }
        NDArray predicted =
                step.forward(
                                Map.of(
                                        StudentTeacher.IMAGE,
                                        step.pixels(pixels, picked.length, 1, side, side)),
                                List.of(StudentTeacher.FEATURES))
                        .get(StudentTeacher.FEATURES);
        return Losses.squared(
                predicted, step.floats(target, picked.length, pair.channels(), cells, cells));
    }

    private String identity() {
        StringBuilder parts = new StringBuilder();
        good.forEach(
                part ->
                        parts.append(part.product())
                                .append('/')
                                .append(part.part())
                                .append('/')
                                .append(part.shot())
                                .append('\n'));
        return good.size() + " good parts, " + Integer.toHexString(parts.toString().hashCode());
    }

    private GrayImage piece(GrayImage image, SplittableRandom random) {
        int side = settings.side();
        int left = random.nextInt(Math.max(1, image.width() - side));
        int top = random.nextInt(Math.max(1, image.height() - side));
        return (GrayImage) image.crop(left, top, side, side);
    }

    private static List<float[]> ordered(Collection<float[]> trained, List<float[]> like) {
        List<float[]> weights = new ArrayList<>(trained);
        for (int i = 0; i < Math.max(weights.size(), like.size()); i++) {
            if (weights.size() != like.size() || weights.get(i).length != like.get(i).length) {
                throw new IllegalStateException("the student came back with other weights");
            }
        }
        return weights;
    }
}
