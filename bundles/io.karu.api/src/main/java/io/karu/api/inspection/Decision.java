package io.karu.api.inspection;

/** What happens to the part. */
public enum Decision {
    ACCEPT,
    REJECT,
    /** A person decides. */
    REVIEW
}
