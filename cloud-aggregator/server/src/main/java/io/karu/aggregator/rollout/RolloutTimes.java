package io.karu.aggregator.rollout;

import java.time.Duration;

/**
 * Deadlines and pauses.
 *
 * @param poll between two looks when nothing happens
 * @param gates between two readings of evidence
 * @param approval for a second person to approve
 * @param decision for a person to start, resume or stop
 */
public record RolloutTimes(Duration poll, Duration gates, Duration approval, Duration decision) {
    public static final RolloutTimes DEFAULT =
            new RolloutTimes(
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(2),
                    Duration.ofDays(14),
                    Duration.ofDays(30));
}
