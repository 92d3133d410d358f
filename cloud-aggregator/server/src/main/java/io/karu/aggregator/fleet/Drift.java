package io.karu.aggregator.fleet;

import java.util.Optional;

/**
 * One difference between what a gateway should be and what it is.
 *
 * @param subject package name, {@code model@alias} or component pid
 * @param wanted what is desired, for a person
 * @param found what was found
 * @param cause why, as far as known
 * @param job the job that repairs it or the last one that failed to; absent when none
 */
public record Drift(
        Kind kind, String subject, String wanted, String found, String cause, Optional<Long> job) {
    /** The same with what repairs it. */
    public Drift repairedBy(long repair) {
        return new Drift(kind, subject, wanted, found, cause, Optional.of(repair));
    }

    /** The same with more to say about the cause. */
    public Drift because(String more) {
        return new Drift(kind, subject, wanted, found, cause + more, job);
    }

    /** What differs. */
    public enum Kind {
        PACKAGE,
        MODEL,
        CONFIGURATION
    }
}
