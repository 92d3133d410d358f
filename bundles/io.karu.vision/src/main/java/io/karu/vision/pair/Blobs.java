package io.karu.vision.pair;

import java.util.Arrays;

/**
 * The 8-connected components of a {@link BitPlane}, found in one pass over runs of set pixels that
 * union-find joins (Rosenfeld and Pfaltz 1966, on runs). Keeps its arrays from frame to frame. Not
 * thread-safe.
 */
final class Blobs {
    private int[] parent = new int[256];
    private int[] left = new int[256];
    private int[] top = new int[256];
    private int[] right = new int[256];
    private int[] bottom = new int[256];
    private int[] kept = new int[256];
    private int[] start = new int[0];
    private int[] end = new int[0];
    private int[] label = new int[0];
    private int labels;
    private int count;

    /** Finds the components, ordered by their first pixel, row by row; returns how many. */
    int find(BitPlane plane) {
        ensureRuns(plane.width());
        labels = 0;
        int half = start.length / 2;
        int lastFrom = 0;
        int lastTo = 0;
        for (int y = 0; y < plane.height(); y++) {
            int from = (y & 1) * half;
            int to = runs(plane, y, from);
            join(from, to, lastFrom, lastTo, y);
            lastFrom = from;
            lastTo = to;
        }
        count = 0;
        if (kept.length < labels) {
            kept = new int[parent.length];
        }
        for (int i = 0; i < labels; i++) {
            if (parent[i] == i) {
                kept[count++] = i;
            }
        }
        return count;
    }

    int left(int blob) {
        return left[kept[blob]];
    }

    int top(int blob) {
        return top[kept[blob]];
    }

    /** First column after the blob. */
    int right(int blob) {
        return right[kept[blob]];
    }

    /** First row after the blob. */
    int bottom(int blob) {
        return bottom[kept[blob]];
    }

    private int runs(BitPlane plane, int y, int from) {
        int to = from;
        int stride = plane.stride();
        boolean open = false;
        for (int i = 0; i < stride; i++) {
            long word = plane.words()[y * stride + i];
            int base = i << 6;
            int at = 0;
            while (at < 64) {
                long rest = (open ? ~word : word) >>> at;
                if (rest == 0) {
                    break;
                }
                at += Long.numberOfTrailingZeros(rest);
                if (open) {
                    end[to++] = base + at;
                } else {
                    start[to] = base + at;
                    label[to] = newLabel();
                }
                open = !open;
            }
        }
        if (open) {
            end[to++] = plane.width();
        }
        return to;
    }

    private void join(int from, int to, int lastFrom, int lastTo, int y) {
        int above = lastFrom;
        for (int run = from; run < to; run++) {
            int own = label[run];
            left[own] = start[run];
            right[own] = end[run];
            top[own] = y;
            bottom[own] = y + 1;
            while (above < lastTo && end[above] < start[run]) {
                above++;
            }
            for (int i = above; i < lastTo && start[i] <= end[run]; i++) {
                merge(label[i], label[run]);
            }
        }
    }

    private void merge(int a, int b) {
        int first = root(a);
        int second = root(b);
        if (first == second) {
            return;
        }
        int into = Math.min(first, second);
        int gone = Math.max(first, second);
        parent[gone] = into;
        left[into] = Math.min(left[into], left[gone]);
        top[into] = Math.min(top[into], top[gone]);
        right[into] = Math.max(right[into], right[gone]);
        bottom[into] = Math.max(bottom[into], bottom[gone]);
    }

    private int root(int of) {
        int at = of;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }

    private int newLabel() {
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

    private void ensureRuns(int width) {
        int most = 2 * ((width + 2) / 2);
        if (start.length < most) {
            start = new int[most];
            end = new int[most];
            label = new int[most];
        }
    }
}
