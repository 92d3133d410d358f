package io.karu.aggregator.rollout;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a rollout is to be next, and why.
 *
 * @param person who says so; absent when the rollout itself does
 * @param entry line of its history; absent: none
 * @param approvedBy a second person's consent
 */
record RolloutUpdate(
        RolloutState state,
        String reason,
        Optional<Wait> waiting,
        Optional<String> person,
        Optional<String> entry,
        Optional<String> approvedBy) {
    static RolloutUpdate to(RolloutState state, String reason) {
        return new RolloutUpdate(
                state,
                reason,
                Optional.empty(),
                Optional.empty(),
                Optional.of(reason),
                Optional.empty());
    }

    /** Only the reason is a new one: no line of history. */
    RolloutUpdate quietly() {
        return new RolloutUpdate(state, reason, waiting, person, Optional.empty(), approvedBy);
    }

    /** Somebody has to act until then. */
    RolloutUpdate awaiting(String owner, Instant until) {
        return new RolloutUpdate(
                state,
                reason,
                Optional.of(new Wait(owner, reason, Optional.of(until))),
                person,
                entry,
                approvedBy);
    }

    RolloutUpdate by(String who, String message) {
        return new RolloutUpdate(
                state, reason, waiting, Optional.of(who), Optional.of(message), approvedBy);
    }

    RolloutUpdate approved(String who) {
        return new RolloutUpdate(state, reason, waiting, person, entry, Optional.of(who));
    }

    boolean differsFrom(Rollout rollout) {
        return state != rollout.state()
                || !reason.equals(rollout.reason())
                || !waiting.map(Wait::owner).equals(rollout.waitsFor());
    }
}
