package io.karu.learning.anomaly;

import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.util.List;
import java.util.function.Function;

/**
 * The embedding of one {@linkplain Extractor.Kind kind} of features, two linear layers: principal
 * components of each cell, then of a window of cells the directions in which damage shows and what
 * good patches differ in does not.
 */
final class KindEmbedding {
    /** How much of the variety of parts is hidden where they are seen again. */
    private static final double VARIETY_OF_SEEN_PARTS = 0.02;

    private final PatchMemory.Settings settings;
    private final Extractor.Kind kind;
    private final Covariance variety;
    private final Covariance otherShots;
    private final Covariance damage;
    private float[] cellWeights;
    private float[] cellBias;
    private float[] windowWeights;
    private float[] windowBias;

    KindEmbedding(PatchMemory.Settings settings, Extractor.Kind kind) {
        this.settings = settings;
        this.kind = kind;
        int inputs = components(settings, kind) * settings.window() * settings.window();
        variety = new Covariance(inputs);
        otherShots = new Covariance(inputs);
        damage = new Covariance(inputs);
    }

    /** Components that are kept of a cell's features of a kind. */
    static int components(PatchMemory.Settings settings, Extractor.Kind kind) {
        return Math.min(settings.cellChannels(), kind.components());
    }

    /** Learns the first layer from features of cells. */
    void learnCells(Features sample) {
        int channels = kind.channels();
        float[] spread = spread(sample);
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
                        .directions(components(settings, kind), settings.seed());
        cellBias = bias(directions, covariance.mean());
        for (int i = 0; i < directions.length; i++) {
            directions[i] /= spread[i % channels];
        }
        cellWeights = directions;
    }

    /** Takes a window of a good part, and the same in another shot. */
    void good(float[] seen, float[] again) {
        variety.add(seen);
        otherShots.add(PatchEmbedding.difference(again, seen));
    }

    /** Takes a window of a damaged part, and the same before. */
    void damaged(float[] broken, float[] seen) {
        damage.add(PatchEmbedding.difference(broken, seen));
    }

    /**
     * Learns the second layer from the windows taken.
     *
     * @param seenAgain whether the line shows the very parts that were learned from
     */
    void learnWindows(boolean seenAgain) {
        double[] hidden = variety.centred();
        double[] shown = damage.aboutNought();
        double[] shots = otherShots.aboutNought();
        if (seenAgain) {
            double share = trace(shown) / trace(hidden);
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

    /** Writes the first layer: components of each cell. */
    static Value cells(
            GraphBuilder graph,
            Value features,
            List<KindEmbedding> products,
            ProductChoice.Chosen chosen) {
        KindEmbedding first = products.get(0);
        int wanted = components(first.settings, first.kind);
        int channels = first.kind.channels();
        return graph.node(
                "Conv",
                features,
                chosen.of(
                        each(
                                products,
                                one -> graph.constant(one.cellWeights, wanted, channels, 1, 1))),
                chosen.of(each(products, one -> graph.constant(one.cellBias, wanted))));
    }

    /** Writes both layers, each product's own. */
    static Value append(
            GraphBuilder graph,
            Value features,
            List<KindEmbedding> products,
            ProductChoice.Chosen chosen) {
        PatchMemory.Settings settings = products.get(0).settings;
        int components = components(settings, products.get(0).kind);
        int window = settings.window();
        int margin = (window - 2) / 2;
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
                                                        components,
                                                        window,
                                                        window))),
                        chosen.of(
                                each(
                                        products,
                                        one ->
                                                graph.constant(
                                                        one.windowBias, settings.dimension())))),
                Attribute.integers("strides", 2, 2));
    }

    private static List<Value> each(
            List<KindEmbedding> products, Function<KindEmbedding, Value> value) {
        return products.stream().map(value).toList();
    }

    private static double trace(double[] matrix) {
        int dimension = (int) Math.round(Math.sqrt(matrix.length));
        double trace = 0;
        for (int i = 0; i < dimension; i++) {
            trace += matrix[i * dimension + i];
        }
        return trace;
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
}
