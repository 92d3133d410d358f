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
import io.karu.onnx.Graph;
import io.karu.onnx.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Trains what compression cost back, by distillation: the compressed graph learns to see in good
 * images, and the same with drawn defects, what its parent sees. No label is needed.
 */
final class Recovery {
    private static final int BATCH = 32;
    private static final int STEPS_EACH = 50;
    private static final double QUANTIZED_RATE = 1e-4;
    private static final double PRUNED_RATE = 2e-3;

    private final InferenceEngine engine;
    private final PixelSamples calibration;
    private final PixelSamples training;
    private final QuantizationScheme scheme;
    private final long seed;
    private final Consumer<String> progress;

    /**
     * @param calibration choose ranges and channels
     * @param training are learned from; more images are better
     */
    Recovery(
            InferenceEngine engine,
            PixelSamples calibration,
            PixelSamples training,
            QuantizationScheme scheme,
            long seed,
            Consumer<String> progress) {
        this.engine = engine;
        this.calibration = calibration.and(calibration.withDefects(seed));
        this.training = training;
        this.scheme = scheme;
        this.seed = seed;
        this.progress = progress;
    }

    /** Quantization-aware training from the plain quantization of the smallest squared error. */
    Made quantizationAware(Graph folded, int epochs) throws Exception {
        PostTrainingQuantization quantization =
                new PostTrainingQuantization(engine, folded, calibration, Set.of(), scheme, seed);
        Quantized plain = quantization.quantize(new Calibrator.MeanSquaredError(), Set.of());
        Graph trained =
                distil(
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

    /** Channels removed and the rest recovered, in floating point. */
    Graph prune(Graph folded, double part, int epochs) throws Exception {
        Graph smaller = new ChannelPruning(engine, folded, calibration).remove(part);
        return distil(
                folded,
                smaller,
                QuantizationPlan.of(folded, Set.of()).ends(folded),
                epochs,
                PRUNED_RATE);
    }

    private Graph distil(Graph parent, Graph child, List<String> tensors, int epochs, double rate)
            throws Exception {
        TensorType input = parent.inputs().get(0);
        long[] shape =
                calibration.shapes().get(input.name()).stream()
                        .mapToLong(Long::longValue)
                        .toArray();
        TrainingPlan plan =
                TrainingPlan.builder()
                        .seed(seed)
                        .epochs(epochs, STEPS_EACH)
                        .optimizer(Optimizer.adamW(0), rate, Schedule.cosine(0.05, 0.01))
                        .clip(1)
                        .listener(
                                (step, of, metrics) -> {
                                    if (step % STEPS_EACH == 0) {
                                        progress.accept(
                                                "distillation step "
                                                        + step
                                                        + " of "
                                                        + of
                                                        + " "
                                                        + metrics);
                                    }
                                })
                        .build();
        try (TrainableGraph teacher = TrainableGraph.of(parent);
                TrainableGraph student = TrainableGraph.of(child)) {
            new TrainingRun(student, plan)
                    .run(
                            step -> {
                                byte[] batch = batch(step, input.name());
                                long[] batched = shape.clone();
                                batched[0] = BATCH;
                                NDArray pixels = step.pixels(batch, batched);
                                Map<String, NDArray> feeds = Map.of(input.name(), pixels);
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

    /** Images mirrored and turned by chance; a quarter of them with newly drawn defects. */
    private byte[] batch(Step step, String input) {
        int[] picked = step.pick(training.size(), BATCH);
        List<Map<String, byte[]>> images = new ArrayList<>();
        for (int i = 0; i < BATCH; i++) {
            PixelSamples one =
                    new PixelSamples(training.shapes(), List.of(training.images().get(picked[i])));
            images.add(
                    (i % 2 == 0 ? one : one.withDefects(step.random().nextLong())).images().get(0));
        }
        int size = images.get(0).get(input).length;
        byte[] batch = new byte[BATCH * size];
        for (int i = 0; i < BATCH; i++) {
            System.arraycopy(images.get(i).get(input), 0, batch, i * size, size);
        }
        return batch;
    }
}
