package io.karu.learning.anomaly;

import java.util.SplittableRandom;

/**
 * A linear map to fewer dimensions that nearly keeps distances (Johnson and Lindenstrauss): entries
 * are independent normal numbers of variance 1 / {@code to}.
 */
public final class RandomProjection {
    private final int from;
    private final int to;
    private final float[] matrix;

    /** The same seed gives the same map. */
    public RandomProjection(int from, int to, long seed) {
        if (to < 1 || from < to) {
            throw new IllegalArgumentException("a projection from " + from + " to " + to);
        }
        this.from = from;
        this.to = to;
        SplittableRandom random = new SplittableRandom(seed);
        matrix = new float[from * to];
        for (int i = 0; i < matrix.length; i++) {
            matrix[i] = (float) (random.nextGaussian() / Math.sqrt(to));
        }
    }

    /** Maps every vector. */
    public Features apply(Features features) {
        if (features.dimension() != from) {
            throw new IllegalArgumentException(
                    "vectors of "
                            + features.dimension()
                            + " numbers, the projection takes "
                            + from);
        }
        Features projected = new Features(to);
        float[] out = new float[to];
        for (int row = 0; row < features.count(); row++) {
            java.util.Arrays.fill(out, 0);
            for (int i = 0; i < from; i++) {
                float value = features.at(row, i);
                for (int j = 0; j < to; j++) {
                    out[j] += value * matrix[i * to + j];
                }
            }
            projected.add(out, 0);
        }
        return projected;
    }
}
