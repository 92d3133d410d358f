package io.karu.aggregator.rollout;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A group as it stands.
 *
 * @param reason for a person
 * @param waivedBy who let it go on although a gate had failed or had not passed
 * @param gates what they said last
 * @param counts gateways by state
 */
public record RolloutGroup(
        int number,
        String name,
        GroupState state,
        String reason,
        Optional<String> waivedBy,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        List<GateResult> gates,
        Map<MemberState, Integer> counts) {
    RolloutGroup to(GroupState next, String why) {
        return new RolloutGroup(
                number, name, next, why, waivedBy, startedAt, endedAt, gates, counts);
    }

    RolloutGroup judged(List<GateResult> results) {
        return new RolloutGroup(
                number, name, state, reason, waivedBy, startedAt, endedAt, results, counts);
    }

    RolloutGroup started(Instant at) {
        return new RolloutGroup(
                number, name, state, reason, waivedBy, Optional.of(at), endedAt, gates, counts);
    }

    RolloutGroup ended(Instant at) {
        return new RolloutGroup(
                number, name, state, reason, waivedBy, startedAt, Optional.of(at), gates, counts);
    }

    RolloutGroup waived(String person) {
        return new RolloutGroup(
                number,
                name,
                state,
                reason,
                Optional.of(person),
                startedAt,
                endedAt,
                gates,
                counts);
    }

    int count(MemberState of) {
        return counts.getOrDefault(of, 0);
    }

    int size() {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
