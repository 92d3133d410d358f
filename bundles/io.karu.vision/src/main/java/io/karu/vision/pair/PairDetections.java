package io.karu.vision.pair;

import java.util.Arrays;

/**
 * Reads what a graph said of each candidate: softmax of the logits, the boxes, and which candidates
 * mean the same defect. The most certain candidate stands for all whose boxes overlap its own; the
 * others move its box and its class probabilities by their certainty. Keeps its arrays. Not
 * thread-safe.
 */
public final class PairDetections {
    private final int classes;
    private final int side;
    private final double temperature;
    private final double overlap;
    private int candidates;
    private int count;
    private double[] probability = new double[0];
    private double[] defective = new double[0];
    private double[] left = new double[0];
    private double[] top = new double[0];
    private double[] right = new double[0];
    private double[] bottom = new double[0];
    private boolean[] taken = new boolean[0];
    private int[] member = new int[0];
    private double[] merged = new double[0];
    private double[] edges = new double[0];

    /**
     * @param classes defect classes; the graph's last logit is the background
     * @param side of the cut-outs
     * @param temperature that the logits are divided by
     * @param overlap boxes of a larger intersection over union mean the same defect
     */
    public PairDetections(int classes, int side, double temperature, double overlap) {
        if (!(temperature > 0) || !(overlap >= 0 && overlap <= 1)) {
            throw new IllegalArgumentException(
                    "temperature must be above 0, was "
                            + temperature
                            + ", and overlap 0 to 1, was "
                            + overlap);
        }
        this.classes = classes;
        this.side = side;
        this.temperature = temperature;
        this.overlap = overlap;
    }

    /** Begins a frame. */
    public void clear() {
        candidates = 0;
        count = 0;
    }

    /**
     * Adds a candidate.
     *
     * @param x column of its centre
     * @param y row of its centre
     * @param logits of the classes and the background, from {@code logit}
     * @param code of its box, from {@code box}
     */
    public void add(int x, int y, float[] logits, int logit, float[] code, int box) {
        ensure(candidates + 1);
        int at = candidates * classes;
        double highest = logits[logit];
        for (int i = 1; i <= classes; i++) {
            highest = Math.max(highest, logits[logit + i]);
        }
        double background = Math.exp((logits[logit + classes] - highest) / temperature);
        double sum = background;
        for (int i = 0; i < classes; i++) {
            probability[at + i] = Math.exp((logits[logit + i] - highest) / temperature);
            sum += probability[at + i];
        }
        for (int i = 0; i < classes; i++) {
            probability[at + i] /= sum;
        }
        defective[candidates] = 1 - background / sum;
        double centreX = BoxCode.centre(code[box], x, side);
        double centreY = BoxCode.centre(code[box + 1], y, side);
        double halfWidth = BoxCode.length(code[box + 2], side) / 2;
        double halfHeight = BoxCode.length(code[box + 3], side) / 2;
        left[candidates] = centreX - halfWidth;
        right[candidates] = centreX + halfWidth;
        top[candidates] = centreY - halfHeight;
        bottom[candidates] = centreY + halfHeight;
        taken[candidates++] = false;
    }

    /**
     * Merges the candidates.
     *
     * @param least certainty that something is defective below which a candidate is dropped
     * @return how many defects there may be, most certain first
     */
    public int merge(double least) {
        count = 0;
        for (int seed = next(least); seed >= 0; seed = next(least)) {
            double weight = 0;
            int to = count * classes;
            Arrays.fill(merged, to, to + classes, 0);
            Arrays.fill(edges, 4 * count, 4 * count + 4, 0);
            int members = 0;
            for (int i = 0; i < candidates; i++) {
                if (!taken[i] && (i == seed || defective[i] >= least && iou(seed, i) > overlap)) {
                    member[members++] = i;
                }
            }
            for (int m = 0; m < members; m++) {
                int i = member[m];
                taken[i] = true;
                double share = defective[i] * defective[i];
                weight += share;
                for (int k = 0; k < classes; k++) {
                    merged[to + k] += share * probability[i * classes + k];
                }
                edges[4 * count] += share * left[i];
                edges[4 * count + 1] += share * top[i];
                edges[4 * count + 2] += share * right[i];
                edges[4 * count + 3] += share * bottom[i];
            }
            for (int k = 0; k < classes; k++) {
                merged[to + k] /= weight;
            }
            for (int k = 0; k < 4; k++) {
                edges[4 * count + k] /= weight;
            }
            count++;
        }
        return count;
    }

    /** Probability of a class for a merged defect. */
    public double score(int defect, int type) {
        return merged[defect * classes + type];
    }

    /** Left edge of a merged defect in pixels; may lie outside of the frame. */
    public double left(int defect) {
        return edges[4 * defect];
    }

    /** Upper edge. */
    public double top(int defect) {
        return edges[4 * defect + 1];
    }

    /** Right edge. */
    public double right(int defect) {
        return edges[4 * defect + 2];
    }

    /** Lower edge. */
    public double bottom(int defect) {
        return edges[4 * defect + 3];
    }

    private int next(double least) {
        int best = -1;
        for (int i = 0; i < candidates; i++) {
            if (!taken[i]
                    && defective[i] >= least
                    && (best < 0 || defective[i] > defective[best])) {
                best = i;
            }
        }
        return best;
    }

    private double iou(int a, int b) {
        double width = Math.min(right[a], right[b]) - Math.max(left[a], left[b]);
        double height = Math.min(bottom[a], bottom[b]) - Math.max(top[a], top[b]);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        double common = width * height;
        return common / (area(a) + area(b) - common);
    }

    private double area(int i) {
        return (right[i] - left[i]) * (bottom[i] - top[i]);
    }

    private void ensure(int wanted) {
        if (defective.length < wanted) {
            int size = Math.max(64, 2 * wanted);
            probability = Arrays.copyOf(probability, size * classes);
            defective = Arrays.copyOf(defective, size);
            left = Arrays.copyOf(left, size);
            top = Arrays.copyOf(top, size);
            right = Arrays.copyOf(right, size);
            bottom = Arrays.copyOf(bottom, size);
            taken = Arrays.copyOf(taken, size);
            member = Arrays.copyOf(member, size);
            merged = Arrays.copyOf(merged, size * classes);
            edges = Arrays.copyOf(edges, size * 4);
        }
    }
}
