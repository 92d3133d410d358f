package io.karu.training.anomaly;

import io.karu.api.inference.ElementType;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.GoodScores;
import io.karu.learning.anomaly.PatchMemory;
import io.karu.learning.anomaly.PatchMemory.Settings;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.AnomalyInspector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;

/**
 * A memory of good parts with the thresholds that follow from them.
 *
 * @param memory what was learned
 * @param goodScores by product: scores of good parts, each as if it had never been seen
 * @param falseRejectRate that the thresholds keep
 * @param confidence with which they keep it
 */
record AnomalyModel(
        PatchMemory memory,
        Map<String, GoodScores> goodScores,
        double falseRejectRate,
        double confidence) {
    private static final int SCORED = 120;

    /**
     * Learns.
     *
     * @param whole weight of the whole part in its score; NaN chooses it by synthetic defects
     */
    static AnomalyModel learn(
            InferenceEngine engine,
            List<AnomalyParts> products,
            Settings settings,
            double whole,
            double falseRejectRate,
            double confidence,
            DoubleConsumer progress)
            throws IOException, InferenceException {
        List<GoodPart> good = new ArrayList<>();
        products.forEach(product -> good.addAll(product.good()));
        PatchMemory memory =
                PatchMemory.learn(engine, good, settings, done -> progress.accept(0.8 * done));
        if (Double.isNaN(whole)) {
            memory = memory.withWhole(Weighing.best(engine, memory, products));
        } else {
            memory = memory.withWhole(whole);
        }
        Map<String, GoodScores> scores = new LinkedHashMap<>();
        for (AnomalyParts product : products) {
            List<GoodPart> some = new ArrayList<>();
            int wanted = Math.min(SCORED, product.good().size());
            for (int i = 0; i < wanted; i++) {
                some.add(product.good().get((int) ((long) i * product.good().size() / wanted)));
            }
            scores.put(product.product(), GoodScores.of(memory.scoresAsNew(engine, some)));
            progress.accept(0.8 + 0.2 * scores.size() / products.size());
        }
        return new AnomalyModel(memory, scores, falseRejectRate, confidence);
    }

    /**
     * The card: a threshold for each product, the highest as the card's own, and the good scores
     * from which other thresholds can be chosen.
     */
    ModelCard card(String name, String version) {
        Map<String, Double> parameters = new LinkedHashMap<>();
        double highest = 0;
        for (Map.Entry<String, GoodScores> product : goodScores.entrySet()) {
            double threshold = product.getValue().threshold(falseRejectRate, confidence).value();
            parameters.put(AnomalyInspector.THRESHOLD + "." + product.getKey(), threshold);
            parameters.putAll(product.getValue().toParameters(product.getKey()));
            highest = Math.max(highest, threshold);
        }
        parameters.put(AnomalyInspector.THRESHOLD, highest);
        parameters.put("falseRejectRate", falseRejectRate);
        parameters.put("confidence", confidence);
        return new ModelCard(
                name,
                version,
                ModelCard.Task.ANOMALY,
                List.of("anomaly"),
                List.of(
                        new TensorInfo(
                                PatchMemory.IMAGE, ElementType.UINT8, List.of(1L, 1L, -1L, -1L))),
                List.of(
                        new TensorInfo(PatchMemory.SCORE, ElementType.FLOAT, List.of(1L)),
                        new TensorInfo(
                                PatchMemory.MAP, ElementType.FLOAT, List.of(1L, 1L, -1L, -1L))),
                parameters,
                "Remembers "
                        + memory.bank().count()
                        + " patches of good "
                        + String.join(", ", goodScores.keySet()));
    }

    /** Raw pixels of an image. */
    static byte[] bytes(GrayImage image) {
        return java.util.Arrays.copyOf(image.pixels(), image.width() * image.height());
    }
}
