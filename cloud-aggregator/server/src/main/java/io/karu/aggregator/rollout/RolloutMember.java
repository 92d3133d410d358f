package io.karu.aggregator.rollout;

import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Presence;
import java.time.Instant;
import java.util.Optional;

/**
 * One gateway of a rollout.
 *
 * @param step what happened last or is awaited, for a person
 * @param waitsFor who has to act; absent when nobody
 * @param attempt how often it was tried, from 0
 * @param phase which of the orders that bring the artefact, or of those that bring back what was
 *     there, from 0
 * @param job of this phase; absent until it is queued
 * @param changedAt since when it has the artefact, in the shadow or deciding
 * @param jobNow where that job stands
 */
public record RolloutMember(
        GatewayId gateway,
        int group,
        MemberState state,
        String step,
        Optional<String> waitsFor,
        Optional<Instant> deadline,
        int attempt,
        int phase,
        Optional<Long> job,
        Optional<Instant> changedAt,
        Instant updatedAt,
        Site site,
        Optional<JobNow> jobNow) {
    /** What happens now: the step of its job while one runs. */
    public String now() {
        return jobNow.filter(job -> state.busy()).map(JobNow::step).orElse(step);
    }

    /** What the fleet knows of the gateway. */
    public record Site(String name, Presence presence, String reason, Instant since) {
        boolean online() {
            return presence == Presence.ONLINE;
        }
    }

    /** Where its job stands. */
    public record JobNow(JobState state, String step, Optional<Job.Failure> failure) {}
}
