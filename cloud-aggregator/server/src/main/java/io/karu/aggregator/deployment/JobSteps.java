package io.karu.aggregator.deployment;

import io.karu.aggregator.AggregatorException;

/**
 * Decides the next step of one kind of job from its stored state and the gateway's actual one.
 * Idempotent.
 */
interface JobSteps {
    /**
     * Advances by one step. May ask the gateway and wait for its answer.
     *
     * @throws AggregatorException when the gateway did not answer; the step is tried again
     */
    void advance(JobRun run);
}
