package io.karu.aggregator.deployment;

/**
 * Where a job stands. {@code QUEUED → SENDING → TRANSFERRING → INSTALLING → VERIFYING → SUCCEEDED};
 * when the new package does not work the same steps run again for the previous one ({@link
 * Job#restoring()}) and end in {@code FAILED}. Jobs without a download go from SENDING to
 * VERIFYING.
 */
public enum JobState {
    QUEUED,
    SENDING,
    TRANSFERRING,
    INSTALLING,
    VERIFYING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    public boolean ended() {
        return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }
}
