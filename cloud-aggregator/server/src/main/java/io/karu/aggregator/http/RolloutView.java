package io.karu.aggregator.http;

import io.karu.aggregator.fleet.Presence;
import io.karu.aggregator.rollout.Instruction.Changed;
import io.karu.aggregator.rollout.Rollout;
import io.karu.aggregator.rollout.RolloutEntry;
import io.karu.aggregator.rollout.RolloutGroup;
import io.karu.aggregator.rollout.RolloutMember;
import io.karu.aggregator.rollout.RolloutPlan;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.rollout.Verb;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code Rollout} of the contract. */
record RolloutView(
        long id,
        String name,
        String artefact,
        RolloutState state,
        String reason,
        Optional<String> waitsFor,
        Optional<Instant> deadline,
        int gateways,
        List<RolloutGroup> groups,
        List<String> verbs,
        RolloutPlan plan,
        Instant createdAt,
        String createdBy,
        Optional<String> approvedBy,
        Optional<Instant> startedAt,
        Optional<Instant> endedAt,
        Instant updatedAt,
        Optional<List<RolloutEntry>> history) {

    static RolloutView of(Rollout rollout, String artefact, Optional<List<RolloutEntry>> history) {
        return new RolloutView(
                rollout.id(),
                rollout.name(),
                artefact,
                rollout.state(),
                rollout.reason(),
                rollout.waitsFor(),
                rollout.deadline(),
                rollout.gateways(),
                rollout.groups(),
                Stream.of(Verb.values())
                        .filter(verb -> verb.fits(rollout.state()))
                        .map(Verb::word)
                        .toList(),
                rollout.plan(),
                rollout.createdAt(),
                rollout.createdBy(),
                rollout.approvedBy(),
                rollout.startedAt(),
                rollout.endedAt(),
                rollout.updatedAt(),
                history);
    }

    /** {@code RolloutGateway} of the contract. */
    record Member(
            String gateway,
            String site,
            Presence presence,
            String group,
            String state,
            String step,
            Optional<String> waitsFor,
            Optional<Instant> deadline,
            Optional<Long> deployment,
            Optional<Instant> changedAt,
            Instant updatedAt) {
        static Member of(RolloutMember member, RolloutPlan plan) {
            return new Member(
                    member.gateway().clientId(),
                    member.site().name(),
                    member.site().presence(),
                    plan.groups().get(member.group()).name(),
                    member.state().name(),
                    member.now(),
                    member.waitsFor(),
                    member.deadline(),
                    member.job(),
                    member.changedAt(),
                    member.updatedAt());
        }
    }

    /** {@code RolloutInstruction} of the contract. */
    record Said(Optional<String> remark, Optional<Changed> changed) {
        Said {
            remark = remark == null ? Optional.empty() : remark;
            changed = changed == null ? Optional.empty() : changed;
        }
    }
}
