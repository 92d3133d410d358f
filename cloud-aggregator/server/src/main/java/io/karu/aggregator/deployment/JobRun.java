package io.karu.aggregator.deployment;

import io.karu.aggregator.deployment.Job.Failure;
import io.karu.aggregator.deployment.Job.FailureCode;
import io.karu.aggregator.fleet.GatewayId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One job while it is advanced: the next step is decided here and then stored at once. Used by one
 * thread.
 */
final class JobRun {
    private static final long RESTORATION = 1L << 40;

    private final Job before;
    private final Memo memoBefore;
    private final List<String> remarks = new ArrayList<>();
    private Memo memo;
    private JobState state;
    private boolean restoring;
    private String step;
    private int progress;
    private Failure failure;
    private PackageId previous;
    private Duration pause = Duration.ZERO;

    JobRun(JobStore.Kept kept) {
        this.before = kept.job();
        this.memoBefore = kept.memo();
        this.memo = memoBefore;
        this.state = before.state();
        this.restoring = before.restoring();
        this.step = before.step();
        this.progress = before.progress();
        this.failure = before.failure().orElse(null);
        this.previous = before.previous().orElse(null);
    }

    long id() {
        return before.id();
    }

    /**
     * The {@code job.id} on the wire: the restoration's notifications must not be taken for those
     * of the installation.
     */
    long wireId() {
        return restoring ? before.id() + RESTORATION : before.id();
    }

    /** The job of a {@code job.id} on the wire. */
    static long jobOf(long wireId) {
        return wireId % RESTORATION;
    }

    GatewayId gateway() {
        return before.gateway();
    }

    Job job() {
        return before;
    }

    Order order() {
        return before.order();
    }

    JobState state() {
        return state;
    }

    boolean restoring() {
        return restoring;
    }

    Memo memo() {
        return memo;
    }

    Optional<PackageId> previous() {
        return Optional.ofNullable(previous);
    }

    Optional<Failure> failure() {
        return Optional.ofNullable(failure);
    }

    /** Whether the present state has lasted longer than this. */
    boolean lastsLongerThan(Duration limit) {
        return Instant.now().isAfter(memo.stateSince().plus(limit));
    }

    void remember(Memo changed) {
        memo = changed;
    }

    void remark(String message) {
        remarks.add(message);
    }

    void previous(PackageId id) {
        previous = id;
    }

    /** Percent of the present transfer. */
    int progress() {
        return progress;
    }

    void progress(int percent) {
        progress = Math.max(0, Math.min(100, percent));
    }

    void to(JobState next, String message) {
        state = next;
        step = message;
        memo = memo.since(Instant.now());
    }

    void await(Duration before, String message) {
        pause = before;
        step = message;
    }

    void succeed(String message) {
        to(JobState.SUCCEEDED, message);
        failure = null;
    }

    void fail(FailureCode code, String reason, String outcome) {
        fail(new Failure(code, Optional.empty(), reason, outcome));
    }

    void fail(Failure why) {
        failure = why;
        to(
                why.code() == FailureCode.CANCELLED ? JobState.CANCELLED : JobState.FAILED,
                why.reason() + "; " + why.outcome());
    }

    void restore(Failure why) {
        failure = why;
        restoring = true;
        progress = 0;
        memo = memo.afresh();
        to(JobState.SENDING, why.reason() + "; re-installing " + previous);
    }

    /** How long nothing is to be done unless something happens. */
    Duration pause() {
        return pause;
    }

    Job result() {
        Instant now = Instant.now();
        return new Job(
                before.id(),
                before.gateway(),
                before.order(),
                before.origin(),
                state,
                restoring,
                step,
                progress,
                Optional.ofNullable(failure),
                Optional.ofNullable(previous),
                before.notBefore(),
                before.createdAt(),
                now,
                state.ended() ? Optional.of(now) : Optional.empty());
    }

    /** Lines for the history: remarks, and the step when it is a new one. */
    List<JobEntry> entries() {
        Instant now = Instant.now();
        List<JobEntry> entries = new ArrayList<>();
        remarks.forEach(remark -> entries.add(new JobEntry(now, state, restoring, remark)));
        if (state != before.state()
                || restoring != before.restoring()
                || !step.equals(before.step())) {
            entries.add(new JobEntry(now, state, restoring, step));
        }
        return entries;
    }

    boolean changed() {
        return !entries().isEmpty() || progress != before.progress() || !memo.equals(memoBefore);
    }
}
