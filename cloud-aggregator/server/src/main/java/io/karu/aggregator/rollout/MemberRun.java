package io.karu.aggregator.rollout;

import java.time.Instant;
import java.util.Optional;

/** One step of one gateway: begins with what is stored, ends with what is to be stored. */
final class MemberRun {
    private final RolloutMember before;
    private MemberState state;
    private String step;
    private String waitsFor;
    private Instant deadline;
    private int attempt;
    private int phase;
    private Long job;
    private Instant changedAt;
    private Baseline baseline;

    MemberRun(RolloutMember member) {
        this.before = member;
        this.state = member.state();
        this.step = member.step();
        this.waitsFor = member.waitsFor().orElse(null);
        this.deadline = member.deadline().orElse(null);
        this.attempt = member.attempt();
        this.phase = member.phase();
        this.job = member.job().orElse(null);
        this.changedAt = member.changedAt().orElse(null);
    }

    RolloutMember before() {
        return before;
    }

    MemberState state() {
        return state;
    }

    String step() {
        return step;
    }

    Optional<String> waitsFor() {
        return Optional.ofNullable(waitsFor);
    }

    Optional<Instant> deadline() {
        return Optional.ofNullable(deadline);
    }

    int attempt() {
        return attempt;
    }

    int phase() {
        return phase;
    }

    Optional<Long> job() {
        return Optional.ofNullable(job);
    }

    Optional<Instant> changedAt() {
        return Optional.ofNullable(changedAt);
    }

    /** Newly read; absent: what is stored stays. */
    Optional<Baseline> baseline() {
        return Optional.ofNullable(baseline);
    }

    MemberRun to(MemberState next, String why) {
        state = next;
        step = why;
        waitsFor = null;
        deadline = null;
        if (next == MemberState.CHANGED || next == MemberState.SHADOWING) {
            changedAt = Instant.now();
        }
        return this;
    }

    MemberRun await(Wait wait) {
        step = wait.reason();
        waitsFor = wait.owner();
        deadline = wait.deadline().orElse(null);
        return this;
    }

    MemberRun on(long queued) {
        job = queued;
        return this;
    }

    /** Goes on with this order; it has no job yet. */
    MemberRun phase(int next) {
        phase = next;
        job = null;
        return this;
    }

    MemberRun again() {
        attempt++;
        return phase(0);
    }

    MemberRun knowing(Baseline read) {
        baseline = read;
        return this;
    }

    boolean changed() {
        return state != before.state()
                || !step.equals(before.step())
                || !waitsFor().equals(before.waitsFor())
                || attempt != before.attempt()
                || phase != before.phase()
                || !job().equals(before.job())
                || baseline != null;
    }
}
