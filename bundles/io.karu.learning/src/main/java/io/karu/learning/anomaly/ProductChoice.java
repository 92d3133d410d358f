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
 * Tells from the mean and the deviation of an image's features which of several products it shows:
 * the nearest of their centres after Fisher's discriminant between them, which is one linear layer.
 * A graph uses it to take what belongs to that product out of what it holds for all.
 */
final class ProductChoice {
    private static final int IMAGES = 240;
    private static final int DIRECTIONS = 8;

    /** Numbers that describe an image: for each channel its mean and its deviation. */
    private final int numbers;

    private final float[] weights;
    private final float[] bias;

    private ProductChoice(int numbers, float[] weights, float[] bias) {
        this.numbers = numbers;
        this.weights = weights;
        this.bias = bias;
    }

    static ProductChoice learn(
            InferenceEngine engine, Map<String, List<GoodPart>> products, PatchMemory.Settings how)
            throws IOException, InferenceException {
        int numbers = 2 * how.extractor().channels();
        if (products.size() == 1) {
            return new ProductChoice(numbers, new float[numbers], new float[1]);
        }
        List<float[]> deviations = new ArrayList<>();
        List<float[]> centres = new ArrayList<>();
        try (GraphRunner runner = PatchEmbedding.runner(engine, how.extractor()::append)) {
            for (List<GoodPart> product : products.values()) {
                List<float[]> images = new ArrayList<>();
                for (GoodPart part : PatchEmbedding.evenly(product, IMAGES)) {
                    images.add(describe(runner.run(part.image().read())));
                }
                float[] centre = mean(images);
                images.forEach(image -> deviations.add(PatchEmbedding.difference(image, centre)));
                centres.add(centre);
            }
        }
        float[] spread = spread(deviations);
        Covariance inside = new Covariance(numbers);
        deviations.forEach(deviation -> inside.add(divided(deviation, spread)));
        Covariance between = new Covariance(numbers);
        centres.forEach(centre -> between.add(divided(centre, spread)));
        int count = Math.min(DIRECTIONS, products.size() - 1);
        float[] directions =
                new Discriminant(between.centred(), inside.aboutNought())
                        .directions(count, how.seed());
        return of(divided(directions, spread), centres);
    }

    /** Squared distances to the centres in the directions, less what is the same for all. */
    private static ProductChoice of(float[] directions, List<float[]> centres) {
        int numbers = centres.get(0).length;
        float[] weights = new float[centres.size() * numbers];
        float[] bias = new float[centres.size()];
        for (int p = 0; p < bias.length; p++) {
            for (int d = 0; d < directions.length; d += numbers) {
                double place = 0;
                for (int i = 0; i < numbers; i++) {
                    place += directions[d + i] * centres.get(p)[i];
                }
                bias[p] += (float) (place * place);
                for (int i = 0; i < numbers; i++) {
                    weights[p * numbers + i] -= (float) (2 * place * directions[d + i]);
                }
            }
        }
        return new ProductChoice(numbers, weights, bias);
    }

    /** The product that an image with these features shows, by its place among those learned. */
    int of(FeatureMap features) {
        float[] described = describe(features);
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int p = 0; p < bias.length; p++) {
            double distance = bias[p];
            for (int i = 0; i < numbers; i++) {
                distance += weights[p * numbers + i] * described[i];
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
        Value mean = graph.node("GlobalAveragePool", features);
        Value squares = graph.node("GlobalAveragePool", graph.node("Mul", features, features));
        Value variance =
                graph.node("Relu", graph.node("Sub", squares, graph.node("Mul", mean, mean)));
        Value described =
                graph.node(
                        "Concat",
                        List.of(mean, graph.node("Sqrt", variance)),
                        Attribute.integer("axis", 1));
        Value distances =
                graph.node(
                        "Conv",
                        described,
                        graph.constant(weights, bias.length, numbers, 1, 1),
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

    private static float[] describe(FeatureMap map) {
        int cells = map.rows() * map.columns();
        float[] described = new float[2 * map.channels()];
        for (int c = 0; c < map.channels(); c++) {
            double sum = 0;
            double squares = 0;
            for (int i = c * cells; i < (c + 1) * cells; i++) {
                double value = map.values()[i];
                sum += value;
                squares += value * value;
            }
            double mean = sum / cells;
            described[c] = (float) mean;
            described[map.channels() + c] =
                    (float) Math.sqrt(Math.max(0, squares / cells - mean * mean));
        }
        return described;
    }

    private static float[] spread(List<float[]> deviations) {
        float[] spread = new float[deviations.get(0).length];
        for (int i = 0; i < spread.length; i++) {
            double squares = 0;
            for (float[] deviation : deviations) {
                squares += deviation[i] * deviation[i];
            }
            spread[i] = (float) Math.sqrt(squares / deviations.size()) + 1e-4f;
        }
        return spread;
    }

    private static float[] divided(float[] vectors, float[] by) {
        float[] divided = new float[vectors.length];
        for (int i = 0; i < divided.length; i++) {
            divided[i] = vectors[i] / by[i % by.length];
        }
        return divided;
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
