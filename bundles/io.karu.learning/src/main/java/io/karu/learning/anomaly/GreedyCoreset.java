package io.karu.learning.anomaly;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Chooses few vectors that lie near all others: each next one is the farthest from those chosen
 * (Gonzalez 1985; within twice the best radius), as PatchCore does (Roth et al., CVPR 2022).
 * Distances are taken in a random projection.
 *
 * @param projected dimensions in which distances are taken; vectors of fewer are taken as they are
 * @param seed of the projection and of the first choice
 */
public record GreedyCoreset(int projected, long seed) {
    private static final int BLOCK = 2048;

    /** Rows of the chosen vectors, in the order of choice; fewer when only repetitions are left. */
    public int[] select(Features features, int wanted) {
        if (wanted < 1 || features.count() < 1) {
            throw new IllegalArgumentException(wanted + " vectors wanted of " + features.count());
        }
        Features space =
                features.dimension() > projected
                        ? new RandomProjection(features.dimension(), projected, seed)
                                .apply(features)
                        : features;
        int count = space.count();
        float[][] blocks = new float[(count + BLOCK - 1) / BLOCK][];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = space.columns(b * BLOCK, Math.min(count, (b + 1) * BLOCK));
        }
        float[] nearest = new float[count];
        Arrays.fill(nearest, Float.POSITIVE_INFINITY);
        int[] chosen = new int[Math.min(wanted, count)];
        int next = new SplittableRandom(seed).nextInt(count);
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = next;
            next = approach(blocks, space.row(next), nearest);
            if (nearest[next] == 0) {
                return Arrays.copyOf(chosen, i + 1);
            }
        }
        return chosen;
    }

    /** Brings the distances up to date with a new vector; returns the row now farthest. */
    private static int approach(float[][] blocks, float[] chosen, float[] nearest) {
        float[] distance = new float[BLOCK];
        int farthest = 0;
        float most = -1;
        for (int b = 0; b < blocks.length; b++) {
            int rows = blocks[b].length / chosen.length;
            squaredDistances(blocks[b], rows, chosen, distance);
            for (int row = 0; row < rows; row++) {
                int at = b * BLOCK + row;
                nearest[at] = Math.min(nearest[at], distance[row]);
                if (nearest[at] > most) {
                    most = nearest[at];
                    farthest = at;
                }
            }
        }
        return farthest;
    }

    private static void squaredDistances(
            float[] columns, int rows, float[] point, float[] distance) {
        Arrays.fill(distance, 0, rows, 0);
        for (int d = 0; d < point.length; d++) {
            float value = point[d];
            int start = d * rows;
            for (int row = 0; row < rows; row++) {
                float difference = columns[start + row] - value;
                distance[row] += difference * difference;
            }
        }
    }
}
