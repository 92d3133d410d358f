package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.DoubleConsumer;

/**
 * An anomaly model from good parts only: features, {@linkplain PatchEmbedding embedding}, {@link
 * MemoryBank}, and the distance of each patch to the nearest remembered one, all in one ONNX graph.
 * One model may hold several products.
 *
 * <p>A part's score is the power mean of its patches' distances: an exponent of 1 asks how foreign
 * the whole part is, a high one how foreign its worst patch.
 */
public final class PatchMemory {
    /** The graph's input, UINT8 {@code [1,1,H,W]}. */
    public static final String IMAGE = GraphRunner.IMAGE;

    /** The graph's output for the whole part, FLOAT {@code [1]}, 0 to 1. */
    public static final String SCORE = "score";

    /** The graph's map of scores, FLOAT {@code [1,1,rows,columns]}, 0 to 1. */
    public static final String MAP = "map";

    /** Cells of the map for each patch, on both axes. */
    private static final int ENLARGED = 4;

    private final Settings settings;
    private final PatchEmbedding embedding;
    private final MemoryBank bank;
    private final int[] groups;
    private final Map<String, Integer> groupNumbers;
    private final double usual;

    /**
     * How to learn.
     *
     * @param extractor of features
     * @param cellChannels principal components kept of each cell's features
     * @param window cells on a side that one patch covers, even
     * @param dimension numbers that describe a patch
     * @param budget of the memory
     * @param pool patches of which the memory is chosen, all products together
     * @param exponent of the power mean, at least 1
     * @param change what a patch must not mind
     * @param seed of every random choice
     */
    public record Settings(
            Extractor extractor,
            int cellChannels,
            int window,
            int dimension,
            MemoryBank.Budget budget,
            int pool,
            double exponent,
            ExposureChange change,
            long seed) {
        public Settings {
            Objects.requireNonNull(extractor, "extractor");
            Objects.requireNonNull(budget, "budget");
            Objects.requireNonNull(change, "change");
            if (window < 2 || window % 2 != 0) {
                throw new IllegalArgumentException("window must be even, was " + window);
            }
            if (!(exponent >= 1)) {
                throw new IllegalArgumentException("exponent must be at least 1, was " + exponent);
            }
        }

        /** Settings that did well on held-out good parts with synthetic defects. */
        public static Settings usual(Extractor extractor, long seed) {
            return new Settings(
                    extractor,
                    16,
                    6,
                    48,
                    MemoryBank.Budget.floats(3_840_000, seed),
                    60_000,
                    2,
                    ExposureChange.USUAL,
                    seed);
        }

        /** The same with another budget. */
        public Settings with(MemoryBank.Budget other) {
            return new Settings(
                    extractor,
                    cellChannels,
                    window,
                    dimension,
                    other,
                    pool,
                    exponent,
                    change,
                    seed);
        }

        /** The same with another exponent. */
        public Settings withExponent(double other) {
            return new Settings(
                    extractor, cellChannels, window, dimension, budget, pool, other, change, seed);
        }
    }

    private PatchMemory(
            Settings settings,
            PatchEmbedding embedding,
            MemoryBank bank,
            int[] groups,
            Map<String, Integer> groupNumbers,
            double usual) {
        this.settings = settings;
        this.embedding = embedding;
        this.bank = bank;
        this.groups = groups;
        this.groupNumbers = groupNumbers;
        this.usual = usual;
    }

    /**
     * Learns from good parts.
     *
     * @param progress told the share done, 0 to 1
     */
    public static PatchMemory learn(
            InferenceEngine engine, List<GoodPart> good, Settings settings, DoubleConsumer progress)
            throws IOException, InferenceException {
        if (good.size() < 2) {
            throw new IllegalArgumentException(
                    good.size() + " images of good parts; at least 2 are needed");
        }
        PatchEmbedding embedding = PatchEmbedding.learn(engine, good, settings);
        progress.accept(0.6);
        Features pool = new Features(settings.dimension());
        List<Integer> origins = new ArrayList<>();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        SplittableRandom random = new SplittableRandom(settings.seed() + 1);
        Map<String, Long> images = new LinkedHashMap<>();
        good.forEach(part -> images.merge(part.product(), 1L, Long::sum));
        float[] vector = new float[settings.dimension()];
        try (GraphRunner runner = embedding.runner(engine)) {
            for (GoodPart part : good) {
                int group = numbers.computeIfAbsent(key(part), key -> numbers.size());
                FeatureMap map = runner.run(part.image().read());
                int cells = map.rows() * map.columns();
                double each = (double) settings.pool() / images.size() / images.get(part.product());
                for (int cell = 0; cell < cells; cell++) {
                    if (random.nextDouble() * cells < each) {
                        map.cell(cell / map.columns(), cell % map.columns(), vector);
                        pool.add(vector, 0);
                        origins.add(group);
                    }
                }
            }
        }
        progress.accept(0.8);
        MemoryBank bank = MemoryBank.remember(pool, settings.budget());
        int[] groups = new int[bank.count()];
        for (int row = 0; row < groups.length; row++) {
            groups[row] = origins.get(bank.origin(row));
        }
        progress.accept(0.95);
        PatchMemory memory = new PatchMemory(settings, embedding, bank, groups, numbers, 1);
        double usual = memory.usualDistance(engine, good);
        progress.accept(1);
        return new PatchMemory(settings, embedding, bank, groups, numbers, usual);
    }

