package io.karu.training.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import io.karu.compression.Calibrator;
import io.karu.compression.ChannelPruning;
import io.karu.compression.CompressionGrid.Made;
import io.karu.compression.ModelSize;
import io.karu.compression.OpenGraph;
import io.karu.compression.PixelSamples;
import io.karu.compression.PostTrainingQuantization;
import io.karu.compression.QuantizationScheme;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Attribute;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.Value;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.onnx.zoo.Weights;
import io.karu.training.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Miniatures of quantization-aware training and of pruning with recovery. */
class RecoveryTest {
    private static final QuantizationScheme THREE_BITS =
            new QuantizationScheme(QuantizationScheme.Activations.UNSIGNED, 3);

    @TempDir Path state;

    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    private final PixelSamples images = images(24, 1);
    private final PixelSamples unseen = images(16, 2);
    private final Graph net = net();

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void quantizationAwareTrainingRecoversWhatFewBitsCost() throws Exception {
        Graph plain =
                new PostTrainingQuantization(engine, net, images, Set.of(), THREE_BITS, 1)
                        .quantize(new Calibrator.MeanSquaredError(), Set.of())
                        .graph();
        Made trained = recovery(THREE_BITS).quantizationAware(net, 1);
        double before = error(plain);
        double after = error(trained.graph());
        assertTrue(after < 0.6 * before, after + " after, " + before + " before");
        assertEquals("int8", trained.precision());
        assertTrue(trained.steps().contains("quantization-aware training, 1 epochs"));
    }

    @Test
    void aPrunedNetDoesHalfTheWorkAndIsRecoveredByDistillation() throws Exception {
        Graph cut = new ChannelPruning(engine, net, images).remove(0.5);
        Graph recovered = recovery(QuantizationScheme.X86).prune(net, 0.5, 1);
        long all = ModelSize.of(net, images.shapes()).macs();
        assertTrue(ModelSize.of(recovered, images.shapes()).macs() <= all / 2);
        double before = error(cut);
        double after = error(recovered);
        assertTrue(after < 0.7 * before, after + " after, " + before + " before");
    }

    @Test
    void theSameSeedTrainsTheSameBytes() throws Exception {
        assertEquals(
                recovery(THREE_BITS).quantizationAware(net, 1).graph().toProto(),
                recovery(THREE_BITS).quantizationAware(net, 1).graph().toProto());
    }

    private Recovery recovery(QuantizationScheme scheme) {
        return new Recovery(
                engine,
                Material.of(images, images, 1),
                scheme,
                1,
                state.resolve("weights of " + scheme.weightBits()),
                Progress.SILENT);
    }

    private double error(Graph graph) throws Exception {
        double power = 0;
        double error = 0;
        try (OpenGraph exact = new OpenGraph(engine, net, unseen.shapes());
                OpenGraph is = new OpenGraph(engine, graph, unseen.shapes())) {
            for (int i = 0; i < unseen.size(); i++) {
                exact.run(unseen, i);
                is.run(unseen, i);
                float[] a = exact.floats("logits");
                float[] b = is.floats("logits");
                for (int k = 0; k < a.length; k++) {
                    power += a[k] * a[k];
                    error += (a[k] - b[k]) * (a[k] - b[k]);
                }
            }
        }
        return error / power;
    }

    private static PixelSamples images(int count, long seed) {
        Random random = new Random(seed);
        List<Map<String, byte[]>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] pixels = new byte[16 * 16];
            double fx = random.nextDouble();
            double fy = random.nextDouble();
            for (int p = 0; p < pixels.length; p++) {
                pixels[p] =
                        (byte)
                                (128
                                        + 90 * Math.sin(fx * (p % 16) + fy * (p / 16))
                                        + random.nextInt(20));
            }
            all.add(Map.of("image", pixels));
        }
        return new PixelSamples(Map.of("image", List.of(1L, 1L, 16L, 16L)), all);
    }

    private static Graph net() {
        GraphBuilder graph = new GraphBuilder("net");
        Weights weights = Weights.seeded(3);
        Value image = graph.input("image", DataType.UINT8, "N", 1, 16, 16);
        Value at =
                graph.named(
                        "numbers",
                        "Cast",
                        List.of(image),
                        Attribute.integer("to", DataType.FLOAT.getNumber()));
        at = graph.named("centred", "Sub", List.of(at, graph.scalar(128)));
        at = graph.named("scaled", "Mul", List.of(at, graph.scalar(1 / 64f)));
        int[][] layers = {{1, 16, 1}, {16, 32, 2}, {32, 32, 2}};
        for (int i = 0; i < layers.length; i++) {
            Value conv =
                    graph.named(
                            "conv" + i,
                            "Conv",
                            List.of(
                                    at,
                                    graph.constant(
                                            "w" + i,
                                            weights.of("w" + i, layers[i][1], layers[i][0], 3, 3),
                                            layers[i][1],
                                            layers[i][0],
                                            3,
                                            3),
                                    graph.constant("b" + i, new float[layers[i][1]], layers[i][1])),
                            Attribute.integers("kernel_shape", 3, 3),
                            Attribute.integers("strides", layers[i][2], layers[i][2]),
                            Attribute.integers("pads", 1, 1, 1, 1));
            at = graph.named("relu" + i, "Relu", List.of(conv));
        }
        at = graph.named("mean", "GlobalAveragePool", List.of(at));
        at = graph.named("flat", "Flatten", List.of(at));
        Value logits =
                graph.named(
                        "gemm",
                        "Gemm",
                        List.of(
                                at,
                                graph.constant("w", weights.of("w", 5, 32), 5, 32),
                                graph.constant("b", new float[5], 5)),
                        Attribute.integer("transB", 1));
        graph.output("logits", logits, DataType.FLOAT, "N", 5);
        Graph built = graph.graph();
        built.bypass(built.node("logits").orElseThrow());
        return built;
    }
}
