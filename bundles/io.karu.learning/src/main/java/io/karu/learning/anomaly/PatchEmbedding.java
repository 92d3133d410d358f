package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Turns the features of a window of cells into a short vector in which damage shows and the variety
 * of good parts does not: principal components of each cell, then Fisher's discriminant of what
 * {@linkplain SyntheticDefect synthetic defects} change against how good patches differ from each
 * other and from {@linkplain ExposureChange other shots} of themselves. Both are linear, so they
 * are two convolutions in the graph. Each {@linkplain Extractor.Kind kind} of features has an
 * embedding of its own; their vectors lie one after the other. Learned from good parts only.
 */
final class PatchEmbedding {
    private static final int IMAGES = 240;
    private static final int CELLS_AN_IMAGE = 50;
    private static final int WINDOWS_AN_IMAGE = 30;
    private static final int DEFECTS_AN_IMAGE = 2;
    private static final int WINDOWS_A_DEFECT = 10;

    private final Extractor extractor;
    private final PatchMemory.Settings settings;
    private final List<KindEmbedding> kinds;

    private PatchEmbedding(PatchMemory.Settings settings) {
        this.settings = settings;
        this.extractor = settings.extractor();
        this.kinds =
                extractor.kinds().stream().map(kind -> new KindEmbedding(settings, kind)).toList();
    }

    static PatchEmbedding learn(
            InferenceEngine engine, List<GoodPart> good, PatchMemory.Settings settings)
            throws IOException, InferenceException {
        PatchEmbedding embedding = new PatchEmbedding(settings);
        SplittableRandom random = new SplittableRandom(settings.seed());
        List<GoodPart> some = evenly(good, IMAGES);
        embedding.learnCells(engine, some, random);
        embedding.learnWindows(engine, some, random);
        return embedding;
    }

    /** Pixels from one vector to the next. */
    int stride() {
        return 2 * extractor.stride();
    }

    /**
     * Patches of one image by the embedding of the product that it shows.
     *
     * @param features FLOAT {@code [1,channels,rows,columns]}, of the extractor
     * @param products embeddings learned with the same settings
     * @return FLOAT {@code [1,patchChannels,rows/2,columns/2]}
     */
    static Value append(
            GraphBuilder graph,
            Value features,
            List<PatchEmbedding> products,
            ProductChoice.Chosen chosen) {
        return eachKind(
                graph,
                features,
                products.get(0).extractor,
                (slice, kind) ->
                        KindEmbedding.append(graph, slice, ofKind(products, kind), chosen));
    }

    private interface OfKind {
        Value append(Value slice, int kind);
    }

    private static List<KindEmbedding> ofKind(List<PatchEmbedding> products, int kind) {
        return products.stream().map(product -> product.kinds.get(kind)).toList();
    }

    private static Value eachKind(
            GraphBuilder graph, Value features, Extractor extractor, OfKind append) {
        List<Extractor.Kind> kinds = extractor.kinds();
        if (kinds.size() == 1) {
            return append.append(features, 0);
        }
        List<Value> parts = new ArrayList<>();
        int from = 0;
        for (int k = 0; k < kinds.size(); k++) {
            int to = from + kinds.get(k).channels();
            Value slice =
                    graph.node(
                            "Slice",
                            features,
                            graph.vector(from),
                            graph.vector(to),
                            graph.vector(1));
            parts.add(append.append(slice, k));
            from = to;
        }
        return graph.node("Concat", parts, Attribute.integer("axis", 1));
    }

    private Value appendCells(GraphBuilder graph, Value pixels) throws IOException {
        return eachKind(
                graph,
                extractor.append(graph, pixels),
                extractor,
                (slice, kind) ->
                        KindEmbedding.cells(
                                graph, slice, List.of(kinds.get(kind)), ProductChoice.Chosen.ONLY));
    }

    private Value append(GraphBuilder graph, Value pixels) throws IOException {
        return append(
                graph, extractor.append(graph, pixels), List.of(this), ProductChoice.Chosen.ONLY);
    }

