package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Graph;
import io.karu.onnx.zoo.ResNet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VariantTest {
    private final OnnxEngine engine = Nets.engine();
    private final Samples samples = Nets.images(4, 3, 32, 1);
    private final Graph net = Nets.folded(ResNet.eight().graph(32, 32));

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void theProcessorDecidesTheScheme() {
        assertEquals(QuantizationScheme.X86, of("amd64", "avx2", "avx512_vnni"));
        assertEquals(QuantizationScheme.X86, of("amd64", "avx2", "avx_vnni"));
        assertEquals(QuantizationScheme.REDUCED_RANGE, of("amd64", "avx2", "avx512f"));
        assertEquals(QuantizationScheme.SYMMETRIC, of("aarch64", "asimd", "asimddp"));
        assertTrue(new Processor("amd64", Set.of("avx2")).abilities().contains("no avx512_vnni"));
    }

    @Test
    void theSymmetricVariantHasZeroAtZeroAndComputesAlike() throws Exception {
        Quantized symmetric = quantize(QuantizationScheme.SYMMETRIC);
        for (String tensor : symmetric.plan().activations()) {
            String name = tensor.equals("image") ? "image/zero_point" : tensor + "/zero_point";
            assertEquals(0, symmetric.graph().constant(name).orElseThrow().longs()[0], tensor);
        }
        assertTrue(Nets.decibel(engine, net, symmetric.graph(), samples) > 20);
    }

    @Test
    void sevenBitsNeverSaturateWhereEightCould() throws Exception {
        SaturationCheck.Result eight = check(QuantizationScheme.X86);
        SaturationCheck.Result seven = check(QuantizationScheme.REDUCED_RANGE);
        assertTrue(eight.possible() > 0, eight.toString());
        assertEquals(0, seven.possible());
        assertEquals(0, seven.cut());
    }

    @Test
    void layersThatSufferMostStayInFloat() throws Exception {
        MixedPrecision mixed =
                new MixedPrecision(
                        engine,
                        net,
                        samples,
                        new QuantizationScheme(QuantizationScheme.Activations.UNSIGNED, 3),
                        new Calibrator.MinMax());
        Map<String, Double> sensitivities = mixed.sensitivities();
        List<Double> errors = List.copyOf(sensitivities.values());
        assertTrue(errors.get(0) > errors.get(errors.size() - 1));
        Set<String> kept = mixed.inFloat(graph -> Nets.decibel(engine, net, graph, samples) > 15);
        assertTrue(!kept.isEmpty() && kept.size() < sensitivities.size(), kept.toString());
        assertEquals(sensitivities.keySet().iterator().next(), kept.iterator().next());
    }

    @Test
    void aSimulatedGraphComputesWhatTheBytesCompute() throws Exception {
        PostTrainingQuantization quantization = quantization(QuantizationScheme.X86);
        Quantized quantized = quantization.quantize(new Calibrator.MinMax(), Set.of());
        Graph simulated = quantization.simulate(quantized);
        assertTrue(Nets.decibel(engine, simulated, quantized.graph(), samples) > 35);
        assertEquals(
                quantized.graph().toProto(),
                quantization.freeze(quantized, simulated, "nothing").graph().toProto());
    }

    @Test
    void runsAreTimedByTurns() throws Exception {
        List<Timing> timings = Timing.measure(engine, List.of(net, net), samples, 40);
        assertEquals(40, timings.get(1).runs());
        assertTrue(timings.get(0).best() <= timings.get(0).p50());
        assertTrue(timings.get(0).p50() <= timings.get(0).p99());
    }

    private static QuantizationScheme of(String architecture, String... flags) {
        return QuantizationScheme.of(new Processor(architecture, Set.of(flags)));
    }

    private SaturationCheck.Result check(QuantizationScheme scheme) throws Exception {
        return SaturationCheck.check(engine, quantize(scheme), samples, 1);
    }

    private Quantized quantize(QuantizationScheme scheme) throws Exception {
        return quantization(scheme).quantize(new Calibrator.MinMax(), Set.of());
    }

    private PostTrainingQuantization quantization(QuantizationScheme scheme) {
        return new PostTrainingQuantization(engine, net, samples, Set.of(), scheme, 1);
    }
}
