package io.karu.aggregator.deployment;

import java.time.Instant;

/** One line of a job's history. */
public record JobEntry(Instant at, JobState state, boolean restoring, String message) {}
