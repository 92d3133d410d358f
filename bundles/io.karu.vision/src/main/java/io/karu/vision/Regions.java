package io.karu.vision;

import java.util.Arrays;

/**
 * Regions that grow together: union-find over labels, each with its bounding box. Keeps its arrays
 * from frame to frame. Not thread-safe.
 */
public final class Regions {
    /** What {@link #join} returns when both labels were of one region already. */
    public static final int JOINED_BEFORE = -1;

    private int[] parent = new int[256];
    private int[] left = new int[256];
    private int[] top = new int[256];
    private int[] right = new int[256];
    private int[] bottom = new int[256];
    private int labels;

    /** Forgets all regions. */
    public void clear() {
        labels = 0;
    }

    /** How many labels were made since {@link #clear}; they count from 0. */
    public int labels() {
        return labels;
    }

    /** A label for a new region; its box is to be {@link #place}d before regions are joined. */
    public int newLabel() {
        if (labels == parent.length) {
            int size = labels * 2;
            parent = Arrays.copyOf(parent, size);
            left = Arrays.copyOf(left, size);
            top = Arrays.copyOf(top, size);
            right = Arrays.copyOf(right, size);
            bottom = Arrays.copyOf(bottom, size);
        }
        parent[labels] = labels;
        return labels++;
    }

    /** Gives a label a run of pixels as its box: columns from to before end, in one row. */
    public void place(int label, int from, int end, int row) {
        left[label] = from;
        right[label] = end;
        top[label] = row;
        bottom[label] = row + 1;
    }

    /**
     * Joins the regions of two labels under the lower of their roots.
     *
     * @return the root that is one no longer, or {@link #JOINED_BEFORE}
     */
    public int join(int a, int b) {
        int first = root(a);
        int second = root(b);
        if (first == second) {
            return JOINED_BEFORE;
        }
        int into = Math.min(first, second);
        int gone = Math.max(first, second);
        parent[gone] = into;
        left[into] = Math.min(left[into], left[gone]);
        top[into] = Math.min(top[into], top[gone]);
        right[into] = Math.max(right[into], right[gone]);
        bottom[into] = Math.max(bottom[into], bottom[gone]);
        return gone;
    }

    /** The label that stands for the region. */
    public int root(int label) {
        int at = label;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }

    public boolean isRoot(int label) {
        return parent[label] == label;
    }

    public int left(int label) {
        return left[label];
    }

    public int top(int label) {
        return top[label];
    }

    /** First column after the region. */
    public int right(int label) {
        return right[label];
    }

    /** First row after the region. */
    public int bottom(int label) {
        return bottom[label];
    }
}
