package io.karu.training.compression;

import ai.djl.ndarray.NDArray;
import io.karu.api.inference.InferenceEngine;
import io.karu.compression.BestQuantization;
import io.karu.compression.Calibrator;
import io.karu.compression.ChannelPruning;
import io.karu.compression.CompressionGrid.Made;
import io.karu.compression.PixelSamples;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.QuantizationPlan;
import io.karu.compression.QuantizationScheme;
import io.karu.compression.Quantized;
import io.karu.learning.djl.Optimizer;
import io.karu.learning.djl.Schedule;
import io.karu.learning.djl.Step;
import io.karu.learning.djl.TrainableGraph;
import io.karu.learning.djl.TrainingPlan;
import io.karu.learning.djl.TrainingRun;
import io.karu.modelversion.Sha256;
import io.karu.onnx.Graph;
import io.karu.training.Progress;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Trains what compression cost back, by distillation: the compressed graph learns to see in good
 * images, and the same with drawn defects, what its parent sees. No label is needed.
 */
final class Recovery {
    private static final int BATCH = 32;
    private static final int STEPS_EACH = 50;
    private static final double QUANTIZED_RATE = 1e-4;
    private static final double PRUNED_RATE = 2e-3;

    /** Part of the work that is removed in one step. */
    private static final double AT_ONCE = 1 / 3.0;

    private final InferenceEngine engine;
    private final Material material;
    private final PixelSamples calibration;
    private final QuantizationScheme scheme;
    private final long seed;
    private final Path state;
    private final Progress progress;

    /**
     * @param state folder of checkpoints: started again, a training goes on from there
     */
    Recovery(
            InferenceEngine engine,
            Material material,
            QuantizationScheme scheme,
            long seed,
            Path state,
            Progress progress) {
        this.engine = engine;
        this.material = material;
        this.calibration = material.calibration().and(material.damaged());
        this.scheme = scheme;
        this.seed = seed;
        this.state = state;
        this.progress = progress;
    }

    /** Quantization-aware training from the plain quantization of the smallest squared error. */
    Made quantizationAware(Graph folded, int epochs) throws Exception {
        PostTrainingQuantization quantization =
                new PostTrainingQuantization(engine, folded, calibration, Set.of(), scheme, seed);
        Quantized plain = quantization.quantize(new Calibrator.MeanSquaredError(), Set.of());
        Graph trained =
                distil(
                        "quantization-aware training",
                        folded,
                        quantization.simulate(plain),
                        plain.plan().ends(folded),
                        epochs,
                        QUANTIZED_RATE);
        return Made.of(
                quantization.freeze(
                        plain, trained, "quantization-aware training, " + epochs + " epochs"));
    }

    /** Channels removed, recovered, then quantized. */
    Made pruned(Graph folded, double part, int epochs) throws Exception {
        Graph recovered = prune(folded, part, epochs);
        Quantized quantized =
                BestQuantization.of(engine, recovered, calibration, Set.of(), scheme, seed);
        List<String> steps = new ArrayList<>();
        steps.add("remove channels of " + Math.round(part * 100) + " % of the work");
        steps.add("distillation, " + epochs + " epochs");
        steps.addAll(quantized.steps());
        return new Made(quantized.graph(), "int8", steps, quantized.base(), quantized.ranges());
    }

    /**
     * Channels removed and the rest recovered, in floating point. What is more than a third of the
     * work goes in two steps with a recovery after each: what remains can then take over before it
     * is judged again.
     */
    Graph prune(Graph folded, double part, int epochs) throws Exception {
        if (part <= AT_ONCE || epochs < 2) {
            return recover("recovery", folded, folded, part, epochs);
        }
        double first = 1 - Math.sqrt(1 - part);
        Graph half = recover("first recovery", folded, folded, first, epochs / 3 + 1);
        return recover(
                "second recovery",
                folded,
                half,
                1 - (1 - part) / (1 - first),
                epochs - epochs / 3 - 1);
    }

    private Graph recover(String what, Graph parent, Graph from, double part, int epochs)
            throws Exception {
        Graph smaller = new ChannelPruning(engine, from, calibration).remove(part);
        return distil(
                what + " from " + Math.round(100 * part) + " % pruned",
                parent,
                smaller,
                QuantizationPlan.of(parent, Set.of()).ends(parent),
                epochs,
                PRUNED_RATE);
    }

    private Graph distil(
            String what, Graph parent, Graph child, List<String> tensors, int epochs, double rate)
            throws Exception {
        PixelSamples training = material.training();
        String input = parent.inputs().get(0).name();
        List<Long> piece = training.shapes().get(input);
        int pieces = Math.max(1, BATCH / piece.get(0).intValue());
        long[] shape = piece.stream().mapToLong(Long::longValue).toArray();
        shape[0] *= pieces;
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(epochs, STEPS_EACH)
                        .optimizer(Optimizer.adamW(0), rate, Schedule.cosine(0.05, 0.01))
                        .clip(1)
                        .checkpoints(
                                state.resolve(what.replaceAll("[^a-z0-9]+", "-")),
                                Duration.ofMinutes(1))
                        .identity(identity(parent, child))
                        .cancelledWhen(progress::isCancelled)
                        .listener(
                                (step, of, metrics) -> {
                                    if (step == 1) {
                                        progress.begin(what, of, "steps");
                                    }
                                    progress.at(step, metrics.toString());
                                })
                        .build();
        try (TrainableGraph teacher = TrainableGraph.of(parent);
                TrainableGraph student = TrainableGraph.of(child)) {
            new TrainingRun(student, plan)
                    .run(
                            step -> {
                                NDArray pixels = step.pixels(batch(step, input, pieces), shape);
                                Map<String, NDArray> feeds = Map.of(input, pixels);
                                Map<String, NDArray> wanted =
                                        teacher.predict(step.manager(), feeds, tensors);
                                Map<String, NDArray> is = step.forward(feeds, tensors);
                                NDArray loss = null;
                                for (String tensor : tensors) {
                                    NDArray difference = is.get(tensor).sub(wanted.get(tensor));
                                    NDArray relative =
                                            difference
                                                    .square()
                                                    .mean()
                                                    .div(
                                                            wanted.get(tensor)
                                                                    .square()
                                                                    .mean()
                                                                    .add(1e-6f));
                                    loss = loss == null ? relative : loss.add(relative);
                                }
                                return loss.div(tensors.size());
                            });
            return student.writeBack();
        }
    }

    /** Every other image with newly drawn defects, unless the material has its own. */
    private byte[] batch(Step step, String input, int pieces) {
        PixelSamples training = material.training();
        int[] picked = step.pick(training.size(), pieces);
        byte[] batch = null;
        for (int i = 0; i < pieces; i++) {
            PixelSamples one = training.of(picked[i]);
            boolean draws = material.drawsDefects() && i % 2 == 1;
            PixelSamples shown = draws ? one.withDefects(step.random().nextLong()) : one;
            byte[] image = shown.images().get(0).get(input);
            if (batch == null) {
                batch = new byte[pieces * image.length];
            }
            System.arraycopy(image, 0, batch, i * image.length, image.length);
        }
        return batch;
    }

    /** A checkpoint of other graphs or images is not gone on from. */
    private String identity(Graph parent, Graph child) {
        MessageDigest all = Sha256.begin();
        all.update(parent.toProto().toByteArray());
        all.update(child.toProto().toByteArray());
        material.training().images().forEach(image -> image.values().forEach(all::update));
        return Sha256.end(all).value();
    }
}