    /** What it remembers. */
    public MemoryBank bank() {
        return bank;
    }

    /** How it learned. */
    public Settings settings() {
        return settings;
    }

    /** The same memory, whose parts' scores take another exponent. */
    public PatchMemory withExponent(double exponent) {
        return new PatchMemory(
                settings.withExponent(exponent), embedding, bank, groups, groupNumbers, usual);
    }

    /**
     * Scores that images would have if the memory had never seen their parts: what it remembers of
     * the same part is left out.
     *
     * @param parts whose {@link GoodPart#product} and {@link GoodPart#part} say what is left out;
     *     the image may be a damaged one
     */
    public double[] scoresAsNew(InferenceEngine engine, List<GoodPart> parts)
            throws IOException, InferenceException {
        float[][] distances = distancesAsNew(engine, parts);
        double[] scores = new double[distances.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = score(distances[i]);
        }
        return scores;
    }

    /** Distances of the patches of each image, as for {@link #scoresAsNew}. */
    public float[][] distancesAsNew(InferenceEngine engine, List<GoodPart> parts)
            throws IOException, InferenceException {
        float[][] all = new float[parts.size()][];
        try (GraphRunner runner = embedding.runner(engine)) {
            for (int i = 0; i < all.length; i++) {
                GoodPart part = parts.get(i);
                all[i] =
                        distances(
                                runner.run(part.image().read()),
                                groupNumbers.getOrDefault(key(part), -1));
            }
        }
        return all;
    }

    /** Numbers in the graph: filters, embedding and what is remembered. */
    public long parameters() {
        long cell = (long) settings.cellChannels() * (settings.extractor().channels() + 1);
        long patch =
                settings.dimension()
                        * ((long) settings.cellChannels() * settings.window() * settings.window()
                                + 1);
        return settings.extractor().parameters()
                + cell
                + patch
                + bank.count() * (bank.dimension() + 1L);
    }

    /** Multiplications and additions of the convolutions for an image of that size. */
    public long macs(int width, int height) {
        int stride = settings.extractor().stride();
        long cells = (long) (width / stride) * (height / stride);
        long patches = (long) (width / embedding.stride()) * (height / embedding.stride());
        long window = (long) settings.window() * settings.window();
        return settings.extractor().macs(width, height)
                + cells * settings.cellChannels() * settings.extractor().channels()
                + patches * settings.dimension() * settings.cellChannels() * window
                + patches * bank.count() * bank.dimension();
    }

    /** The whole model: pixels in, score and map out. */
    public ModelProto toModel(String name) throws IOException {
        GraphBuilder graph = new GraphBuilder(name);
        Value patches = embedding.append(graph, PatchEmbedding.pixels(graph));
        Value distances = BankGraph.distances(graph, patches, bank);
        Value powers = graph.node("Pow", distances, graph.scalar((float) settings.exponent()));
        Value mean =
                graph.node(
                        "ReduceMean",
                        List.of(powers),
                        Attribute.integers("axes", 1, 2, 3),
                        Attribute.integer("keepdims", 0));
        Value score = graph.node("Pow", mean, graph.scalar((float) (1 / settings.exponent())));
        graph.output(SCORE, BankGraph.share(graph, score, usual), DataType.FLOAT, 1);
        Value smooth =
                graph.node(
                        "AveragePool",
                        List.of(distances),
                        Attribute.integers("kernel_shape", 3, 3),
                        Attribute.integers("strides", 1, 1),
                        Attribute.integers("pads", 1, 1, 1, 1));
        Value map = BankGraph.enlarge(graph, smooth, ENLARGED);
        graph.output(
                MAP, BankGraph.share(graph, map, usual), DataType.FLOAT, 1, 1, "rows", "columns");
        return graph.build();
    }

    /** Median over good parts, each left out, of the power mean. */
    private double usualDistance(InferenceEngine engine, List<GoodPart> good)
            throws IOException, InferenceException {
        int wanted = Math.min(good.size(), 40);
        List<Double> means = new ArrayList<>();
        try (GraphRunner runner = embedding.runner(engine)) {
            for (int i = 0; i < wanted; i++) {
                GoodPart part = good.get((int) ((long) i * good.size() / wanted));
                GrayImage image = part.image().read();
                double mean = powerMean(distances(runner.run(image), groupNumbers.get(key(part))));
                if (Double.isFinite(mean)) {
                    means.add(mean);
                }
            }
        }
        means.sort(Double::compare);
        return means.isEmpty() ? 1 : Math.max(1e-6, means.get(means.size() / 2));
    }

    private float[] distances(FeatureMap map, int left) {
        float[] distances = new float[map.rows() * map.columns()];
        float[] vector = new float[map.channels()];
        for (int cell = 0; cell < distances.length; cell++) {
            map.cell(cell / map.columns(), cell % map.columns(), vector);
            distances[cell] = bank.nearest(vector, 0, groups, left).distance();
        }
        return distances;
    }

    /** Score of a part whose patches have these distances. */
    public double score(float[] distances) {
        double mean = powerMean(distances);
        return Double.isInfinite(mean) ? 1 : mean / (mean + usual);
    }

    private double powerMean(float[] distances) {
        double sum = 0;
        for (float distance : distances) {
            sum += Math.pow(distance, settings.exponent());
        }
        return Math.pow(sum / distances.length, 1 / settings.exponent());
    }

    private static String key(GoodPart part) {
        return part.product() + '\n' + part.part();
    }
}
