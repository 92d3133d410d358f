package io.karu.station;

/** What happens when the line is faster than the model. */
public enum QueuePolicy {
    /** Frames wait in their source; a push is refused until there is room. */
    WAIT,
    /** The oldest frames are passed over without a verdict, and counted. */
    SKIP,
    /** The oldest frames get the verdict REVIEW without being inspected. */
    REVIEW
}
