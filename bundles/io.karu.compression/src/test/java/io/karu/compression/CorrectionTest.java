package io.karu.compression;

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
    private final OnnxEngine engine = Nets.engine();
    private final Samples calibration = Nets.images(8, 3, 32, 1);
    private final Samples unseen = Nets.images(16, 3, 32, 2);

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void print() throws Exception {
        for (Graph net :
                new Graph[] {
                    Nets.folded(ResNet.eight().graph(32, 32)),
                    Nets.folded(new MobileNetV2().multiplier(0.5).classes(10).smallImages().graph(32, 32))
                }) {
            Graph hostile = CrossLayerEqualisation.unbalance(net, 256, 3);
            System.out.println("hostile same: " + Nets.decibel(engine, net, hostile, unseen));
            for (Graph g : new Graph[] {net, hostile}) {
                for (int bits : new int[] {8, 4}) {
                    for (Set<Correction> c :
                            java.util.List.of(
                                    EnumSet.noneOf(Correction.class),
                                    EnumSet.of(Correction.EQUALISATION),
                                    EnumSet.of(Correction.BIAS_CORRECTION),
                                    EnumSet.of(Correction.ADAPTIVE_ROUNDING),
                                    EnumSet.allOf(Correction.class))) {
                        for (Calibrator k : Calibrator.all()) {
                            PostTrainingQuantization q =
                                    new PostTrainingQuantization(
                                            engine,
                                            g,
                                            calibration,
                                            Set.of(),
                                            new QuantizationScheme(
                                                    QuantizationScheme.Activations.UNSIGNED, bits),
                                            1);
                            System.out.printf(
                                    "%s %d bits %s %s: %.2f dB%n",
                                    g == hostile ? "hostile" : "net",
                                    bits,
                                    c,
                                    k.name(),
                                    Nets.decibel(engine, g, q.quantize(k, c).graph(), unseen));
                        }
                    }
                }
            }
        }
    }
}
