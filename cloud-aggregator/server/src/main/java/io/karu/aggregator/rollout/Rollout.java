package io.karu.aggregator.rollout;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A rollout as it stands.
 *
 * @param reason one sentence: why it is where it is
 * @param waitsFor who has to act
 * @param deadline when that is given up
 */
public record Rollout(
        long id,
        String name,
        RolloutPlan plan,
        RolloutState state,
        String reason,
        Optional<String> waitsFor,
        Optional<Instant> deadline,
        Instant createdAt,
        String createdBy,
        Optional<String> approvedBy,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        Instant updatedAt,
        List<RolloutGroup> groups) {
    Rollout with(List<RolloutGroup> read) {
        return new Rollout(
                id,
                name,
                plan,
                state,
                reason,
                waitsFor,
                deadline,
                createdAt,
                createdBy,
                approvedBy,
                startedAt,
                endedAt,
                updatedAt,
                read);
    }

    int count(MemberState of) {
        return groups.stream().mapToInt(group -> group.count(of)).sum();
    }

    /** How many gateways it has. */
    public int gateways() {
        return size();
    }

    int size() {
        return groups.stream().mapToInt(RolloutGroup::size).sum();
    }
}
