package io.karu.learning.djl;

/** How operators that differ between training and use behave. */
public enum Mode {
    /** BatchNormalization uses the batch's statistics and moves the running ones; Dropout drops. */
    TRAIN,
    /** As an inference engine does it. Gradients still pass. */
    EVALUATE
}
