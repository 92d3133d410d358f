package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.onnx.Graph;
import java.util.EnumSet;
import java.util.Set;

/**
 * Chooses calibrator and corrections by what they do to the outputs of calibration images, good
 * ones and the same with drawn defects: no label and no evaluation image takes part. Equalises
 * first where that helps, then takes the best calibrator, then keeps each correction that lowers
 * the error.
 */
public final class BestQuantization {
    private BestQuantization() {}

    /**
     * The quantized graph whose outputs stay closest.
     *
     * @param samples good images and images with defects
     * @param inFloat names of nodes that stay in floating point
     */
    public static Quantized of(
            InferenceEngine engine,
            Graph graph,
            Samples samples,
            Set<String> inFloat,
            QuantizationScheme scheme,
            long seed)
            throws InferenceException {
        PostTrainingQuantization quantization =
                new PostTrainingQuantization(engine, graph, samples, inFloat, scheme, seed);
        OutputError error = new OutputError(engine, graph, samples);
        Quantized best = null;
        Calibrator chosen = null;
        Set<Correction> corrections = EnumSet.noneOf(Correction.class);
        double least = Double.POSITIVE_INFINITY;
        for (Correction equalise : new Correction[] {null, Correction.EQUALISATION}) {
            for (Calibrator calibrator : Calibrator.all()) {
                Set<Correction> tried =
                        equalise == null ? EnumSet.noneOf(Correction.class) : EnumSet.of(equalise);
                Quantized candidate = quantization.quantize(calibrator, tried);
                double is = error.of(candidate.graph());
                if (is < least) {
                    least = is;
                    best = candidate;
                    chosen = calibrator;
                    corrections = tried;
                }
            }
        }
        for (Correction correction :
                new Correction[] {Correction.BIAS_CORRECTION, Correction.ADAPTIVE_ROUNDING}) {
            Set<Correction> tried = EnumSet.noneOf(Correction.class);
            tried.addAll(corrections);
            tried.add(correction);
            Quantized candidate = quantization.quantize(chosen, tried);
            double is = error.of(candidate.graph());
            if (is < least) {
                least = is;
                best = candidate;
                corrections = tried;
            }
        }
        return best;
    }
}
