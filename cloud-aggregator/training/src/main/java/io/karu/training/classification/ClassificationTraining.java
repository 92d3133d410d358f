package io.karu.training.classification;

import ai.djl.ndarray.NDArray;
import io.karu.api.model.Preprocessing;
import io.karu.learning.data.Crop;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.djl.History;
import io.karu.learning.djl.Losses;
import io.karu.learning.djl.Optimizer;
import io.karu.learning.djl.Schedule;
import io.karu.learning.djl.Step;
import io.karu.learning.djl.TrainableGraph;
import io.karu.learning.djl.TrainingPlan;
import io.karu.learning.djl.TrainingRun;
import io.karu.modelversion.TrainedModel.Input;
import io.karu.training.Progress;
import io.karu.vision.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One training of a {@link ClassificationNet}. */
final class ClassificationTraining implements Learner {
    private static final double SMOOTHING = 0.05;
    private static final double DECAY = 0.02;
    private static final double AVERAGING = 0.995;
    private static final double WARM_UP = 0.1;

    private final Settings settings;
    private final List<String> labels;
    private final List<Crop> crops;

    /**
     * What a training depends on beside its data.
     *
     * @param how preprocessing
     * @param window side of the window around a box
     * @param side of the graph's input
     * @param stride of the network's first convolution
     * @param width of the network
     * @param epochs passes over the data
     * @param batch pieces in a step
     * @param rate highest learning rate
     * @param shift largest move of the window, percent of its side
     * @param zoom largest change of the window's side, percent
     * @param templates whether each piece is compared with its template's
     */
    record Settings(
            Preprocessing how,
            int window,
            int side,
            int stride,
            int width,
            int epochs,
            int batch,
            double rate,
            int shift,
            int zoom,
            Crops.Templates templates) {
        View view() {
            return new View(how, side, shift, zoom);
        }
    }

    ClassificationTraining(Settings settings, List<String> labels, List<Crop> crops) {
        this.settings = settings;
        this.labels = labels;
        this.crops = crops;
    }

    /** The pieces of a data set as a training needs them: with a margin to move in. */
    static List<Crop> crops(Settings settings, List<String> labels, DataSet data)
            throws IOException {
        int margin = settings.window() * (settings.shift() + settings.zoom() + 1) / 100;
        List<Crop> crops = new ArrayList<>();
        new Crops(settings.how().color(), settings.window(), margin, settings.templates())
                .forEach(data, crops::add);
        if (crops.isEmpty()) {
            throw new IllegalArgumentException(data.name() + " holds nothing to train on");
        }
        for (String label : labels) {
            if (crops.stream().noneMatch(crop -> crop.label().equals(label))) {
                throw new IllegalArgumentException("class " + label + " has no sample to train on");
            }
        }
        return crops;
    }

    @Override
    public int pieces() {
        return crops.size();
    }

    @Override
    public Map<String, Input> inputs(int piece) {
        View view = settings.view();
        Map<String, Input> inputs = new LinkedHashMap<>();
        inputs.put(ClassificationNet.IMAGE, input(view, crops.get(piece).piece()));
        crops.get(piece)
                .templatePiece()
                .ifPresent(
                        template -> inputs.put(ClassificationNet.TEMPLATE, input(view, template)));
        return inputs;
    }

    private Input input(View view, Image image) {
        byte[] bytes = new byte[view.bytes()];
        view.asIs(image, bytes, 0);
        long side = settings.side();
        return new Input(List.of(1L, (long) settings.how().color().channels(), side, side), bytes);
    }

    @Override
    public Result run(long seed, Path state, Progress progress) throws Exception {
        ClassificationNet net =
                new ClassificationNet(
                        settings.how().color().channels(),
                        settings.side(),
                        settings.stride(),
                        settings.width(),
                        labels.size(),
                        settings.templates());
        int steps = Math.max(1, crops.size() / settings.batch());
        progress.begin("training", (long) settings.epochs() * steps, "steps");
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(settings.epochs(), steps)
                        .optimizer(
                                Optimizer.adamW(DECAY),
                                settings.rate(),
                                Schedule.cosine(WARM_UP, 0.01))
                        .clip(5)
                        .averaging(AVERAGING)
                        .checkpoints(state, Duration.ofMinutes(1))
                        .identity(settings + " " + labels + " " + crops.size())
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
        try (TrainableGraph graph = TrainableGraph.of(net.graph(seed))) {
            View view = settings.view();
            float[] weights = weights();
            History history = new TrainingRun(graph, plan).run(step -> loss(step, view, weights));
            return new Result(graph.writeBack(), List.of(history));
        }
    }

    private NDArray loss(Step step, View view, float[] weights) {
        int[] picked = step.pick(crops.size(), settings.batch());
        byte[] pixels = new byte[picked.length * view.bytes()];
        boolean pairs = settings.templates() == Crops.Templates.NEEDED;
        byte[] templates = pairs ? new byte[pixels.length] : null;
        long[] classes = new long[picked.length];
        for (int i = 0; i < picked.length; i++) {
            Crop crop = crops.get(picked[i]);
            view.varied(crop, step.random(), pixels, templates, i * view.bytes());
            classes[i] = labels.indexOf(crop.label());
        }
        int channels = settings.how().color().channels();
        long[] shape = {picked.length, channels, settings.side(), settings.side()};
        Map<String, NDArray> feeds = new LinkedHashMap<>();
        feeds.put(ClassificationNet.IMAGE, step.pixels(pixels, shape));
        if (pairs) {
            feeds.put(ClassificationNet.TEMPLATE, step.pixels(templates, shape));
        }
        NDArray logits =
                step.forward(feeds, List.of(ClassificationNet.LOGITS))
                        .get(ClassificationNet.LOGITS);
        NDArray target =
                Losses.target(step.integers(classes, classes.length), labels.size(), SMOOTHING);
        return Losses.crossEntropy(logits, target, step.floats(weights, weights.length));
    }

    /** Rare classes count as much as frequent ones. */
    private float[] weights() {
        float[] weights = new float[labels.size()];
        for (int k = 0; k < weights.length; k++) {
            weights[k] = crops.size() / (float) (weights.length * count(k));
        }
        return weights;
    }

    private int count(int label) {
        return (int) crops.stream().filter(crop -> crop.label().equals(labels.get(label))).count();
    }
}
