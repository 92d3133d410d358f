package io.karu.compression;

import io.karu.api.inference.Binding;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Attribute;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Node;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.Weights;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small networks and inputs for tests. */
final class Nets {
    private Nets() {}

    static Graph folded(Graph graph) {
        for (Node bn : graph.nodes()) {
            if (!bn.is("BatchNormalization")) {
                continue;
            }
            Node conv = graph.producer(bn.input(0)).orElseThrow();
            float[] gamma = graph.constant(bn.input(1)).orElseThrow().floats();
            float[] beta = graph.constant(bn.input(2)).orElseThrow().floats();
            float[] mean = graph.constant(bn.input(3)).orElseThrow().floats();
            float[] var = graph.constant(bn.input(4)).orElseThrow().floats();
            Constant w = graph.constant(conv.input(1)).orElseThrow();
            float[] weights = w.floats();
            float[] bias = new float[gamma.length];
            int columns = weights.length / gamma.length;
            for (int c = 0; c < gamma.length; c++) {
                float f = (float) (gamma[c] / Math.sqrt(var[c] + bn.floating("epsilon", 1e-5f)));
                bias[c] = beta[c] - mean[c] * f;
                for (int i = 0; i < columns; i++) {
                    weights[c * columns + i] *= f;
                }
            }
            graph.set(Constant.of(w.name(), weights, w.shape().sizes()));
            graph.set(Constant.of(conv.name() + ".bias", bias, bias.length));
            graph.setInput(conv, 2, conv.name() + ".bias");
            graph.bypass(bn);
        }
        graph.prune();
        return graph;
    }

    /** Smooth random images for the input {@code image}. */
    static Samples images(int count, int channels, int size, long seed) {
        return new Samples() {
            @Override
            public int size() {
                return count;
            }

            @Override
            public Map<String, List<Long>> shapes() {
                return Map.of("image", List.of(1L, (long) channels, (long) size, (long) size));
            }

            @Override
            public void write(int index, Binding binding) {
                Random random = new Random(seed * 1000 + index);
                FloatBuffer image =
                        binding.input("image")
                                .data()
                                .duplicate()
                                .order(binding.input("image").data().order())
                                .asFloatBuffer();
                for (int c = 0; c < channels; c++) {
                    double fx = random.nextDouble() * 0.5;
                    double fy = random.nextDouble() * 0.5;
                    double phase = random.nextDouble() * 6;
                    for (int y = 0; y < size; y++) {
                        for (int x = 0; x < size; x++) {
                            image.put(
                                    (c * size + y) * size + x,
                                    (float)
                                            (Math.sin(x * fx + y * fy + phase)
                                                    + 0.3 * random.nextGaussian()));
                        }
                    }
                }
            }
        };
    }

    /** Two convolutions on UINT8 pixels that are normalised in the graph. */
    static Graph onPixels(float mean, float factor) {
        GraphBuilder graph = new GraphBuilder("pixels");
        Weights weights = Weights.seeded(5);
        Value image = graph.input("image", DataType.UINT8, "N", 1, 16, 16);
        Value at =
                graph.named(
                        "numbers",
                        "Cast",
                        List.of(image),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        at = graph.named("centred", "Sub", List.of(at, graph.scalar(mean)));
        at = graph.named("scaled", "Mul", List.of(at, graph.scalar(factor)));
        for (int i = 0; i < 2; i++) {
            Value weight =
                    graph.constant(
                            "w" + i,
                            weights.of("w" + i, 16, i == 0 ? 1 : 16, 3, 3),
                            16,
                            i == 0 ? 1 : 16,
                            3,
                            3);
            Value conv =
                    graph.named(
                            "conv" + i,
                            "Conv",
                            List.of(at, weight),
                            Attribute.integers("kernel_shape", 3, 3),
                            Attribute.integers("pads", 1, 1, 1, 1));
            at = graph.named("relu" + i, "Relu", List.of(conv));
        }
        graph.output("out", at, DataType.FLOAT, "N", 16, 16, 16);
        Graph built = graph.graph();
        built.bypass(built.node("out").orElseThrow());
        return built;
    }

    /** Smooth images of bytes for the input {@code image}, {@code [1,1,S,S]}. */
    static PixelSamples pixels(int count, int size, long seed) {
        Random random = new Random(seed);
        List<Map<String, byte[]>> images = new java.util.ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] pixels = new byte[size * size];
            double fx = random.nextDouble();
            double fy = random.nextDouble();
            for (int p = 0; p < pixels.length; p++) {
                double wave = Math.sin(fx * (p % size) + fy * (p / size));
                pixels[p] = (byte) (int) (128 + 90 * wave + random.nextInt(20));
            }
            images.add(Map.of("image", pixels));
        }
        return new PixelSamples(Map.of("image", List.of(1L, 1L, (long) size, (long) size)), images);
    }

    static OnnxEngine engine() {
        return new OnnxEngine(ai.onnxruntime.OrtEnvironment.getEnvironment());
    }

    /** Signal-to-noise ratio of the second graph's output against the first's, in decibel. */
    static double decibel(OnnxEngine engine, Graph exact, Graph approximate, Samples samples)
            throws Exception {
        String output = exact.outputs().get(0).name();
        double signal = 0;
        double noise = 0;
        try (OpenGraph a = new OpenGraph(engine, exact, samples.shapes());
                OpenGraph b = new OpenGraph(engine, approximate, samples.shapes())) {
            for (int i = 0; i < samples.size(); i++) {
                a.run(samples, i);
                b.run(samples, i);
                float[] x = a.floats(output);
                float[] y = b.floats(output);
                for (int j = 0; j < x.length; j++) {
                    signal += (double) x[j] * x[j];
                    noise += ((double) x[j] - y[j]) * (x[j] - y[j]);
                }
            }
        }
        return 10 * Math.log10(signal / noise);
    }
}
