package io.karu.aggregator.rollout;

import java.time.Instant;
import java.util.Optional;

/**
 * What is awaited.
 *
 * @param owner who has to act: a person, a gateway, a job, a clock
 * @param reason for a person
 * @param deadline when it is given up; absent when the owner has a deadline of its own
 */
public record Wait(String owner, String reason, Optional<Instant> deadline) {}
