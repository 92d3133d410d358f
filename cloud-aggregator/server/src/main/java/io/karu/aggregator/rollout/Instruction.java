package io.karu.aggregator.rollout;

import java.util.Optional;

/**
 * A verb with what belongs to it.
 *
 * @param person who says so
 * @param remark kept in the history
 * @param changed what becomes of gateways already changed; only {@link Verb#STOP} needs it
 */
public record Instruction(
        Verb verb, String person, Optional<String> remark, Optional<Changed> changed) {
    /** What becomes of gateways already changed. */
    public enum Changed {
        KEEP,
        REVERT
    }
}
