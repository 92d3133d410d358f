package io.karu.aggregator.audit;

import java.util.Objects;
import java.util.Optional;

/**
 * Which lines to list, the newest first.
 *
 * @param actor only of this one
 * @param text only lines whose action or subject contains it, in any case
 * @param before only lines with a lower sequence number
 */
public record AuditQuery(
        Optional<String> actor, Optional<String> text, Optional<Long> before, int limit) {
    public AuditQuery {
        Objects.requireNonNull(actor, "actor");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(before, "before");
    }
}
