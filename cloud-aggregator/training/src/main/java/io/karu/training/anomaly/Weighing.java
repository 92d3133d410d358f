package io.karu.training.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.PatchMemory;
import io.karu.learning.anomaly.PatchMemory.Left;
import io.karu.learning.anomaly.SyntheticDefect;
import io.karu.learning.metric.Auroc;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Chooses how much the whole part weighs in its score: by good parts against synthetic defects on
 * good parts, each as if the memory had not seen it. A defective part is always one of which no
 * good image exists; whether a good one may have been seen before is the split's to say.
 */
final class Weighing {
    private static final double[] WEIGHTS = {0, 0.25, 0.5, 0.75, 1};
    private static final int A_PRODUCT = 60;

    private Weighing() {}

    /** The weight with the highest AUROC on a product; the lowest of equals. */
    static double best(InferenceEngine engine, PatchMemory memory, AnomalyParts product)
            throws IOException, InferenceException {
        double[] values = aurocs(engine, memory, product);
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] + 1e-9 ? i : best;
        }
        return WEIGHTS[best];
    }

    private static double[] aurocs(InferenceEngine engine, PatchMemory memory, AnomalyParts product)
            throws IOException, InferenceException {
        SplittableRandom random = new SplittableRandom(memory.settings().seed() + 2);
        List<GoodPart> good = new ArrayList<>();
        List<GoodPart> damaged = new ArrayList<>();
        int wanted = Math.min(A_PRODUCT, product.good().size());
        for (int i = 0; i < wanted; i++) {
            GoodPart part = product.good().get((int) ((long) i * product.good().size() / wanted));
            SyntheticDefect kind = SyntheticDefect.values()[i % SyntheticDefect.values().length];
            GrayImage image = kind.draw(part.image().read(), random).image();
            good.add(part);
            damaged.add(new GoodPart(part.product(), part.part(), part.shot(), () -> image));
        }
        float[][] fine = memory.distances(engine, good, product.met());
        float[][] bad = memory.distances(engine, damaged, Left.PART);
        boolean[] defective = new boolean[2 * wanted];
        Arrays.fill(defective, wanted, 2 * wanted, true);
        double[] values = new double[WEIGHTS.length];
        for (int w = 0; w < WEIGHTS.length; w++) {
            PatchMemory weighed = memory.withWhole(WEIGHTS[w]);
            double[] scores = new double[2 * wanted];
            for (int i = 0; i < wanted; i++) {
                scores[i] = weighed.score(product.product(), fine[i]);
                scores[wanted + i] = weighed.score(product.product(), bad[i]);
            }
            values[w] = Auroc.of(scores, defective);
        }
        return values;
    }
}
