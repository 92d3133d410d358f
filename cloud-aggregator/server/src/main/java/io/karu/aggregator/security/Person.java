package io.karu.aggregator.security;

import java.time.Instant;

/** Somebody who may log in with a password. */
public record Person(String name, Role role, Instant createdAt) {}
