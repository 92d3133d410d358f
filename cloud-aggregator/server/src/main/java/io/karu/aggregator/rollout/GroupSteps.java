package io.karu.aggregator.rollout;

import io.karu.aggregator.rollout.GateResult.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Reads the gates of running groups and stores what they come to. Idempotent. */
final class GroupSteps {
    /** Reading evidence takes at most this share of the time. */
    private static final int EVIDENCE_SHARE = 10;

    private final RolloutStore store;
    private final BaselineReader baselines;
    private final Orders orders;
    private final RolloutTimes times;
    private final Map<String, Instant> evidenceDue = new ConcurrentHashMap<>();

    GroupSteps(RolloutStore store, BaselineReader baselines, Orders orders, RolloutTimes times) {
        this.store = store;
        this.baselines = baselines;
        this.orders = orders;
        this.times = times;
    }

    /** Reads the gates of a running group; true when one halted the rollout. */
    boolean judge(
            Rollout rollout, RolloutGroup group, List<RolloutMember> all, RolloutSteps.Pass pass) {
        List<RolloutMember> own =
                all.stream().filter(member -> member.group() == group.number()).toList();
        if (group.waivedBy().isPresent()) {
            if (own.stream().noneMatch(member -> member.state().busy())) {
                passed(rollout, group, "waived by " + group.waivedBy().get(), pass);
            }
            return false;
        }
        String key = rollout.id() + "/" + group.number();
        if (Instant.now().isBefore(evidenceDue.getOrDefault(key, Instant.EPOCH))) {
            return false;
        }
        Instant began = Instant.now();
        List<MemberStore.Changed> changed = store.members().changed(rollout.id(), group.number());
        RolloutGroup counted = store.find(rollout.id()).orElseThrow().groups().get(group.number());
        String artefact = orders.describe(rollout.plan().artefact());
        List<GateResult> results =
                Gates.read(
                        rollout.plan().gatesOf(group.number()),
                        new GroupEvidence(
                                artefact,
                                counted,
                                baselines.since(changed, rollout, counted),
                                coming(rollout, own)));
        Duration took = Duration.between(began, Instant.now());
        Duration pause = took.multipliedBy(EVIDENCE_SHARE);
        evidenceDue.put(
                key,
                Instant.now().plus(pause.compareTo(times.gates()) > 0 ? pause : times.gates()));
        Optional<GateResult> failed =
                results.stream().filter(r -> r.outcome() == Outcome.FAILED).findFirst();
        if (failed.isPresent()) {
            halt(rollout, counted.judged(results), failed.get().sentence(), pass);
            return true;
        }
        return undecided(rollout, counted.judged(results), own, changed, pass);
    }

    /** Gateways of a group that will run the artefact in the shadow, but do not yet. */
    private static int coming(Rollout rollout, List<RolloutMember> group) {
        return (int)
                group.stream()
                        .filter(member -> rollout.plan().shadows(member.group()))
                        .filter(
                                member ->
                                        switch (member.state()) {
                                            case SCHEDULED -> member.site().online();
                                            case PREPARING -> true;
                                            case CHANGING -> member.phase() <= Orders.SHADOW;
                                            default -> false;
                                        })
                        .count();
    }

    /** Gateways on their way from the shadow; one that is offline does not hold up the others. */
    private static long beingPromoted(Rollout rollout, List<RolloutMember> group) {
        return group.stream()
                .filter(member -> rollout.plan().shadows(member.group()))
                .filter(
                        member ->
                                member.state() == MemberState.CHANGING
                                        || member.state() == MemberState.SHADOWING
                                                && member.site().online())
                .count();
    }