    /** So many images spread over all. */
    static List<GoodPart> evenly(List<GoodPart> good, int images) {
        int count = Math.min(images, good.size());
        List<GoodPart> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(good.get((int) ((long) i * good.size() / count)));
        }
        return some;
    }

    private void learnCells(InferenceEngine engine, List<GoodPart> good, SplittableRandom random)
            throws IOException, InferenceException {
        List<Extractor.Kind> described = extractor.kinds();
        List<Features> samples =
                described.stream().map(kind -> new Features(kind.channels())).toList();
        float[] cell = new float[extractor.channels()];
        try (GraphRunner features = runner(engine, extractor::append)) {
            for (GoodPart part : good) {
                FeatureMap map = features.run(part.image().read());
                for (int j = 0; j < CELLS_AN_IMAGE; j++) {
                    map.cell(random.nextInt(map.rows()), random.nextInt(map.columns()), cell);
                    int from = 0;
                    for (int k = 0; k < samples.size(); k++) {
                        samples.get(k).add(cell, from);
                        from += described.get(k).channels();
                    }
                }
            }
        }
        for (int k = 0; k < samples.size(); k++) {
            kinds.get(k).learnCells(samples.get(k));
        }
    }

    private void learnWindows(InferenceEngine engine, List<GoodPart> good, SplittableRandom random)
            throws IOException, InferenceException {
        int window = settings.window();
        SyntheticDefect[] defects = SyntheticDefect.values();
        try (GraphRunner cells = runner(engine, this::appendCells)) {
            for (int g = 0; g < good.size(); g++) {
                GrayImage image = good.get(g).image().read();
                FeatureMap seen = cells.run(image);
                FeatureMap again = cells.run(settings.change().apply(image, random));
                for (int i = 0; i < WINDOWS_AN_IMAGE; i++) {
                    int row = random.nextInt(seen.rows()) - window / 2;
                    int column = random.nextInt(seen.columns()) - window / 2;
                    for (int k = 0; k < kinds.size(); k++) {
                        kinds.get(k)
                                .good(window(seen, k, row, column), window(again, k, row, column));
                    }
                }
                for (int i = 0; i < DEFECTS_AN_IMAGE; i++) {
                    SyntheticDefect defect = defects[(DEFECTS_AN_IMAGE * g + i) % defects.length];
                    SyntheticDefect.Damaged damaged = defect.draw(image, random);
                    List<int[]> places = places(damaged.mask(), image.width(), seen);
                    FeatureMap broken = cells.run(damaged.image());
                    for (int j = 0; j < Math.min(WINDOWS_A_DEFECT, places.size()); j++) {
                        int[] place = places.get(random.nextInt(places.size()));
                        int row = place[0] - (window - 2) / 2;
                        int column = place[1] - (window - 2) / 2;
                        for (int k = 0; k < kinds.size(); k++) {
                            kinds.get(k)
                                    .damaged(
                                            window(broken, k, row, column),
                                            window(seen, k, row, column));
                        }
                    }
                }
            }
        }
        boolean seenAgain = settings.seenAgain().contains(good.get(0).product());
        kinds.forEach(kind -> kind.learnWindows(seenAgain));
    }

    /** A window of one kind's components of cells. */
    private float[] window(FeatureMap cells, int kind, int row, int column) {
        List<Extractor.Kind> all = extractor.kinds();
        int from = 0;
        for (int k = 0; k < kind; k++) {
            from += KindEmbedding.components(settings, all.get(k));
        }
        int count = KindEmbedding.components(settings, all.get(kind));
        return cells.window(from, count, row, column, settings.window());
    }

    /** First cells of the patches that a defect touches. */
    private List<int[]> places(boolean[] mask, int width, FeatureMap map) {
        int side = stride();
        int columns = map.columns() / 2;
        boolean[] touched = new boolean[map.rows() / 2 * columns];
        for (int i = 0; i < mask.length; i++) {
            int row = i / width / side;
            int column = i % width / side;
            if (mask[i] && row < map.rows() / 2 && column < columns) {
                touched[row * columns + column] = true;
            }
        }
        List<int[]> places = new ArrayList<>();
        for (int i = 0; i < touched.length; i++) {
            if (touched[i]) {
                places.add(new int[] {2 * (i / columns), 2 * (i % columns)});
            }
        }
        return places;
    }

    static float[] difference(float[] vector, float[] from) {
        float[] difference = new float[vector.length];
        for (int i = 0; i < vector.length; i++) {
            difference[i] = vector[i] - from[i];
        }
        return difference;
    }

    interface Appending {
        Value append(GraphBuilder graph, Value pixels) throws IOException;
    }

    static GraphRunner runner(InferenceEngine engine, Appending appending)
            throws IOException, InferenceException {
        GraphBuilder graph = new GraphBuilder("features");
        Value features = appending.append(graph, pixels(graph));
        graph.output(
                GraphRunner.FEATURES, features, DataType.FLOAT, 1, "channels", "rows", "columns");
        return new GraphRunner(engine, graph.build());
    }

    /** Runs the embedding alone. */
    GraphRunner runner(InferenceEngine engine) throws IOException, InferenceException {
        return runner(engine, this::append);
    }

    /** Declares the image input and casts it. */
    static Value pixels(GraphBuilder graph) {
        Value image = graph.input(GraphRunner.IMAGE, DataType.UINT8, 1, 1, "height", "width");
        return graph.node(
                "Cast", List.of(image), Attribute.integer("to", DataType.FLOAT.getNumber()));
    }
}
