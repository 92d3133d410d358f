package io.karu.api.inspection;

import java.time.Instant;
import java.util.Objects;

/**
 * An operator's decision that replaces a verdict's.
 *
 * @param frame the verdict's frame
 * @param decision the operator's decision, ACCEPT or REJECT
 * @param operator Kura identity of the operator
 * @param at when
 * @param note free text, may be empty
 */
public record Overrule(FrameId frame, Decision decision, String operator, Instant at, String note) {
    public Overrule {
        Objects.requireNonNull(frame, "frame");
        if (decision == null || decision == Decision.REVIEW) {
            throw new IllegalArgumentException("an overrule is ACCEPT or REJECT, was " + decision);
        }
        Objects.requireNonNull(operator, "operator");
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(note, "note");
    }
}
