package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells from an image's mean features which of several products it shows: the nearest of their
 * means after Fisher's discriminant between them, which is one linear layer. A graph uses it to
 * take what belongs to that product out of what it holds for all.
 */
final class ProductChoice {
    private static final int IMAGES = 60;
    private static final int DIRECTIONS = 8;

    private final int channels;
    private final float[] weights;
    private final float[] bias;

    private ProductChoice(int channels, float[] weights, float[] bias) {
        this.channels = channels;
        this.weights = weights;
        this.bias = bias;
    }

    static ProductChoice learn(
            InferenceEngine engine, Map<String, List<GoodPart>> products, PatchMemory.Settings how)
            throws IOException, InferenceException {
        int channels = how.extractor().channels();
        if (products.size() == 1) {
            return new ProductChoice(channels, new float[channels], new float[1]);
        }
        Covariance inside = new Covariance(channels);
        Covariance between = new Covariance(channels);
        List<float[]> means = new ArrayList<>();
        try (GraphRunner runner = PatchEmbedding.runner(engine, how.extractor()::append)) {
            for (List<GoodPart> product : products.values()) {
                List<float[]> images = new ArrayList<>();
                for (GoodPart part : PatchEmbedding.evenly(product, IMAGES)) {
                    images.add(mean(runner.run(part.image().read())));
                }
                float[] mean = mean(images);
                images.forEach(image -> inside.add(PatchEmbedding.difference(image, mean)));
                between.add(mean);
                means.add(mean);
            }
        }
        int count = Math.min(DIRECTIONS, products.size() - 1);
        float[] directions =
                new Discriminant(between.centred(), inside.aboutNought())
                        .directions(count, how.seed());
        float[] weights = new float[means.size() * channels];
        float[] bias = new float[means.size()];
        for (int p = 0; p < bias.length; p++) {
            for (int d = 0; d < count; d++) {
                double place = 0;
                for (int c = 0; c < channels; c++) {
                    place += directions[d * channels + c] * means.get(p)[c];
                }
                bias[p] += (float) (place * place);
                for (int c = 0; c < channels; c++) {
                    weights[p * channels + c] -= (float) (2 * place * directions[d * channels + c]);
                }
            }
        }
        return new ProductChoice(channels, weights, bias);
    }

    /** The product that an image with these features shows, by its place among those learned. */
    int of(FeatureMap features) {
        float[] mean = mean(features);
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int p = 0; p < bias.length; p++) {
            double distance = bias[p];
            for (int c = 0; c < channels; c++) {
                distance += weights[p * channels + c] * mean[c];
            }
            if (distance < least) {
                least = distance;
                best = p;
            }
        }
        return best;
    }

    /** Its numbers in a graph. */
    long parameters() {
        return bias.length == 1 ? 0 : weights.length + bias.length;
    }

    /**
     * Writes the choice into a graph.
     *
     * @param features FLOAT {@code [1,channels,rows,columns]}
     */
    Chosen append(GraphBuilder graph, Value features) {
        if (bias.length == 1) {
            return Chosen.ONLY;
        }
        Value distances =
                graph.node(
                        "Conv",
                        graph.node("GlobalAveragePool", features),
                        graph.constant(weights, bias.length, channels, 1, 1),
                        graph.constant(bias, bias.length));
        Value nearest = graph.node("ArgMin", List.of(distances), Attribute.integer("axis", 1));
        return new Chosen(graph, graph.node("Squeeze", nearest));
    }

    /** In a graph: the one that counts of what is held for each product. */
    static final class Chosen {
        /** Where there is one product only. */
        static final Chosen ONLY = new Chosen(null, null);

        private final GraphBuilder graph;
        private final Value index;

        private Chosen(GraphBuilder graph, Value index) {
            this.graph = graph;
            this.index = index;
        }

        /** A value of each product, all of one shape, in the order learned. */
        Value of(List<Value> each) {
            if (index == null) {
                return each.get(0);
            }
            List<Value> stacked = new ArrayList<>();
            for (Value value : each) {
                stacked.add(graph.node("Unsqueeze", value, graph.vector(0)));
            }
            Value all = graph.node("Concat", stacked, Attribute.integer("axis", 0));
            return graph.node("Gather", List.of(all, index), Attribute.integer("axis", 0));
        }
    }

    private static float[] mean(FeatureMap map) {
        int cells = map.rows() * map.columns();
        float[] mean = new float[map.channels()];
        for (int c = 0; c < mean.length; c++) {
            double sum = 0;
            for (int i = c * cells; i < (c + 1) * cells; i++) {
                sum += map.values()[i];
            }
            mean[c] = (float) (sum / cells);
        }
        return mean;
    }

    private static float[] mean(List<float[]> vectors) {
        float[] mean = new float[vectors.get(0).length];
        for (float[] vector : vectors) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += vector[c] / vectors.size();
            }
        }
        return mean;
    }

    /** Good parts by product, in the order in which products appear. */
    static Map<String, List<GoodPart>> byProduct(List<GoodPart> good) {
        Map<String, List<GoodPart>> products = new LinkedHashMap<>();
        good.forEach(
                part ->
                        products.computeIfAbsent(part.product(), name -> new ArrayList<>())
                                .add(part));
        return products;
    }
}
