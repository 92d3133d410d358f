package io.karu.training.classification;

import ai.djl.ndarray.NDArray;
import ai.onnxruntime.OrtEnvironment;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.backbone.KerasModel;
import io.karu.learning.data.Crop;
import io.karu.learning.djl.History;
import io.karu.learning.djl.Losses;
import io.karu.learning.djl.Optimizer;
import io.karu.learning.djl.Schedule;
import io.karu.learning.djl.Step;
import io.karu.learning.djl.TrainableGraph;
import io.karu.learning.djl.TrainingPlan;
import io.karu.learning.djl.TrainingRun;
import io.karu.modelversion.TrainedModel.Input;
import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.training.Progress;
import io.karu.training.classification.ClassificationTraining.Settings;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A head on a frozen backbone: mean and largest activation of several layers, standardised, then
 * one linear layer. The backbone runs once over {@value #MOST_VIEWS} views of each piece (fewer
 * where that would make more than {@value #ROWS} rows, at least 8), the mirrored and turned ones
 * first; only the head is trained, so a few hundred pieces and a minute are enough.
 *
 * <p>With so many features the pieces can be told apart without error, and then weights of classes
 * hardly move the boundary: rare classes are found too seldom. So each score is also lowered by the
 * logarithm of its class's share (post-hoc logit adjustment with τ = 1: Menon et al. 2021,
 * Long-tail learning via logit adjustment), which is what a mean of recalls asks for.
 */
final class TransferLearner implements Learner {
    private static final int MOST_VIEWS = 24;
    private static final int ROWS = 48_000;
    private static final String FEATURES = "features";
    private static final String SEEN = "seen";
    private static final String WEIGHT = "head.weight";
    private static final String BIAS = "head.bias";
    private static final List<String> LAYERS =
            List.of("conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_9_relu", "conv_pw_12_relu");
    private static final double RIDGE = 1e-3;

    private final KerasModel backbone;
    private final Settings settings;
    private final List<String> labels;
    private final List<Crop> crops;
    private final Map<String, float[][]> seen;
    private final int views;

    /**
     * @param folder of the backbone
     * @param seen what the backbone made of pieces before, by seed, settings and id; those of the
     *     crops are added, so that folds of the same data share the work
     */
    TransferLearner(
            Path folder,
            Settings settings,
            List<String> labels,
            List<Crop> crops,
            Map<String, float[][]> seen)
            throws IOException {
        if (settings.how().color().channels() != 3) {
            throw new IllegalArgumentException("a backbone needs --color rgb");
        }
        if (settings.side() % 32 != 0) {
            throw new IllegalArgumentException(
                    "--side is " + settings.side() + ": a backbone needs a multiple of 32");
        }
        this.backbone = KerasModel.read(folder);
        this.settings = settings;
        this.labels = labels;
        this.crops = crops;
        this.seen = seen;
        this.views = Math.max(View.SYMMETRIES, Math.min(MOST_VIEWS, ROWS / crops.size()));
    }

    @Override
    public int pieces() {
        return crops.size();
    }

    @Override
    public Map<String, Input> inputs(int piece) {
        View view = settings.view();
        byte[] bytes = new byte[view.bytes()];
        view.asIs(crops.get(piece).piece(), bytes, 0);
        long side = settings.side();
        return Map.of(ClassificationNet.IMAGE, new Input(List.of(1L, 3L, side, side), bytes));
    }

    @Override
    public Result run(long seed, Path state, Progress progress) throws Exception {
        float[][] features = features(seed, progress);
        int width = features[0].length;
        float[] mean = new float[width];
        float[] scale = new float[width];
        measure(features, mean, scale);
        int steps = Math.max(1, features.length / settings.batch());
        progress.begin("training the head", (long) settings.epochs() * steps, "steps");
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(settings.epochs(), steps)
                        .optimizer(Optimizer.adamW(0), settings.rate(), Schedule.cosine(0.1, 0.01))
                        .averaging(0.99)
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
        try (TrainableGraph head =
                TrainableGraph.of(head(width, new float[labels.size() * width]))) {
            float[] weights = weights();
            History history =
                    new TrainingRun(head, plan)
                            .run(
                                    step ->
                                            loss(step, features, mean, scale, weights)
                                                    .add(
                                                            head.array(WEIGHT)
                                                                    .square()
                                                                    .sum()
                                                                    .mul(RIDGE / 2)));
            Map<String, float[]> values = head.values();
            return new Result(
                    whole(mean, scale, values.get(WEIGHT), adjusted(values.get(BIAS))),
                    List.of(history));
        }
    }

    private NDArray loss(
            Step step, float[][] features, float[] mean, float[] scale, float[] classWeights) {
        int[] picked = step.pick(features.length, settings.batch());
        int width = features[0].length;
        float[] rows = new float[picked.length * width];
        long[] classes = new long[picked.length];
        for (int i = 0; i < picked.length; i++) {
            float[] row = features[picked[i]];
            for (int k = 0; k < width; k++) {
                rows[i * width + k] = (row[k] - mean[k]) * scale[k];
            }
            classes[i] = labels.indexOf(crops.get(picked[i] / views).label());
        }
        NDArray logits = step.forward(step.floats(rows, picked.length, width));
        NDArray target = Losses.target(step.integers(classes, classes.length), labels.size(), 0);
        return Losses.crossEntropy(logits, target, step.floats(classWeights, classWeights.length));
    }

    /** {@link #weights} are inverse to the shares, so their logarithm is what is added. */
    private float[] adjusted(float[] bias) {
        float[] adjusted = bias.clone();
        float[] weights = weights();
        for (int k = 0; k < adjusted.length; k++) {
            adjusted[k] += (float) Math.log(weights[k]);
        }
        return adjusted;
    }

    /** Rare classes count as much as frequent ones. */
    private float[] weights() {
        float[] weights = new float[labels.size()];
        crops.forEach(crop -> weights[labels.indexOf(crop.label())]++);
        for (int k = 0; k < weights.length; k++) {
            weights[k] = crops.size() / (weights.length * weights[k]);
        }
        return weights;
    }

    /** One row for each view of each piece; the first view of a piece is as at the station. */
    private float[][] features(long seed, Progress progress) throws Exception {
        progress.begin("looking through the backbone", (long) crops.size() * views, "views");
        Path file = Files.createTempFile("karu-backbone", ".onnx");
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            GraphBuilder graph = new GraphBuilder("backbone");
            graph.output(SEEN, backbone(graph), DataType.FLOAT, "N", "F");
            graph.graph().write(file);
            try (InferenceSession session = engine.open(file, SessionOptions.SHARED_GATEWAY);
                    Binding binding =
                            session.bind(
                                    Map.of(
                                            ClassificationNet.IMAGE,
                                            inputs(0).get(ClassificationNet.IMAGE).shape()))) {
                return rows(seed, binding, progress);
            }
        } finally {
            Files.delete(file);
        }
    }

    private float[][] rows(long seed, Binding binding, Progress progress)
            throws InferenceException {
        View view = settings.view();
        float[][] rows = new float[crops.size() * views][];
        for (int i = 0; i < crops.size(); i++) {
            Crop crop = crops.get(i);
            String key = seed + " " + settings + " " + crop.id();
            float[][] known = seen.get(key);
            if (known == null || known.length != views) {
                known = look(crop, view, seed, binding);
                seen.put(key, known);
            }
            System.arraycopy(known, 0, rows, i * views, views);
            progress.at((i + 1L) * views, "");
        }
        return rows;
    }

    private float[][] look(Crop crop, View view, long seed, Binding binding)
            throws InferenceException {
        SplittableRandom random =
                new SplittableRandom(seed * 0x9E3779B97F4A7C15L + crop.id().hashCode());
        byte[] pixels = new byte[view.bytes()];
        float[][] rows = new float[views][];
        for (int v = 0; v < views; v++) {
            if (v < View.SYMMETRIES) {
                view.turned(crop.piece(), v, pixels, 0);
            } else {
                view.varied(crop, random, pixels, null, 0);
            }
            binding.input(ClassificationNet.IMAGE).data().duplicate().put(pixels);
            binding.run();
            FloatBuffer out =
                    binding.output(SEEN)
                            .data()
                            .duplicate()
                            .order(ByteOrder.nativeOrder())
                            .asFloatBuffer();
            rows[v] = new float[out.capacity()];
            out.get(rows[v]);
        }
        return rows;
    }

    /** What standardises each feature: its mean and the reciprocal of its deviation. */
    private static void measure(float[][] rows, float[] mean, float[] scale) {
        double[] sums = new double[mean.length];
        double[] squares = new double[mean.length];
        for (float[] row : rows) {
            for (int k = 0; k < row.length; k++) {
                sums[k] += row[k];
                squares[k] += (double) row[k] * row[k];
            }
        }
        for (int k = 0; k < mean.length; k++) {
            double middle = sums[k] / rows.length;
            double variance = Math.max(0, squares[k] / rows.length - middle * middle);
            mean[k] = (float) middle;
            scale[k] = (float) (1 / (Math.sqrt(variance) + 1e-3));
        }
    }

    /** From pixels to {@code [N,F]}. */
    private Value backbone(GraphBuilder graph) throws IOException {
        int side = settings.side();
        Value pixels = graph.input(ClassificationNet.IMAGE, DataType.UINT8, "N", 3, side, side);
        Value numbers =
                graph.named(
                        "numbers",
                        "Cast",
                        List.of(pixels),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        Value scaled = graph.named("scaled", "Mul", List.of(numbers, graph.scalar(1 / 127.5f)));
        Value normalised = graph.named("normalised", "Sub", List.of(scaled, graph.scalar(1)));
        Map<String, Value> layers =
                backbone.append(graph, normalised, LAYERS.get(LAYERS.size() - 1));
        List<Value> pooled = new ArrayList<>();
        for (String layer : LAYERS) {
            Value at = layers.get(layer);
            if (at == null) {
                throw new IOException("the backbone has no layer " + layer);
            }
            for (String pooling : List.of("GlobalAveragePool", "GlobalMaxPool")) {
                Value one = graph.named(layer + "." + pooling, pooling, List.of(at));
                pooled.add(graph.named(layer + "." + pooling + ".flat", "Flatten", List.of(one)));
            }
        }
        return graph.named("pooled", "Concat", pooled, Attribute.integer("axis", 1));
    }

    private Graph head(int width, float[] weight) {
        GraphBuilder graph = new GraphBuilder("head");
        Value rows = graph.input(FEATURES, DataType.FLOAT, "N", width);
        Value logits = gemm(graph, rows, width, weight, new float[labels.size()]);
        graph.output("scores", logits, DataType.FLOAT, "N", labels.size());
        return graph.graph();
    }

    private Value gemm(GraphBuilder graph, Value rows, int width, float[] weight, float[] bias) {
        int classes = labels.size();
        return graph.named(
                ClassificationNet.LOGITS,
                "Gemm",
                List.of(
                        rows,
                        graph.constant(WEIGHT, weight, classes, width),
                        graph.constant(BIAS, bias, classes)),
                Attribute.integer("transB", 1));
    }

    /** Backbone and head in one graph; standardising is folded into the head. */
    private Graph whole(float[] mean, float[] scale, float[] weight, float[] bias)
            throws IOException {
        int width = mean.length;
        float[] folded = new float[weight.length];
        float[] moved = bias.clone();
        for (int k = 0; k < labels.size(); k++) {
            double offset = 0;
            for (int i = 0; i < width; i++) {
                folded[k * width + i] = weight[k * width + i] * scale[i];
                offset += (double) folded[k * width + i] * mean[i];
            }
            moved[k] -= (float) offset;
        }
        GraphBuilder graph = new GraphBuilder("classification");
        Value logits = gemm(graph, backbone(graph), width, folded, moved);
        Value softmax =
                graph.named("softmax", "Softmax", List.of(logits), Attribute.integer("axis", 1));
        graph.output(ClassificationNet.PROBABILITY, softmax, DataType.FLOAT, "N", labels.size());
        return graph.graph();
    }
}
