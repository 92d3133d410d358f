package io.karu.vision;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The 8-connected components of a score map's pixels at or above a threshold. Keeps its arrays from
 * frame to frame: no allocation once it has seen the largest frame. Not thread-safe.
 *
 * <p>One pass over runs of pixels, joined with union-find (Rosenfeld and Pfaltz 1966, on runs).
 */
public final class ConnectedComponents {
    private final Regions regions = new Regions();
    private int[] area = new int[256];
    private float[] highest = new float[256];
    private int[] runStart = new int[0];
    private int[] runEnd = new int[0];
    private int[] runLabel = new int[0];
    private int[] kept = new int[64];
    private float[] row = new float[0];
    private int count;
    private float highestBelow;

    /**
     * Finds the components.
     *
     * @param map scores, row by row from position 0
     * @param minArea components of fewer pixels are dropped
     * @return how many are left, ordered by their first pixel, row by row
     */
    public int find(FloatBuffer map, int width, int height, float threshold, int minArea) {
        ensureRuns(width);
        regions.clear();
        highestBelow = 0;
        int lastFrom = 0;
        int lastTo = 0;
        int half = runStart.length / 2;
        for (int y = 0; y < height; y++) {
            map.get(y * width, row, 0, width);
            int from = (y & 1) * half;
            int to = findRuns(width, threshold, from);
            join(from, to, lastFrom, lastTo, y);
            lastFrom = from;
            lastTo = to;
        }
        collect(minArea);
        return count;
    }

    /** Highest score below the threshold; at least 0. */
    public float highestBelow() {
        return highestBelow;
    }

    public int left(int component) {
        return regions.left(kept[component]);
    }

    public int top(int component) {
        return regions.top(kept[component]);
    }

    public int width(int component) {
        return regions.right(kept[component]) - regions.left(kept[component]);
    }

    public int height(int component) {
        return regions.bottom(kept[component]) - regions.top(kept[component]);
    }

    /** Pixels of the component. */
    public int area(int component) {
        return area[kept[component]];
    }

    /** Highest score in the component. */
    public float score(int component) {
        return highest[kept[component]];
    }

    /** Bounding box of the component. */
    public Box box(int component) {
        return new Box(left(component), top(component), width(component), height(component));
    }

    private int findRuns(int width, float threshold, int from) {
        int to = from;
        int x = 0;
        while (x < width) {
            float value = row[x];
            if (value < threshold) {
                highestBelow = Math.max(highestBelow, value);
                x++;
                continue;
            }
            int start = x;
            float high = value;
            while (++x < width && row[x] >= threshold) {
                high = Math.max(high, row[x]);
            }
            runStart[to] = start;
            runEnd[to] = x - 1;
            int label = newLabel();
            highest[label] = high;
            runLabel[to++] = label;
        }
        return to;
    }

    private void join(int from, int to, int lastFrom, int lastTo, int y) {
        int above = lastFrom;
        for (int run = from; run < to; run++) {
            int label = runLabel[run];
            regions.place(label, runStart[run], runEnd[run] + 1, y);
            area[label] = runEnd[run] - runStart[run] + 1;
            while (above < lastTo && runEnd[above] < runStart[run] - 1) {
                above++;
            }
            for (int touching = above;
                    touching < lastTo && runStart[touching] <= runEnd[run] + 1;
                    touching++) {
                merge(runLabel[touching], runLabel[run]);
            }
        }
    }

    private void merge(int a, int b) {
        int gone = regions.join(a, b);
        if (gone != Regions.JOINED_BEFORE) {
            int into = regions.root(gone);
            area[into] += area[gone];
            highest[into] = Math.max(highest[into], highest[gone]);
        }
    }

    private int newLabel() {
        int label = regions.newLabel();
        if (label == area.length) {
            area = Arrays.copyOf(area, label * 2);
            highest = Arrays.copyOf(highest, label * 2);
        }
        return label;
    }

    private void collect(int minArea) {
        count = 0;
        for (int label = 0; label < regions.labels(); label++) {
            if (regions.isRoot(label) && area[label] >= minArea) {
                if (count == kept.length) {
                    kept = Arrays.copyOf(kept, count * 2);
                }
                kept[count++] = label;
            }
        }
    }

    private void ensureRuns(int width) {
        int runs = (width + 2) / 2;
        if (row.length < width) {
            row = new float[width];
            runStart = new int[2 * runs];
            runEnd = new int[2 * runs];
            runLabel = new int[2 * runs];
        }
    }
}
