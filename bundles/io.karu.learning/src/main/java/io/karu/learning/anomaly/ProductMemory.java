package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.learning.anomaly.PatchMemory.Left;
import io.karu.learning.anomaly.PatchMemory.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;

/**
 * What is remembered of one product.
 *
 * @param embedding of its patches
 * @param bank of good ones
 * @param origins of the bank's rows
 * @param usual median over good parts, each left out, of how foreign they are
 */
record ProductMemory(PatchEmbedding embedding, MemoryBank bank, Origins origins, double usual) {
    private static final int PARTS_FOR_USUAL = 40;

    static ProductMemory learn(
            InferenceEngine engine,
            List<GoodPart> good,
            Settings settings,
            MemoryBank.Budget budget,
            DoubleConsumer progress)
            throws IOException, InferenceException {
        PatchEmbedding embedding = PatchEmbedding.learn(engine, good, settings);
        progress.accept(0.6);
        Features pool = new Features(settings.dimension());
        Origins.Builder sources = new Origins.Builder();
        SplittableRandom random = new SplittableRandom(settings.seed() + 1);
        try (GraphRunner runner = embedding.runner(engine)) {
            for (GoodPart part : good) {
                double wanted = (double) settings.pool() / good.size();
                collect(runner.run(part.image().read()), wanted, random, pool);
                sources.add(part, pool.count());
            }
        }
        progress.accept(0.8);
        MemoryBank chosen = MemoryBank.remember(pool, budget);
        Origins origins = sources.of(chosen);
        MemoryBank bank = chosen.spaced(origins.groups(Left.PART));
        progress.accept(0.95);
        ProductMemory memory = new ProductMemory(embedding, bank, origins, 1);
        double usual = memory.usualDistance(engine, good, settings);
        progress.accept(1);
        return new ProductMemory(embedding, bank, origins, usual);
    }

    /** Adds about so many of an image's patches to the pool. */
    private static void collect(
            FeatureMap map, double wanted, SplittableRandom random, Features pool) {
        int cells = map.rows() * map.columns();
        float[] vector = new float[map.channels()];
        for (int cell = 0; cell < cells; cell++) {
            if (random.nextDouble() * cells < wanted) {
                map.cell(cell / map.columns(), cell % map.columns(), vector);
                pool.add(vector, 0);
            }
        }
    }

    private double usualDistance(InferenceEngine engine, List<GoodPart> good, Settings settings)
            throws IOException, InferenceException {
        List<Double> means = new ArrayList<>();
        try (GraphRunner runner = embedding.runner(engine)) {
            for (GoodPart part : PatchEmbedding.evenly(good, PARTS_FOR_USUAL)) {
                double mean = foreignness(distances(runner, part, Left.PART), settings.whole());
                if (Double.isFinite(mean)) {
                    means.add(mean);
                }
            }
        }
        means.sort(Double::compare);
        return means.isEmpty() ? 1 : Math.max(1e-6, means.get(means.size() / 2));
    }

    /** Distances of an image's patches to all that is remembered but what is left out. */
    float[] distances(GraphRunner runner, GoodPart part, Left left)
            throws IOException, InferenceException {
        FeatureMap map = runner.run(part.image().read());
        int[] groups = origins.groups(left);
        int number = origins.number(left, part);
        float[] distances = new float[map.rows() * map.columns()];
        float[] vector = new float[map.channels()];
        for (int cell = 0; cell < distances.length; cell++) {
            map.cell(cell / map.columns(), cell % map.columns(), vector);
            distances[cell] = bank.nearest(vector, 0, groups, number).distance();
        }
        return distances;
    }

    ProductMemory scaled(double factor) {
        return new ProductMemory(embedding, bank, origins, usual * factor);
    }

    /** Score of a part whose patches have these distances. */
    double score(float[] distances, double weightOfWhole) {
        double foreign = foreignness(distances, weightOfWhole);
        return Double.isInfinite(foreign) ? 1 : foreign / (foreign + usual);
    }

    private static double foreignness(float[] distances, double weightOfWhole) {
        double sum = 0;
        double powers = 0;
        for (float distance : distances) {
            sum += distance;
            powers += Math.pow(distance, PatchMemory.WORST);
        }
        double whole = sum / distances.length;
        double worst = Math.pow(powers / distances.length, 1.0 / PatchMemory.WORST);
        return Math.pow(whole, weightOfWhole) * Math.pow(worst, 1 - weightOfWhole);
    }
}
