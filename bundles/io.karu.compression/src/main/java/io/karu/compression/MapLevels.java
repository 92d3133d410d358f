package io.karu.compression;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Score maps of many images counted on common levels, so that localisation can be taken over any
 * number of each image: per image the good and the defective cells of each level, and of each
 * defect (8-connected cells of the mask) the share that lies there.
 */
final class MapLevels {
    static final int LEVELS = 512;

    final int[][] good;
    final int[][] bad;
    final double[][] overlap;
    final int[] regions;
    final boolean[] defective;

    private MapLevels(int images) {
        good = new int[images][LEVELS];
        bad = new int[images][LEVELS];
        overlap = new double[images][LEVELS];
        regions = new int[images];
        defective = new boolean[images];
    }

    /**
     * Counts.
     *
     * @param masks which cells of each map are defective
     * @param columns of each map
     */
    static MapLevels of(float[][] maps, boolean[][] masks, int[] columns) {
        MapLevels levels = new MapLevels(maps.length);
        float[] edges = edges(maps);
        for (int i = 0; i < maps.length; i++) {
            if (maps[i].length != masks[i].length) {
                throw new IllegalArgumentException(
                        "image "
                                + i
                                + " has a map of "
                                + maps[i].length
                                + " pixels and a mask of "
                                + masks[i].length);
            }
            levels.add(i, maps[i], masks[i], columns[i], edges);
        }
        return levels;
    }

    private void add(int image, float[] map, boolean[] mask, int columns, float[] edges) {
        int[] region = new int[map.length];
        List<Integer> sizes = new ArrayList<>(List.of(0));
        for (int p = 0; p < map.length; p++) {
            if (mask[p] && region[p] == 0) {
                sizes.add(fill(mask, region, p, columns, sizes.size()));
            }
        }
        regions[image] = sizes.size() - 1;
        defective[image] = regions[image] > 0;
        for (int p = 0; p < map.length; p++) {
            int at = Arrays.binarySearch(edges, map[p]);
            int level = Math.min(at < 0 ? -at - 1 : at, LEVELS - 1);
            if (mask[p]) {
                bad[image][level]++;
                overlap[image][level] += 1.0 / sizes.get(region[p]);
            } else {
                good[image][level]++;
            }
        }
    }

    private static int fill(boolean[] mask, int[] region, int start, int columns, int number) {
        Deque<Integer> open = new ArrayDeque<>(List.of(start));
        region[start] = number;
        int size = 0;
        int rows = mask.length / columns;
        while (!open.isEmpty()) {
            int at = open.pop();
            size++;
            for (int y = at / columns - 1; y <= at / columns + 1; y++) {
                for (int x = at % columns - 1; x <= at % columns + 1; x++) {
                    boolean inside = y >= 0 && y < rows && x >= 0 && x < columns;
                    if (inside && mask[y * columns + x] && region[y * columns + x] == 0) {
                        region[y * columns + x] = number;
                        open.push(y * columns + x);
                    }
                }
            }
        }
        return size;
    }

    /** Sums over images, each counted so many times. */
    static double[] sum(int[][] counts, int[] times) {
        double[] sum = new double[LEVELS];
        for (int i = 0; i < counts.length; i++) {
            for (int l = 0; times[i] > 0 && l < LEVELS; l++) {
                sum[l] += (double) times[i] * counts[i][l];
            }
        }
        return sum;
    }

    /** Share of each defect at each level, the mean over all defects. */
    double[] overlaps(int[] times) {
        double[] sum = new double[LEVELS];
        double all = 0;
        for (int i = 0; i < overlap.length; i++) {
            all += (double) times[i] * regions[i];
            for (int l = 0; times[i] > 0 && l < LEVELS; l++) {
                sum[l] += times[i] * overlap[i][l];
            }
        }
        for (int l = 0; l < LEVELS; l++) {
            sum[l] /= all;
        }
        return sum;
    }

    /** Upper ends of levels that hold about equally many pixels; more of them at the top. */
    private static float[] edges(float[][] maps) {
        int total = Arrays.stream(maps).mapToInt(map -> map.length).sum();
        float[] all = new float[total];
        int filled = 0;
        for (float[] map : maps) {
            System.arraycopy(map, 0, all, filled, map.length);
            filled += map.length;
        }
        Arrays.sort(all);
        float[] edges = new float[LEVELS];
        for (int l = 0; l < LEVELS; l++) {
            double share = 1 - Math.pow(1 - (l + 1.0) / LEVELS, 2);
            edges[l] = all[Math.max(0, (int) Math.ceil(share * total) - 1)];
        }
        return edges;
    }
}
