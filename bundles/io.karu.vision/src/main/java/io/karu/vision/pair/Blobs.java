package io.karu.vision.pair;

import io.karu.vision.Regions;

/**
 * The 8-connected components of a {@link BitPlane}, found in one pass over runs of set pixels that
 * union-find joins (Rosenfeld and Pfaltz 1966, on runs). Keeps its arrays from frame to frame. Not
 * thread-safe.
 */
final class Blobs {
    private final Regions regions = new Regions();
    private int[] kept = new int[256];
    private int[] start = new int[0];
    private int[] end = new int[0];
    private int[] label = new int[0];
    private int count;

    /** Finds the components, ordered by their first pixel, row by row; returns how many. */
    int find(BitPlane plane) {
        ensureRuns(plane.width());
        regions.clear();
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
        if (kept.length < regions.labels()) {
            kept = new int[regions.labels() * 2];
        }
        for (int i = 0; i < regions.labels(); i++) {
            if (regions.isRoot(i)) {
                kept[count++] = i;
            }
        }
        return count;
    }

    int left(int blob) {
        return regions.left(kept[blob]);
    }

    int top(int blob) {
        return regions.top(kept[blob]);
    }

    /** First column after the blob. */
    int right(int blob) {
        return regions.right(kept[blob]);
    }

    /** First row after the blob. */
    int bottom(int blob) {
        return regions.bottom(kept[blob]);
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
                    label[to] = regions.newLabel();
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
            regions.place(label[run], start[run], end[run], y);
            while (above < lastTo && end[above] < start[run]) {
                above++;
            }
            for (int i = above; i < lastTo && start[i] <= end[run]; i++) {
                regions.join(label[i], label[run]);
            }
        }
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
