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
import java.util.function.Function;

/**
 * Turns the features of a window of cells into a short vector in which damage shows and the variety
 * of good parts does not: principal components of each cell, then Fisher's discriminant of what
 * {@linkplain SyntheticDefect synthetic defects} change against how good patches differ from each
 * other and from {@linkplain ExposureChange other shots} of themselves. Both are linear, so they
 * are two convolutions in the graph. Learned from good parts only.
 */
final class PatchEmbedding {
    private static final int IMAGES = 240;
    private static final int CELLS_AN_IMAGE = 50;
    private static final int WINDOWS_AN_IMAGE = 30;
    private static final int DEFECTS_AN_IMAGE = 2;
    private static final int WINDOWS_A_DEFECT = 10;

    /** How much of the variety of parts is hidden where they are seen again. */
    private static final double VARIETY_OF_SEEN_PARTS = 0.02;

    private final Extractor extractor;
    private final PatchMemory.Settings settings;
    private float[] cellWeights;
    private float[] cellBias;
    private float[] windowWeights;
    private float[] windowBias;

    private PatchEmbedding(PatchMemory.Settings settings) {
        this.settings = settings;
        this.extractor = settings.extractor();
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
     * @return FLOAT {@code [1,dimension,rows/2,columns/2]}
     */
    static Value append(
            GraphBuilder graph,
            Value features,
            List<PatchEmbedding> products,
            ProductChoice.Chosen chosen) {
        PatchMemory.Settings settings = products.get(0).settings;
        int margin = (settings.window() - 2) / 2;
        Value padded =
                graph.node(
                        "Pad",
                        List.of(
                                cells(graph, features, products, chosen),
                                graph.vector(0, 0, margin, margin, 0, 0, margin, margin)),
                        Attribute.text("mode", "edge"));
        return graph.node(
                "Conv",
                List.of(
                        padded,
                        chosen.of(
                                each(
                                        products,
                                        one ->
                                                graph.constant(
                                                        one.windowWeights,
                                                        settings.dimension(),
                                                        settings.cellChannels(),
                                                        settings.window(),
                                                        settings.window()))),
                        chosen.of(
                                each(
                                        products,
                                        one ->
                                                graph.constant(
                                                        one.windowBias, settings.dimension())))),
                Attribute.integers("strides", 2, 2));
    }

    private static Value cells(
            GraphBuilder graph,
            Value features,
            List<PatchEmbedding> products,
            ProductChoice.Chosen chosen) {
        PatchMemory.Settings settings = products.get(0).settings;
        int channels = settings.extractor().channels();
        return graph.node(
                "Conv",
                features,
                chosen.of(
                        each(
                                products,
                                one ->
                                        graph.constant(
                                                one.cellWeights,
                                                settings.cellChannels(),
                                                channels,
                                                1,
                                                1))),
                chosen.of(
                        each(
                                products,
                                one -> graph.constant(one.cellBias, settings.cellChannels()))));
    }

    private static List<Value> each(
            List<PatchEmbedding> products, Function<PatchEmbedding, Value> value) {
        return products.stream().map(value).toList();
    }

    private Value appendCells(GraphBuilder graph, Value pixels) throws IOException {
        return cells(
                graph, extractor.append(graph, pixels), List.of(this), ProductChoice.Chosen.ONLY);
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
        int channels = extractor.channels();
        Features sample = new Features(channels);
        float[] cell = new float[channels];
        try (GraphRunner features = runner(engine, extractor::append)) {
            for (GoodPart part : good) {
                FeatureMap map = features.run(part.image().read());
                for (int j = 0; j < CELLS_AN_IMAGE; j++) {
                    map.cell(random.nextInt(map.rows()), random.nextInt(map.columns()), cell);
                    sample.add(cell, 0);
                }
            }
        }
        float[] spread = spread(sample);
        int channel = 0;
        for (int kind : extractor.kinds()) {
            for (int c = 0; c < kind; c++) {
                spread[channel++] *= (float) Math.sqrt((double) kind / channels);
            }
        }
        Covariance covariance = new Covariance(channels);
        for (int row = 0; row < sample.count(); row++) {
            float[] scaled = sample.row(row);
            for (int c = 0; c < channels; c++) {
                scaled[c] /= spread[c];
            }
            covariance.add(scaled);
        }
        float[] directions =
                Discriminant.components(covariance.centred())
                        .directions(settings.cellChannels(), settings.seed());
        cellBias = bias(directions, covariance.mean());
        for (int i = 0; i < directions.length; i++) {
            directions[i] /= spread[i % channels];
        }
        cellWeights = directions;
    }

    private void learnWindows(InferenceEngine engine, List<GoodPart> good, SplittableRandom random)
            throws IOException, InferenceException {
        int window = settings.window();
        int dimension = settings.cellChannels() * window * window;
        Covariance variety = new Covariance(dimension);
        Covariance otherShots = new Covariance(dimension);
        Covariance damage = new Covariance(dimension);
        SyntheticDefect[] kinds = SyntheticDefect.values();
        try (GraphRunner cells = runner(engine, this::appendCells)) {
            for (int k = 0; k < good.size(); k++) {
                GrayImage image = good.get(k).image().read();
                FeatureMap seen = cells.run(image);
                FeatureMap again = cells.run(settings.change().apply(image, random));
                for (int i = 0; i < WINDOWS_AN_IMAGE; i++) {
                    int row = random.nextInt(seen.rows()) - window / 2;
                    int column = random.nextInt(seen.columns()) - window / 2;
                    float[] vector = seen.window(row, column, window);
                    variety.add(vector);
                    otherShots.add(difference(again.window(row, column, window), vector));
                }
                for (int i = 0; i < DEFECTS_AN_IMAGE; i++) {
                    SyntheticDefect kind = kinds[(DEFECTS_AN_IMAGE * k + i) % kinds.length];
                    SyntheticDefect.Damaged damaged = kind.draw(image, random);
                    List<int[]> places = places(damaged.mask(), image.width(), seen);
                    FeatureMap broken = cells.run(damaged.image());
                    for (int j = 0; j < Math.min(WINDOWS_A_DEFECT, places.size()); j++) {
                        int[] place = places.get(random.nextInt(places.size()));
                        int row = place[0] - (window - 2) / 2;
                        int column = place[1] - (window - 2) / 2;
                        damage.add(
                                difference(
                                        broken.window(row, column, window),
                                        seen.window(row, column, window)));
                    }
                }
            }
        }
        double[] hidden = variety.centred();
        double[] shown = damage.aboutNought();
        double[] shots = otherShots.aboutNought();
        if (settings.seenAgain().contains(good.get(0).product())) {
            double share = trace(shown, dimension) / trace(hidden, dimension);
            for (int i = 0; i < hidden.length; i++) {
                shown[i] += share * hidden[i];
                hidden[i] *= VARIETY_OF_SEEN_PARTS;
            }
        }
        for (int i = 0; i < hidden.length; i++) {
            hidden[i] += shots[i] / 2;
        }
        windowWeights =
                new Discriminant(shown, hidden).directions(settings.dimension(), settings.seed());
        windowBias = bias(windowWeights, variety.mean());
    }

    private static double trace(double[] matrix, int dimension) {
        double trace = 0;
        for (int i = 0; i < dimension; i++) {
            trace += matrix[i * dimension + i];
        }
        return trace;
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

    private static float[] spread(Features sample) {
        float[] spread = new float[sample.dimension()];
        for (int c = 0; c < spread.length; c++) {
            double sum = 0;
            double squares = 0;
            for (int row = 0; row < sample.count(); row++) {
                sum += sample.at(row, c);
                squares += (double) sample.at(row, c) * sample.at(row, c);
            }
            double mean = sum / sample.count();
            spread[c] =
                    (float) (Math.sqrt(Math.max(0, squares / sample.count() - mean * mean)) + 1e-3);
        }
        return spread;
    }

    private static float[] bias(float[] directions, float[] mean) {
        float[] bias = new float[directions.length / mean.length];
        for (int row = 0; row < bias.length; row++) {
            double sum = 0;
            for (int i = 0; i < mean.length; i++) {
                sum -= directions[row * mean.length + i] * mean[i];
            }
            bias[row] = (float) sum;
        }
        return bias;
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
