package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.engine.onnx.OnnxEngine;
import io.karu.onnx.Graph;
import io.karu.onnx.zoo.MobileNetV2;
import io.karu.onnx.zoo.ResNet;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CorrectionTest {
    private static final Set<Correction> NONE = EnumSet.noneOf(Correction.class);

    private final OnnxEngine engine = Nets.engine();
    private final Samples calibration = Nets.images(8, 3, 32, 1);
    private final Samples unseen = Nets.images(16, 3, 32, 2);
    private final Graph net = Nets.folded(ResNet.eight().graph(32, 32));
    private final Graph hostile = CrossLayerEqualisation.unbalance(net, 256, 3);

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void aHostileNetComputesTheSameButQuantizesBadly() throws Exception {
        assertTrue(Nets.decibel(engine, net, hostile, unseen) > 90);
        assertTrue(noise(net, NONE, 8) > noise(hostile, NONE, 8) + 10);
    }

    @Test
    void equalisationChangesNothingButMakesAHostileNetQuantizeWell() throws Exception {
        Graph equal = CrossLayerEqualisation.apply(engine, hostile, calibration);
        assertTrue(Nets.decibel(engine, net, equal, unseen) > 90);
        assertTrue(
                noise(hostile, EnumSet.of(Correction.EQUALISATION), 8) > noise(net, NONE, 8) - 3);
    }

    @Test
    void equalisationGoesThroughDepthwiseConvolutions() throws Exception {
        Graph mobile =
                Nets.folded(
                        new MobileNetV2().multiplier(0.25).classes(5).smallImages().graph(32, 32));
        Graph unbalanced = CrossLayerEqualisation.unbalance(mobile, 256, 3);
        Graph equal = CrossLayerEqualisation.apply(engine, unbalanced, calibration);
        assertTrue(Nets.decibel(engine, mobile, equal, unseen) > 60);
    }

    @Test
    void biasCorrectionRestoresTheMeansOfUnseenOutputs() throws Exception {
        double plain = noise(net, NONE, 8);
        double corrected = noise(net, EnumSet.of(Correction.BIAS_CORRECTION), 8);
        assertTrue(corrected > plain, corrected + " dB after, " + plain + " dB before");
    }

    @Test
    void adaptiveRoundingBeatsTheNearestWhereBitsAreFew() throws Exception {
        Set<Correction> mean = EnumSet.of(Correction.BIAS_CORRECTION);
        Set<Correction> both = EnumSet.of(Correction.BIAS_CORRECTION, Correction.ADAPTIVE_ROUNDING);
        double nearest = noise(net, mean, 4);
        double adaptive = noise(net, both, 4);
        assertTrue(adaptive > nearest + 1, adaptive + " dB against " + nearest + " dB");
    }

    @Test
    void theSameSeedGivesTheSameBytes() throws Exception {
        Set<Correction> all = EnumSet.allOf(Correction.class);
        assertArrayEquals(
                quantize(hostile, all, 8).graph().toProto().toByteArray(),
                quantize(hostile, all, 8).graph().toProto().toByteArray());
    }

    @Test
    void stepsAreRecordedInTheirOrder() throws Exception {
        assertEquals(
                java.util.List.of(
                        "cross-layer equalisation",
                        "calibration mse",
                        "adaptive rounding",
                        "bias correction"),
                quantize(net, EnumSet.allOf(Correction.class), 8).steps());
    }

    private double noise(Graph graph, Set<Correction> corrections, int bits) throws Exception {
        return Nets.decibel(engine, graph, quantize(graph, corrections, bits).graph(), unseen);
    }

    private Quantized quantize(Graph graph, Set<Correction> corrections, int bits)
            throws Exception {
        return new PostTrainingQuantization(
                        engine,
                        graph,
                        calibration,
                        Set.of(),
                        new QuantizationScheme(QuantizationScheme.Activations.UNSIGNED, bits),
                        1)
                .quantize(new Calibrator.MeanSquaredError(), corrections);
    }
}
