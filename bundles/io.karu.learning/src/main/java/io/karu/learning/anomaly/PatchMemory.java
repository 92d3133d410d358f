package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.DoubleConsumer;

/**
 * An anomaly model from good parts only: features, {@linkplain PatchEmbedding embedding}, {@link
 * MemoryBank}, and the distance of each patch to the nearest remembered one, all in one ONNX graph.
 * One model may hold several products, each with an embedding and a bank of its own; the graph
 * {@linkplain ProductChoice tells} from the image which one counts.
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

    static final int WORST = 16;

    /** Cells of the map for each patch, on both axes. */
    private static final int ENLARGED = 4;

    private final Settings settings;
    private final ProductChoice choice;
    private final Map<String, ProductMemory> products;

    /**
     * How to learn.
     *
     * @param extractor of features
     * @param cellChannels principal components kept of each kind of a cell's features, unless the
     *     kind says fewer
     * @param window cells on a side that one patch covers, even
     * @param dimension numbers that describe a patch, for each kind of features
     * @param budget of the memory, shared equally by the products and their kinds of features
     * @param pool patches of each product of which the memory is chosen
     * @param whole weight of the whole part against its worst patches, 0 to 1
     * @param change what a patch must not mind
     * @param seenAgain products of which the line shows the very parts that were learned from
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
            Set<String> seenAgain,
            long seed) {
        public Settings {
            seenAgain = Set.copyOf(seenAgain);
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
                    64,
                    6,
                    48,
                    MemoryBank.Budget.floats(2_400_000, seed),
                    40_000,
                    0,
                    ExposureChange.USUAL,
                    Set.of(),
                    seed);
        }

        /** The same with another budget. */
        public Settings with(MemoryBank.Budget other) {
            return with(other, whole, seenAgain);
        }

        /** The same with another weight of the whole part. */
        public Settings withWhole(double other) {
            return with(budget, other, seenAgain);
        }

        /** The same with other products whose parts are seen again. */
        public Settings withSeenAgain(Set<String> others) {
            return with(budget, whole, others);
        }

        private Settings with(
                MemoryBank.Budget newBudget, double newWhole, Set<String> newSeenAgain) {
            return new Settings(
                    extractor,
                    cellChannels,
                    window,
                    dimension,
                    newBudget,
                    pool,
                    newWhole,
                    change,
                    newSeenAgain,
                    seed);
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
            Settings settings, ProductChoice choice, Map<String, ProductMemory> products) {
        this.settings = settings;
        this.choice = choice;
        this.products = products;
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
        Map<String, List<GoodPart>> parts = ProductChoice.byProduct(good);
        MemoryBank.Budget share = settings.budget().share(parts.size());
        Map<String, ProductMemory> products = new LinkedHashMap<>();
        for (Map.Entry<String, List<GoodPart>> product : parts.entrySet()) {
            int before = products.size();
            ProductMemory memory =
                    ProductMemory.learn(
                            engine,
                            product.getValue(),
                            settings,
                            share,
                            done -> progress.accept((before + done) / parts.size()));
            products.put(product.getKey(), memory);
        }
        return new PatchMemory(settings, ProductChoice.learn(engine, parts, settings), products);
    }

    /** How many patches it remembers. */
    public int patches() {
        return products.values().stream().mapToInt(ProductMemory::patches).sum();
    }

    /** Bytes of what it remembers, as the budget counts them. */
    public long bytes() {
        return products.values().stream()
                .flatMap(product -> product.kinds().stream())
                .mapToLong(kind -> kind.bank().bytes())
                .sum();
    }

    /** How it learned. */
    public Settings settings() {
        return settings;
    }

    /**
     * The same memory, whose scores of a product are other: {@code s / (1 - s)} is divided by a
     * factor. Products can so have their thresholds at one score.
     */
    public PatchMemory scaled(String product, double factor) {
        Map<String, ProductMemory> scaled = new LinkedHashMap<>(products);
        scaled.put(product, product(product).scaled(factor));
        return new PatchMemory(settings, choice, scaled);
    }

    /** The same memory, whose parts' scores weigh the whole part otherwise. */
    public PatchMemory withWhole(double whole) {
        return new PatchMemory(settings.withWhole(whole), choice, products);
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
            scores[i] = score(parts.get(i).product(), distances[i]);
        }
        return scores;
    }

    /** Distances of the patches of each image to all that is remembered but what is left out. */
    public float[][] distances(InferenceEngine engine, List<GoodPart> parts, Left left)
            throws IOException, InferenceException {
        float[][] all = new float[parts.size()][];
        Map<String, GraphRunner> runners = new HashMap<>();
        try {
            for (int i = 0; i < all.length; i++) {
                GoodPart part = parts.get(i);
                ProductMemory product = product(part.product());
                GraphRunner runner = runners.get(part.product());
                if (runner == null) {
                    runner = product.embedding().runner(engine);
                    runners.put(part.product(), runner);
                }
                all[i] = product.distances(runner, part, left);
            }
        } finally {
            runners.values().forEach(GraphRunner::close);
        }
        return all;
    }

    /** Score of a part of a product whose patches have these distances. */
    public double score(String product, float[] distances) {
        return product(product).score(distances, settings.whole());
    }

    private ProductMemory product(String name) {
        ProductMemory product = products.get(name);
        if (product == null) {
            throw new IllegalArgumentException(
                    "nothing is remembered of " + name + ", only of " + products.keySet());
        }
        return product;
    }

    /** Numbers in the graph: filters, embedding and what is remembered. */
    public long parameters() {
        long embedding = 0;
        long window = (long) settings.window() * settings.window();
        for (Extractor.Kind kind : settings.extractor().kinds()) {
            long components = KindEmbedding.components(settings, kind);
            embedding += components * (kind.channels() + 1);
            embedding += settings.dimension() * (components * window + 1);
        }
        return settings.extractor().parameters()
                + choice.parameters()
                + products.size() * embedding
                + patches() * (settings.dimension() + 2L);
    }

    /**
     * Multiplications and additions of the convolutions for an image of that size, of one product.
     */
    public long macs(int width, int height) {
        int stride = settings.extractor().stride();
        long cells = (long) (width / stride) * (height / stride);
        long patches = (long) (width / (2 * stride)) * (height / (2 * stride));
        int remembered =
                products.values().stream().mapToInt(ProductMemory::patches).max().orElseThrow();
        long window = (long) settings.window() * settings.window();
        long embedding = 0;
        for (Extractor.Kind kind : settings.extractor().kinds()) {
            long components = KindEmbedding.components(settings, kind);
            embedding += cells * components * kind.channels();
            embedding += patches * settings.dimension() * components * window;
        }
        return settings.extractor().macs(width, height)
                + embedding
                + patches * remembered * (settings.dimension() + 1);
    }

    /** The whole model: pixels in, score and map out. */
    public ModelProto toModel(String name) throws IOException {
        GraphBuilder graph = new GraphBuilder(name);
        List<ProductMemory> all = List.copyOf(products.values());
        Value features = settings.extractor().append(graph, PatchEmbedding.pixels(graph));
        ProductChoice.Chosen chosen = choice.append(graph, features);
        Value patches =
                PatchEmbedding.append(
                        graph,
                        features,
                        all.stream().map(ProductMemory::embedding).toList(),
                        chosen);
        Value distances = distances(graph, patches, all, chosen);
        Value usual = chosen.of(all.stream().map(p -> graph.scalar((float) p.usual())).toList());
        // Powers of distances far from the usual would leave what a float can hold.
        Value relative = graph.node("Div", distances, usual);
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

    /** Distances of patches, all kinds of features together. */
    private static Value distances(
            GraphBuilder graph,
            Value patches,
            List<ProductMemory> products,
            ProductChoice.Chosen chosen) {
        List<ProductMemory.Kind> kinds = products.get(0).kinds();
        if (kinds.size() == 1) {
            return BankGraph.distances(graph, patches, banks(products, 0), chosen);
        }
        Value sum = null;
        for (int k = 0; k < kinds.size(); k++) {
            int kind = k;
            int dimension = kinds.get(k).bank().dimension();
            Value own =
                    graph.node(
                            "Slice",
                            patches,
                            graph.vector(k * dimension),
                            graph.vector((k + 1) * dimension),
                            graph.vector(1));
            Value distance = BankGraph.distances(graph, own, banks(products, k), chosen);
            Value scale =
                    chosen.of(
                            products.stream()
                                    .map(product -> product.kinds().get(kind))
                                    .map(of -> (float) (1 / of.usual()))
                                    .map(graph::scalar)
                                    .toList());
            Value scaled = graph.node("Mul", distance, scale);
            Value square = graph.node("Mul", scaled, scaled);
            sum = sum == null ? square : graph.node("Add", sum, square);
        }
        return graph.node("Sqrt", graph.node("Mul", sum, graph.scalar(1f / kinds.size())));
    }

    private static List<MemoryBank> banks(List<ProductMemory> products, int kind) {
        return products.stream().map(product -> product.kinds().get(kind).bank()).toList();
    }

    private static Value overPatches(GraphBuilder graph, Value value) {
        return graph.node(
                "ReduceMean",
                List.of(value),
                Attribute.integers("axes", 1, 2, 3),
                Attribute.integer("keepdims", 0));
    }
}
