package io.karu.aggregator.rollout;

import java.time.Instant;
import java.util.Optional;

/**
 * A line of a rollout's history.
 *
 * @param person who acted; absent when the rollout itself did
 */
public record RolloutEntry(Instant at, Optional<String> person, String message) {}
