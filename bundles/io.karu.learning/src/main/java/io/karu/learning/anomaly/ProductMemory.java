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
import java.util.stream.IntStream;

/**
 * What is remembered of one product. A patch's squared distance is the mean of those by each kind
 * of features, each relative to what is usual for it.
 *
 * @param embedding of its patches
 * @param kinds what is remembered by each kind of features
 * @param usual median over good parts, each left out, of how foreign they are
 */
record ProductMemory(PatchEmbedding embedding, List<Kind> kinds, double usual) {
    private static final int PARTS_FOR_USUAL = 40;

    /**
     * What is remembered by one kind of features.
     *
     * @param bank of good patches
     * @param origins of the bank's rows
     * @param usual as a product's, by this kind alone; 1 where there is no other
     */
    record Kind(MemoryBank bank, Origins origins, double usual) {}

    static ProductMemory learn(
            InferenceEngine engine,
            List<GoodPart> good,
            Settings settings,
            MemoryBank.Budget budget,
            DoubleConsumer progress)
            throws IOException, InferenceException {
        PatchEmbedding embedding = PatchEmbedding.learn(engine, good, settings);
        progress.accept(0.6);
        List<Extractor.Kind> described = settings.extractor().kinds();
        List<Features> pools =
                described.stream().map(kind -> new Features(settings.dimension())).toList();
        Origins.Builder sources = new Origins.Builder();
        SplittableRandom random = new SplittableRandom(settings.seed() + 1);
        try (GraphRunner runner = embedding.runner(engine)) {
            for (GoodPart part : good) {
                double wanted = (double) settings.pool() / good.size();
                collect(runner.run(part.image().read()), wanted, random, pools);
                sources.add(part, pools.get(0).count());
            }
        }
        progress.accept(0.8);
        List<Kind> kinds = new ArrayList<>();
        for (int k = 0; k < pools.size(); k++) {
            MemoryBank chosen = MemoryBank.remember(pools.get(k), budget.share(described.size()));
            Origins origins = sources.of(chosen);
            MemoryBank bank = chosen.spaced(origins.groups(Left.PART));
            kinds.add(new Kind(bank, origins, 1));
        }
        progress.accept(0.95);
        if (kinds.size() > 1) {
            balance(kinds, embedding, engine, good, settings);
        }
        ProductMemory memory = new ProductMemory(embedding, kinds, 1);
        double usual = memory.usualDistance(engine, good, settings);
        progress.accept(1);
        return new ProductMemory(embedding, kinds, usual);
    }

    /** Sets what is usual for each kind. */
    private static void balance(
            List<Kind> kinds,
            PatchEmbedding embedding,
            InferenceEngine engine,
            List<GoodPart> good,
            Settings settings)
            throws IOException, InferenceException {
        ProductMemory memory = new ProductMemory(embedding, List.copyOf(kinds), 1);
        for (int k = 0; k < kinds.size(); k++) {
            double usual = memory.usualDistance(engine, good, settings, List.of(k));
            kinds.set(k, new Kind(kinds.get(k).bank, kinds.get(k).origins, usual));
        }
    }

    /** How many patches are remembered. */
    int patches() {
        return kinds.stream().mapToInt(kind -> kind.bank.count()).sum();
    }

    /** Adds about so many of an image's patches to the pool. */
    private static void collect(
            FeatureMap map, double wanted, SplittableRandom random, List<Features> pools) {
        int cells = map.rows() * map.columns();
        float[] vector = new float[map.channels()];
        for (int cell = 0; cell < cells; cell++) {
            if (random.nextDouble() * cells < wanted) {
                map.cell(cell / map.columns(), cell % map.columns(), vector);
                for (int k = 0; k < pools.size(); k++) {
                    pools.get(k).add(vector, k * pools.get(k).dimension());
                }
            }
        }
    }

    private double usualDistance(InferenceEngine engine, List<GoodPart> good, Settings settings)
            throws IOException, InferenceException {
        return usualDistance(engine, good, settings, everyKind());
    }

    private double usualDistance(
            InferenceEngine engine, List<GoodPart> good, Settings settings, List<Integer> by)
            throws IOException, InferenceException {
        List<Double> means = new ArrayList<>();
        try (GraphRunner runner = embedding.runner(engine)) {
            for (GoodPart part : PatchEmbedding.evenly(good, PARTS_FOR_USUAL)) {
                float[] distances = distances(runner, part, Left.PART, by);
                double mean = foreignness(distances, settings.whole());
                if (Double.isFinite(mean)) {
                    means.add(mean);
                }
            }
        }
        means.sort(Double::compare);
        return means.isEmpty() ? 1 : Math.max(1e-6, means.get(means.size() / 2));
    }

    private List<Integer> everyKind() {
        return IntStream.range(0, kinds.size()).boxed().toList();
    }

    /** Distances of an image's patches to all that is remembered but what is left out. */
    float[] distances(GraphRunner runner, GoodPart part, Left left)
            throws IOException, InferenceException {
        return distances(runner, part, left, everyKind());
    }

    private float[] distances(GraphRunner runner, GoodPart part, Left left, List<Integer> by)
            throws IOException, InferenceException {
        FeatureMap map = runner.run(part.image().read());
        double[] squares = new double[map.rows() * map.columns()];
        float[] vector = new float[map.channels()];
        for (int k : by) {
            Kind kind = kinds.get(k);
            int offset = k * kind.bank.dimension();
            int[] groups = kind.origins.groups(left);
            int number = kind.origins.number(left, part);
            for (int cell = 0; cell < squares.length; cell++) {
                map.cell(cell / map.columns(), cell % map.columns(), vector);
                double distance =
                        kind.bank.nearest(vector, offset, groups, number).distance() / kind.usual;
                squares[cell] += distance * distance / by.size();
            }
        }
        float[] distances = new float[squares.length];
        for (int cell = 0; cell < distances.length; cell++) {
            distances[cell] = (float) Math.sqrt(squares[cell]);
        }
        return distances;
    }

    ProductMemory scaled(double factor) {
        return new ProductMemory(embedding, kinds, usual * factor);
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
