package io.karu.vision;

import java.util.List;

/**
 * Detections held against ground truth, whatever their classes: a detection counts when its IoU
 * with a defect that no better-scored detection has taken exceeds a limit (DeepPCB: {@value
 * #DEEP_PCB_IOU}, Tang et al., arXiv:1902.06197).
 *
 * @param truePositives detections that found a defect
 * @param detections all detections
 * @param defects all defects
 */
public record DetectionScore(int truePositives, int detections, int defects) {
    /** DeepPCB's limit; an overlap must be larger. */
    public static final double DEEP_PCB_IOU = 0.33;

    /** Nothing scored yet. */
    public static final DetectionScore NONE = new DetectionScore(0, 0, 0);

    /**
     * Scores one image.
     *
     * @param detected boxes, highest score first
     * @param defects ground truth
     */
    public static DetectionScore of(List<Box> detected, List<Box> defects, double iou) {
        boolean[] taken = new boolean[defects.size()];
        int hits = 0;
        for (Box box : detected) {
            int best = -1;
            double overlap = iou;
            for (int i = 0; i < taken.length; i++) {
                double candidate = taken[i] ? 0 : box.iou(defects.get(i));
                if (candidate > overlap) {
                    overlap = candidate;
                    best = i;
                }
            }
            if (best >= 0) {
                taken[best] = true;
                hits++;
            }
        }
        return new DetectionScore(hits, detected.size(), defects.size());
    }

    /** Both together. */
    public DetectionScore plus(DetectionScore other) {
        return new DetectionScore(
                truePositives + other.truePositives,
                detections + other.detections,
                defects + other.defects);
    }

    /** Found defects among detections; 0 without detections. */
    public double precision() {
        return detections == 0 ? 0 : truePositives / (double) detections;
    }

    /** Found defects among defects; 0 without defects. */
    public double recall() {
        return defects == 0 ? 0 : truePositives / (double) defects;
    }

    /** Harmonic mean of precision and recall. */
    public double f() {
        int sum = detections + defects;
        return sum == 0 ? 0 : 2.0 * truePositives / sum;
    }
}