    private boolean undecided(
            Rollout rollout,
            RolloutGroup group,
            List<RolloutMember> own,
            List<MemberStore.Changed> changed,
            RolloutSteps.Pass pass) {
        boolean open =
                own.stream()
                        .anyMatch(
                                member ->
                                        member.state() == MemberState.SCHEDULED
                                                || member.state().busy());
        Optional<Instant> newest =
                changed.stream()
                        .map(MemberStore.Changed::at)
                        .max(Instant::compareTo)
                        .or(() -> open || own.isEmpty() ? Optional.empty() : group.startedAt());
        Optional<GateResult> waiting = waiting(group);
        long promoted = waiting.isPresent() ? 0 : beingPromoted(rollout, own);
        Instant observed =
                newest.map(at -> at.plusSeconds(rollout.plan().observeSecondsOf(group.number())))
                        .orElse(Instant.EPOCH);
        if (waiting.isEmpty() && promoted == 0 && !Instant.now().isBefore(observed)) {
            passed(rollout, group, sentence(group), pass);
            return false;
        }
        Optional<Instant> deadline =
                newest.map(at -> at.plusSeconds(rollout.plan().withinSecondsOf(group.number())));
        if (waiting.isPresent() && deadline.filter(Instant.now()::isAfter).isPresent()) {
            halt(
                    rollout,
                    group,
                    "the gate "
                            + waiting.get().gate()
                            + " could not tell within "
                            + rollout.plan().withinSecondsOf(group.number())
                            + " s: "
                            + waiting.get().sentence(),
                    pass);
            return true;
        }
        String reason =
                waiting.map(
                                result ->
                                        "waiting for the gate "
                                                + result.gate()
                                                + ": "
                                                + result.sentence())
                        .orElse(
                                promoted > 0
                                        ? "its gates pass; "
                                                + promoted
                                                + " gateways take it from the shadow"
                                        : "its gates pass; observed until " + observed);
        RolloutGroup now = group.to(GroupState.RUNNING, reason);
        if (!now.equals(rollout.groups().get(group.number()))) {
            save(rollout, now, Optional.empty(), pass);
        }
        return false;
    }

    /** What is waited for; in the shadow that is the gate that ends it. */
    private static Optional<GateResult> waiting(RolloutGroup group) {
        List<GateResult> waiting =
                group.gates().stream().filter(r -> r.outcome() == Outcome.WAITING).toList();
        return waiting.stream()
                .filter(r -> r.gate().equals(Gates.AGREEMENT))
                .filter(r -> group.count(MemberState.SHADOWING) > 0)
                .findFirst()
                .or(() -> waiting.stream().findFirst());
    }

    private void save(
            Rollout rollout, RolloutGroup group, Optional<String> entry, RolloutSteps.Pass pass) {
        store.save(rollout.id(), group, entry);
        pass.changes();
    }

    private static String sentence(RolloutGroup group) {
        return group.gates().stream().map(GateResult::sentence).collect(Collectors.joining("; "));
    }

    private void passed(
            Rollout rollout, RolloutGroup group, String reason, RolloutSteps.Pass pass) {
        save(
                rollout,
                group.to(GroupState.PASSED, reason).ended(Instant.now()),
                Optional.of("group " + group.name() + " passed: " + reason),
                pass);
    }

    private void halt(
            Rollout rollout, RolloutGroup group, String sentence, RolloutSteps.Pass pass) {
        String reason = "in the group " + group.name() + " " + sentence;
        boolean revert = rollout.plan().whenHalted() == RolloutPlan.WhenHalted.REVERT;
        RolloutUpdate update =
                revert
                        ? RolloutUpdate.to(RolloutState.REVERTING, "reverting because " + reason)
                        : RolloutUpdate.to(RolloutState.HALTED, "halted because " + reason)
                                .awaiting(
                                        "a person: resume, or stop and say what becomes of the gateways already changed",
                                        Instant.now().plus(times.decision()));
        RolloutGroup halted = group.to(GroupState.HALTED, sentence).ended(Instant.now());
        if (store.save(rollout, update, Optional.of(halted))) {
            pass.changes();
        }
    }
}
