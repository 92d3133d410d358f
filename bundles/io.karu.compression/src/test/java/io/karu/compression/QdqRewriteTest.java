package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Graph;
import io.karu.onnx.proto.ModelProto;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QdqRewriteTest {
    @TempDir Path folder;

    @Test
    void everyConvolutionOfAResNetRunsOnBytes() throws Exception {
        Map<String, Integer> operators =
                fused(Nets.folded(ResNet.eighteen().width(16).classes(10).graph(64, 64)));
        assertEquals(20, operators.get("QLinearConv"), operators.toString());
        assertEquals(8, operators.get("QLinearAdd"), operators.toString());
        assertEquals(1, operators.get("QuantizeLinear"), operators.toString());
        assertEquals(1, operators.get("DequantizeLinear"), operators.toString());
        assertEquals(Set.of(), floating(operators), operators.toString());
    }

    @Test
    void everyConvolutionOfAMobileNetRunsOnBytes() throws Exception {
        Map<String, Integer> operators =
                fused(Nets.folded(new MobileNetV2().classes(10).smallImages().graph(32, 32)));
        assertEquals(52, operators.get("QLinearConv"), operators.toString());
        assertEquals(10, operators.get("QLinearAdd"), operators.toString());
        assertEquals(Set.of(), floating(operators), operators.toString());
    }

    @Test
    void pixelsEnterTheFirstConvolutionAsTheBytesThatTheyAre() throws Exception {
        Graph graph = Nets.onPixels(127.5f, 1 / 64f);
        PixelSamples pixels = Nets.pixels(6, 16, 1);
        try (OnnxEngine engine = Nets.engine()) {
            Graph quantized =
                    new PostTrainingQuantization(
                                    engine, graph, pixels, Set.of(), QuantizationScheme.X86, 1)
                            .quantize(new Calibrator.MinMax(), Set.of())
                            .graph();
            double decibel = Nets.decibel(engine, graph, quantized, pixels);
            assertTrue(decibel > 25, "signal to noise " + decibel + " dB");
            Map<String, Integer> operators = optimized(quantized);
            assertEquals(null, operators.get("QuantizeLinear"), operators.toString());
            assertEquals(null, operators.get("Cast"), operators.toString());
            assertEquals(2, operators.get("QLinearConv"), operators.toString());
        }
    }

    @Test
    void channelsAddedForTheKernelsChangeNoBit() throws Exception {
        Graph graph = Nets.folded(ResNet.eighteen().width(16).classes(10).graph(64, 64));
        Samples samples = Nets.images(4, 3, 64, 1);
        try (OnnxEngine engine = Nets.engine()) {
            QuantizationPlan plan = QuantizationPlan.of(graph, Set.of());
            Map<String, Range> ranges = new TreeMap<>();
            new ActivationObserver(engine, graph, samples)
                    .histograms(plan.activations())
                    .forEach((t, h) -> ranges.put(t, new Calibrator.MinMax().range(h)));
            Graph plain =
                    QdqRewrite.freeze(
                            QdqRewrite.simulate(graph, plan, ranges, QuantizationScheme.X86),
                            plan,
                            QuantizationScheme.X86,
                            WeightRounding.NEAREST);
            Graph aligned = AlignedChannels.align(plain.copy());
            assertEquals(1, aligned.nodes().stream().filter(n -> n.is("Pad")).count());
            assertEquals(0, new OutputError(engine, plain, samples).of(aligned));
            assertEquals(20, optimized(aligned).get("QLinearConv"));
        }
    }

    private static Set<String> floating(Map<String, Integer> operators) {
        Set<String> left = new java.util.TreeSet<>(operators.keySet());
        left.retainAll(
                Set.of("Conv", "Gemm", "Add", "Relu", "Clip", "MaxPool", "GlobalAveragePool"));
        return left;
    }

    private Map<String, Integer> fused(Graph graph) throws Exception {
        try (OnnxEngine engine = Nets.engine()) {
            int size = (int) graph.inputs().get(0).shape().size(2);
            Samples samples = Nets.images(4, 3, size, 1);
            Graph quantized =
                    new PostTrainingQuantization(
                                    engine, graph, samples, Set.of(), QuantizationScheme.X86, 1)
                            .quantize(new Calibrator.MinMax(), Set.of())
                            .graph();
            double decibel = Nets.decibel(engine, graph, quantized, samples);
            assertTrue(decibel > 15, "signal to noise " + decibel + " dB");
            return optimized(quantized);
        }
    }

    private Map<String, Integer> optimized(Graph graph) throws Exception {
        Path model = folder.resolve("model.onnx");
        Path written = folder.resolve("optimized.onnx");
        graph.write(model);
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizedModelFilePath(written.toString());
            options.setIntraOpNumThreads(1);
            OrtEnvironment.getEnvironment().createSession(model.toString(), options).close();
        }
        Map<String, Integer> operators = new TreeMap<>();
        ModelProto.parseFrom(Files.readAllBytes(written))
                .getGraph()
                .getNodeList()
                .forEach(node -> operators.merge(node.getOpType(), 1, Integer::sum));
        return operators;
    }
}
