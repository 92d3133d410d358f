package io.karu.aggregator.registry;

import java.time.Instant;
import java.util.Locale;

/**
 * One report of a model version (docs/contracts.md, 8). Immutable.
 *
 * @param digest SHA-256 of the content as {@code sha256:…}
 * @param createdAt when its author wrote it
 * @param size of the content in bytes
 */
public record ModelReport(
        Kind kind, String digest, Instant createdAt, Instant storedAt, String storedBy, long size) {
    /** What a report is about. */
    public enum Kind {
        TRAINING,
        EVALUATION,
        COMPRESSION;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
