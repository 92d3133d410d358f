package io.karu.learning.report;

import io.karu.api.inspection.Finding;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One sample with what the model said of it.
 *
 * @param frame name of the sample
 * @param truth what it is
 * @param decided what the model decided
 * @param score what was held against the threshold, 0 to 1
 * @param threshold absent where the highest score decides
 * @param wrong whether the decision is wrong
 * @param note one sentence, or empty
 * @param image PNG or JPEG
 * @param heatMap gray PNG of any size laid over the image
 * @param mask the truth in the same way
 * @param findings boxes in pixels of the image
 */
public record SampleResult(
        String frame,
        String truth,
        String decided,
        double score,
        Optional<Double> threshold,
        boolean wrong,
        String note,
        byte[] image,
        Optional<byte[]> heatMap,
        Optional<byte[]> mask,
        List<Finding> findings) {
    public SampleResult {
        Objects.requireNonNull(frame, "frame");
        Objects.requireNonNull(truth, "truth");
        Objects.requireNonNull(decided, "decided");
        Objects.requireNonNull(threshold, "threshold");
        Objects.requireNonNull(note, "note");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(heatMap, "heatMap");
        Objects.requireNonNull(mask, "mask");
        findings = List.copyOf(findings);
    }
}
