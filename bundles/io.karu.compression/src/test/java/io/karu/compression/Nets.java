package io.karu.compression;

import io.karu.api.inference.Binding;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Constant;
import io.karu.onnx.Graph;
import io.karu.onnx.Node;
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
