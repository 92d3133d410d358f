package io.karu.compression;

/**
 * How tensors are written in eight bits.
 *
 * @param activations how activations are written
 * @param weightBits 8, or 7 where the processor sums products of bytes in 16 bits; fewer only for
 *     study
 */
public record QuantizationScheme(Activations activations, int weightBits) {
    /** How activations are written. */
    public enum Activations {
        /** Unsigned bytes with a zero point: what x86 multiplies by signed weights. */
        UNSIGNED,
        /** Signed bytes, zero is 0: what TensorRT takes, and ARM multiplies fast. */
        SYMMETRIC
    }

    /** For x86 with VNNI. */
    public static final QuantizationScheme X86 = new QuantizationScheme(Activations.UNSIGNED, 8);

    /** For x86 without VNNI, where sums of two products saturate at 16 bits. */
    public static final QuantizationScheme REDUCED_RANGE =
            new QuantizationScheme(Activations.UNSIGNED, 7);

    /** For TensorRT, and ARM with dot products. */
    public static final QuantizationScheme SYMMETRIC =
            new QuantizationScheme(Activations.SYMMETRIC, 8);

    public QuantizationScheme {
        java.util.Objects.requireNonNull(activations, "activations");
        if (weightBits < 2 || weightBits > 8) {
            throw new IllegalArgumentException("weightBits is 2 to 8, was " + weightBits);
        }
    }

    /** What fits a processor. */
    public static QuantizationScheme of(Processor processor) {
        if (processor.isX86()) {
            return processor.hasVnni() ? X86 : REDUCED_RANGE;
        }
        return processor.hasDotProduct() ? SYMMETRIC : X86;
    }

    /** Largest magnitude of a quantized weight. */
    public int weightLimit() {
        return (1 << weightBits - 1) - 1;
    }

    /** Scale and zero point of an activation. */
    public Scale scale(Range range) {
        if (activations == Activations.SYMMETRIC) {
            return new Scale(positive(range.magnitude() / 127), 0);
        }
        float step = positive((float) (((double) range.high() - range.low()) / 255));
        return new Scale(step, Math.min(255, Math.round(-range.low() / step)));
    }

    /** Scale of the weights of one output channel. */
    public float weightScale(float magnitude) {
        return positive(magnitude / weightLimit());
    }

    private static float positive(float step) {
        return Math.max(step, 1e-9f);
    }

    /**
     * real = step × (quantized − zeroPoint).
     *
     * @param step above 0
     * @param zeroPoint 0 to 255 for unsigned bytes, 0 for symmetric ones
     */
    public record Scale(float step, int zeroPoint) {}
}
