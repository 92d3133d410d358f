package io.karu.learning.metric;

import java.util.ArrayList;
import java.util.List;

/**
 * How well score maps show where defects are: the AUROC over all pixels, and the per-region overlap
 * (PRO), in which every defect counts the same whatever its size.
 *
 * <p>Maps are added one by one and not kept: scores are counted in bins of 2⁻¹¹ of their size, ties
 * within a bin counting one half, so the memory is fixed at {@value #BINS} bins. Not thread-safe.
 *
 * <p>PRO is the mean over defects (8-connected components of the mask) of the share of their pixels
 * at or above the threshold, integrated over the share of good pixels at or above it from 0 to the
 * limit and divided by the limit (Bergmann et al., "Uninformed Students", CVPR 2020).
 */
public final class Localisation {
    /** Share of good pixels up to which PRO is integrated by convention. */
    public static final double USUAL_LIMIT = 0.3;

    private static final int SHIFT = 12;
    private static final int BINS = 1 << 32 - SHIFT;

    private final long[] good = new long[BINS];
    private final long[] bad = new long[BINS];
    private final double[] overlap = new double[BINS];
    private long goodPixels;
    private long badPixels;
    private long regions;

    /**
     * Adds an image.
     *
     * @param map scores, row by row, finite
     * @param mask which pixels are defective, as long as the map; all false for a good image
     */
    public void add(float[] map, boolean[] mask, int width, int height) {
        int size = width * height;
        if (map.length < size || mask.length < size) {
            throw new IllegalArgumentException(
                    "map of "
                            + map.length
                            + " and mask of "
                            + mask.length
                            + " pixels for an image of "
                            + width
                            + "x"
                            + height);
        }
        int[] region = new int[size];
        int[] pixels = regions(mask, width, height, region);
        for (int i = 0; i < size; i++) {
            int bin = bin(map[i]);
            if (mask[i]) {
                bad[bin]++;
                overlap[bin] += 1.0 / pixels[region[i]];
                badPixels++;
            } else {
                good[bin]++;
                goodPixels++;
            }
        }
        regions += pixels.length - 1;
    }

    /** Number of defects added so far. */
    public long defects() {
        return regions;
    }

    /** AUROC over all pixels. IllegalStateException unless good and defective pixels were added. */
    public double auroc() {
        requireBoth();
        double wins = 0;
        long below = 0;
        for (int i = 0; i < BINS; i++) {
            wins += bad[i] * (below + 0.5 * good[i]);
            below += good[i];
        }
        return wins / ((double) goodPixels * badPixels);
    }

    /**
     * PRO, 0 to 1.
     *
     * @param limit share of good pixels up to which is integrated, above 0 and at most 1, usually
     *     {@link #USUAL_LIMIT}
     */
    public double pro(double limit) {
        requireBoth();
        if (!(limit > 0 && limit <= 1)) {
            throw new IllegalArgumentException("limit must be above 0 and at most 1, was " + limit);
        }
        double area = 0;
        double x = 0;
        double y = 0;
        for (int i = BINS - 1; i >= 0 && x < limit; i--) {
            double dx = (double) good[i] / goodPixels;
            double dy = overlap[i] / regions;
            double part = Math.min(dx, limit - x);
            if (dx > 0) {
                area += part * (y + 0.5 * dy * part / dx);
            }
            x += dx;
            y += dy;
        }
        return area / limit;
    }

    /** Numbers the 8-connected regions from 1; returns their sizes, index 0 unused. */
    private static int[] regions(boolean[] mask, int width, int height, int[] region) {
        List<Integer> sizes = new ArrayList<>(List.of(0));
        int[] stack = new int[width * height];
        for (int start = 0; start < region.length; start++) {
            if (!mask[start] || region[start] != 0) {
                continue;
            }
            int label = sizes.size();
            int size = 0;
            int depth = 0;
            stack[depth++] = start;
            region[start] = label;
            while (depth > 0) {
                int at = stack[--depth];
                size++;
                int x = at % width;
                int y = at / width;
                for (int ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
                    for (int nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
                        int next = ny * width + nx;
                        if (mask[next] && region[next] == 0) {
                            region[next] = label;
                            stack[depth++] = next;
                        }
                    }
                }
            }
            sizes.add(size);
        }
        return sizes.stream().mapToInt(Integer::intValue).toArray();
    }

    private void requireBoth() {
        if (goodPixels == 0 || badPixels == 0) {
            throw new IllegalStateException(
                    "localisation needs good and defective pixels; there are "
                            + goodPixels
                            + " and "
                            + badPixels);
        }
    }

    /** Bins in the order of the scores: the upper bits of a float, made monotone. */
    private static int bin(float score) {
        if (!Float.isFinite(score)) {
            throw new IllegalArgumentException("a score map holds " + score);
        }
        int bits = Float.floatToIntBits(score + 0f);
        int ordered = bits < 0 ? ~bits : bits | Integer.MIN_VALUE;
        return ordered >>> SHIFT;
    }
}
