package io.karu.learning.anomaly;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Attribute;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Turns the features of a window of cells into a short vector that changes little when the exposure
 * does, and much from one piece of surface to another: principal components of each cell, then
 * Fisher's discriminant between patches and {@linkplain ExposureChange other shots} of them. Both
 * are linear, so they are two convolutions in the graph. Learned from good parts only.
 */
final class PatchEmbedding {
    private static final int IMAGES = 480;
    private static final int CELLS_AN_IMAGE = 150;
    private static final int WINDOWS_AN_IMAGE = 40;

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
        embedding.learnCells(engine, good, random);
        embedding.learnWindows(engine, good, random);
        return embedding;
    }

    /** Pixels from one vector to the next. */
    int stride() {
        return 2 * extractor.stride();
    }

    /** FLOAT {@code [N,dimension,H/stride,W/stride]} of FLOAT pixels {@code [N,1,H,W]}. */
    Value append(GraphBuilder graph, Value pixels) throws IOException {
        int window = settings.window();
        int margin = (window - 2) / 2;
        Value cells = appendCells(graph, pixels);
        Value padded =
                graph.node(
                        "Pad",
                        List.of(cells, graph.vector(0, 0, margin, margin, 0, 0, margin, margin)),
                        Attribute.text("mode", "edge"));
        return graph.node(
                "Conv",
                List.of(
                        padded,
                        graph.constant(
                                windowWeights,
                                settings.dimension(),
                                settings.cellChannels(),
                                window,
                                window),
                        graph.constant(windowBias, settings.dimension())),
                Attribute.integers("strides", 2, 2));
    }

    private Value appendCells(GraphBuilder graph, Value pixels) throws IOException {
        return graph.node(
                "Conv",
                List.of(
                        extractor.append(graph, pixels),
                        graph.constant(
                                cellWeights, settings.cellChannels(), extractor.channels(), 1, 1),
                        graph.constant(cellBias, settings.cellChannels())));
    }

    private void learnCells(InferenceEngine engine, List<GoodPart> good, SplittableRandom random)
            throws IOException, InferenceException {
        int channels = extractor.channels();
        int images = Math.min(good.size(), IMAGES / 3);
        Features sample = new Features(channels);
        float[] cell = new float[channels];
        try (GraphRunner features = runner(engine, extractor::append)) {
            for (int i = 0; i < images; i++) {
                GoodPart part = good.get((int) ((long) i * good.size() / images));
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
        Discriminant components = new Discriminant(channels);
        for (int row = 0; row < sample.count(); row++) {
            float[] scaled = sample.row(row);
            for (int c = 0; c < channels; c++) {
                scaled[c] /= spread[c];
            }
            components.add(scaled);
        }
        float[] directions = components.directions(settings.cellChannels(), settings.seed());
        float[] mean = components.mean();
        cellBias = bias(directions, mean);
        for (int i = 0; i < directions.length; i++) {
            directions[i] /= spread[i % channels];
        }
        cellWeights = directions;
    }

    private void learnWindows(InferenceEngine engine, List<GoodPart> good, SplittableRandom random)
            throws IOException, InferenceException {
        int window = settings.window();
        Discriminant discriminant = new Discriminant(settings.cellChannels() * window * window);
        try (GraphRunner cells = runner(engine, this::appendCells)) {
            int images = Math.min(good.size(), IMAGES);
            for (int k = 0; k < images; k++) {
                GoodPart part = good.get((int) ((long) k * good.size() / images));
                GrayImage image = part.image().read();
                FeatureMap seen = cells.run(image);
                FeatureMap again = cells.run(settings.change().apply(image, random));
                for (int i = 0; i < WINDOWS_AN_IMAGE; i++) {
                    int row = random.nextInt(seen.rows()) - window / 2;
                    int column = random.nextInt(seen.columns()) - window / 2;
                    discriminant.add(
                            seen.window(row, column, window), again.window(row, column, window));
                }
            }
        }
        windowWeights = discriminant.directions(settings.dimension(), settings.seed());
        windowBias = bias(windowWeights, discriminant.mean());
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

    private interface Appending {
        Value append(GraphBuilder graph, Value pixels) throws IOException;
    }

    private static GraphRunner runner(InferenceEngine engine, Appending appending)
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
