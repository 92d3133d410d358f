package io.karu.compression;

/** What can be done about the error of quantization without training. */
public enum Correction {
    /** Channels are rescaled between layers before: {@link CrossLayerEqualisation}. */
    EQUALISATION("cross-layer equalisation"),
    /** Weights are rounded for the layer's output: {@link AdaptiveRounding}. */
    ADAPTIVE_ROUNDING("adaptive rounding"),
    /** Means of layers are restored: {@link BiasCorrection}. */
    BIAS_CORRECTION("bias correction");

    private final String title;

    Correction(String title) {
        this.title = title;
    }

    /** What reports and lineages call it. */
    public String title() {
        return title;
    }
}
