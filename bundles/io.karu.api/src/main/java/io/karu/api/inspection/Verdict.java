package io.karu.api.inspection;

import io.karu.api.model.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a station decided about one frame.
 *
 * @param frame identity of the frame
 * @param capturedAt when the image was taken (the source's word for it)
 * @param decidedAt when the decision was made
 * @param decision accept, reject or review
 * @param reason one sentence for a person: why this decision
 * @param score the score that was held against the threshold, 0 to 1
 * @param findings located defects, highest score first
 * @param model digest of the model version that decided; absent when no model was asked (REVIEW
 *     because the line was too fast)
 * @param modelName name and label of that version for a person, for instance {@code golden-template
 *     2}; empty when absent
 * @param imageDigest content address of the image as it came in
 * @param heatMapDigest content address of the heat map (PNG, gray); absent when none was made
 * @param timing what the frame cost
 */
public record Verdict(
        FrameId frame,
        Instant capturedAt,
        Instant decidedAt,
        Decision decision,
        String reason,
        double score,
        List<Finding> findings,
        Optional<Digest> model,
        String modelName,
        Digest imageDigest,
        Optional<Digest> heatMapDigest,
        Timing timing) {

    /**
     * Cost of one frame: waiting in the ring, decoding and filling the tensor, inference, decision.
     */
    public record Timing(Duration queued, Duration decode, Duration inference, Duration decision) {
        public static final Timing NONE =
                new Timing(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);
    }

    public Verdict {
        Objects.requireNonNull(frame, "frame");
        Objects.requireNonNull(capturedAt, "capturedAt");
        Objects.requireNonNull(decidedAt, "decidedAt");
        Objects.requireNonNull(decision, "decision");
        Objects.requireNonNull(reason, "reason");
        if (!(score >= 0 && score <= 1)) {
            throw new IllegalArgumentException("score must be 0 to 1, was " + score);
        }
        findings = List.copyOf(findings);
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(modelName, "modelName");
        Objects.requireNonNull(imageDigest, "imageDigest");
        Objects.requireNonNull(heatMapDigest, "heatMapDigest");
        Objects.requireNonNull(timing, "timing");
    }
}
