package io.karu.learning.djl;

import java.util.Arrays;

/** What the learning rate is multiplied with, step by step. */
@FunctionalInterface
public interface Schedule {
    /**
     * The factor at a step.
     *
     * @param step counts from 0
     * @param of number of steps of the run
     */
    double at(long step, long of);

    /** Always 1. */
    static Schedule constant() {
        return (step, of) -> 1;
    }

    /**
     * Rises linearly for the first part, then falls along half a cosine.
     *
     * @param warmUp part of the run that rises, in [0, 1)
     * @param floor factor at the end
     */
    static Schedule cosine(double warmUp, double floor) {
        Check.fraction("warmUp", warmUp);
        return (step, of) -> {
            double rise = warmUp * of;
            if (step < rise) {
                return (step + 1) / (rise + 1);
            }
            double part = (step - rise) / Math.max(1, of - 1 - rise);
            return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, part)));
        };
    }

    /**
     * Falls by a factor at each of the given parts of the run.
     *
     * @param factor such as 0.1
     * @param parts such as 0.6, 0.85
     */
    static Schedule falling(double factor, double... parts) {
        double[] at = parts.clone();
        return (step, of) ->
                Math.pow(factor, Arrays.stream(at).filter(part -> step >= part * of).count());
    }
}
