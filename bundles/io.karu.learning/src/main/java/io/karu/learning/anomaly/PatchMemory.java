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
 * <p>A part's score weighs how foreign the whole part is (the mean of its patches' distances) with
 * how foreign its worst patches are (their power mean of exponent {@value #WORST}):
 * whole<sup>w</sup> · worst<sup>1−w</sup>.
 */
public final class PatchMemory {
    /** The graph's input, UINT8 {@code [1,1,H,W]}. */
    public static final String IMAGE = GraphRunner.IMAGE;

    /** The graph's output for the whole part, FLOAT {@code [1]}, 0 to 1. */
    public static final String SCORE = "score";

    /**
     * The graph's output of what the score is made of, FLOAT {@code [2]}: whole and worst, both
     * relative to what is usual; a product with a weight of its own is scored by it.
     */
    public static final String EXTENT = "extent";

    /** The graph's map of scores, FLOAT {@code [1,1,rows,columns]}, 0 to 1. */
    public static final String MAP = "map";

    private static final int WORST = 16;

    /** Cells of the map for each patch, on both axes. */
    private static final int ENLARGED = 4;

    private final Settings settings;
    private final PatchEmbedding embedding;
    private final MemoryBank bank;
    private final Origins origins;
    private final double usual;

    /**
     * How to learn.
     *
     * @param extractor of features
     * @param cellChannels principal components kept of each cell's features
     * @param window cells on a side that one patch covers, even
     * @param dimension numbers that describe a patch
     * @param budget of the memory
     * @param pool patches of each product of which the memory is chosen
     * @param whole weight of the whole part against its worst patches, 0 to 1
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
            double whole,
            ExposureChange change,
            long seed) {
        public Settings {
            Objects.requireNonNull(extractor, "extractor");
            Objects.requireNonNull(budget, "budget");
            Objects.requireNonNull(change, "change");
            if (window < 2 || window % 2 != 0) {
                throw new IllegalArgumentException("window must be even, was " + window);
            }
            if (!(whole >= 0 && whole <= 1)) {
                throw new IllegalArgumentException("whole must be 0 to 1, was " + whole);
            }
        }

        /** Settings that did well on held-out good parts with synthetic defects. */
        public static Settings usual(Extractor extractor, long seed) {
            return new Settings(
                    extractor,
                    8 + 8 * extractor.kinds().size(),
                    6,
                    48,
                    MemoryBank.Budget.floats(3_840_000, seed),
                    60_000,
                    0,
                    ExposureChange.USUAL,
                    seed);
        }

        /** The same with another budget. */
        public Settings with(MemoryBank.Budget other) {
            return new Settings(
                    extractor, cellChannels, window, dimension, other, pool, whole, change, seed);
        }

        /** The same with another weight of the whole part. */
        public Settings withWhole(double other) {
            return new Settings(
                    extractor, cellChannels, window, dimension, budget, pool, other, change, seed);
        }
    }

    /** What of the memory is left out when a part is scored. */
    public enum Left {
        /** The image itself; other images of the same piece stay. */
        SHOT,
        /** All images of the same piece, as if it had never been seen. */
        PART
    }

    private PatchMemory(
            Settings settings,
            PatchEmbedding embedding,
            MemoryBank bank,
            Origins origins,
            double usual) {
        this.settings = settings;
        this.embedding = embedding;
        this.bank = bank;
        this.origins = origins;
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
        Map<String, List<GoodPart>> products = new LinkedHashMap<>();
        good.forEach(
                part ->
                        products.computeIfAbsent(part.product(), name -> new ArrayList<>())
                                .add(part));
        Features pool = new Features(settings.dimension());
        Origins.Builder sources = new Origins.Builder();
        Map<String, Long> patches = new LinkedHashMap<>();
        Map<String, int[]> rows = new LinkedHashMap<>();
        SplittableRandom random = new SplittableRandom(settings.seed() + 1);
        try (GraphRunner runner = embedding.runner(engine)) {
            for (Map.Entry<String, List<GoodPart>> product : products.entrySet()) {
                int first = pool.count();
                long seen = 0;
                for (GoodPart part : product.getValue()) {
                    seen +=
                            collect(
                                    runner.run(part.image().read()),
                                    (double) settings.pool() / product.getValue().size(),
                                    random,
                                    pool);
                    sources.add(part, pool.count());
                }
                patches.put(product.getKey(), seen);
                rows.put(product.getKey(), new int[] {first, pool.count()});
            }
        }
        progress.accept(0.8);
        MemoryBank bank = choose(settings, pool, rows, patches);
        Origins origins = sources.of(bank);
        progress.accept(0.95);
        PatchMemory memory = new PatchMemory(settings, embedding, bank, origins, 1);
        double usual = memory.usualDistance(engine, good);
        progress.accept(1);
        return new PatchMemory(settings, embedding, bank, origins, usual);
    }

    /** Adds about so many of an image's patches to the pool; returns how many it has. */
    private static int collect(
            FeatureMap map, double wanted, SplittableRandom random, Features pool) {
        int cells = map.rows() * map.columns();
        float[] vector = new float[map.channels()];
        for (int cell = 0; cell < cells; cell++) {
            if (random.nextDouble() * cells < wanted) {
                map.cell(cell / map.columns(), cell % map.columns(), vector);
                pool.add(vector, 0);
            }
        }
        return cells;
    }

    /** Each product takes of the budget what its share of all patches is. */
    private static MemoryBank choose(
            Settings settings, Features pool, Map<String, int[]> rows, Map<String, Long> patches) {
        int budget = settings.budget().vectors(settings.dimension());
        double all = patches.values().stream().mapToLong(Long::longValue).sum();
        int[] chosen = new int[budget];
        int count = 0;
        for (Map.Entry<String, int[]> product : rows.entrySet()) {
            int first = product.getValue()[0];
            int[] own = new int[product.getValue()[1] - first];
            java.util.Arrays.setAll(own, i -> first + i);
            int share = (int) Math.floor(budget * (patches.get(product.getKey()) / all));
            if (own.length > 0 && share > 0) {
                for (int row : settings.budget().coreset().select(pool.select(own), share)) {
                    chosen[count++] = first + row;
                }
            }
        }
        return MemoryBank.keep(pool, java.util.Arrays.copyOf(chosen, count), settings.budget());
    }

    /** What it remembers. */
    public MemoryBank bank() {
        return bank;
    }

    /** How it learned. */
    public Settings settings() {
        return settings;
    }

    /** The same memory, whose parts' scores weigh the whole part otherwise. */
    public PatchMemory withWhole(double whole) {
        return new PatchMemory(settings.withWhole(whole), embedding, bank, origins, usual);
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
        float[][] distances = distances(engine, parts, Left.PART);
        double[] scores = new double[distances.length];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = score(distances[i]);
        }
        return scores;
    }

    /** Distances of the patches of each image to all that is remembered but what is left out. */
    public float[][] distances(InferenceEngine engine, List<GoodPart> parts, Left left)
            throws IOException, InferenceException {
        float[][] all = new float[parts.size()][];
        try (GraphRunner runner = embedding.runner(engine)) {
            for (int i = 0; i < all.length; i++) {
                GoodPart part = parts.get(i);
                all[i] = distances(runner.run(part.image().read()), left, part);
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
        // Powers of distances far from the usual would leave what a float can hold.
        Value relative = graph.node("Div", distances, graph.scalar((float) usual));
        Value whole = overPatches(graph, relative);
        Value powers = overPatches(graph, graph.node("Pow", relative, graph.scalar((float) WORST)));
        Value worst = graph.node("Pow", powers, graph.scalar(1f / WORST));
        Value score =
                graph.node(
                        "Mul",
                        graph.node("Pow", whole, graph.scalar((float) settings.whole())),
                        graph.node("Pow", worst, graph.scalar((float) (1 - settings.whole()))));
        graph.output(SCORE, BankGraph.share(graph, score, 1), DataType.FLOAT, 1);
        graph.output(
                EXTENT,
                graph.node("Concat", List.of(whole, worst), Attribute.integer("axis", 0)),
                DataType.FLOAT,
                2);
        Value smooth =
                graph.node(
                        "AveragePool",
                        List.of(relative),
                        Attribute.integers("kernel_shape", 3, 3),
                        Attribute.integers("strides", 1, 1),
                        Attribute.integers("pads", 1, 1, 1, 1));
        Value map = BankGraph.enlarge(graph, smooth, ENLARGED);
        graph.output(MAP, BankGraph.share(graph, map, 1), DataType.FLOAT, 1, 1, "rows", "columns");
        return graph.build();
    }

    private static Value overPatches(GraphBuilder graph, Value value) {
        return graph.node(
                "ReduceMean",
                List.of(value),
                Attribute.integers("axes", 1, 2, 3),
                Attribute.integer("keepdims", 0));
    }

    /** Median over good parts, each left out, of how foreign they are. */
    private double usualDistance(InferenceEngine engine, List<GoodPart> good)
            throws IOException, InferenceException {
        int wanted = Math.min(good.size(), 40);
        List<Double> means = new ArrayList<>();
        try (GraphRunner runner = embedding.runner(engine)) {
            for (int i = 0; i < wanted; i++) {
                GoodPart part = good.get((int) ((long) i * good.size() / wanted));
                GrayImage image = part.image().read();
                double mean = foreignness(distances(runner.run(image), Left.PART, part));
                if (Double.isFinite(mean)) {
                    means.add(mean);
                }
            }
        }
        means.sort(Double::compare);
        return means.isEmpty() ? 1 : Math.max(1e-6, means.get(means.size() / 2));
    }

    private float[] distances(FeatureMap map, Left left, GoodPart part) {
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

    /** Score of a part whose patches have these distances. */
    public double score(float[] distances) {
        double foreign = foreignness(distances);
        return Double.isInfinite(foreign) ? 1 : foreign / (foreign + usual);
    }

    private double foreignness(float[] distances) {
        double sum = 0;
        double powers = 0;
        for (float distance : distances) {
            sum += distance;
            powers += Math.pow(distance, WORST);
        }
        double whole = sum / distances.length;
        double worst = Math.pow(powers / distances.length, 1.0 / WORST);
        return Math.pow(whole, settings.whole()) * Math.pow(worst, 1 - settings.whole());
    }
}
