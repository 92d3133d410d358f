package io.karu.aggregator.security;

import java.time.Instant;
import java.util.Optional;

/**
 * A program's right to act for a person; the secret itself is kept only as a hash.
 *
 * @param id names the token when it is revoked
 * @param role what it may do, never more than its person may
 * @param expiresAt absent: the local command line's, which ends with its file
 */
public record ApiToken(
        String id,
        String name,
        String person,
        Role role,
        Instant createdAt,
        Optional<Instant> expiresAt,
        Optional<Instant> lastUsedAt) {}
