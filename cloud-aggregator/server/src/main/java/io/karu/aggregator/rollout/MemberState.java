package io.karu.aggregator.rollout;

/** Where one gateway of a rollout stands. */
public enum MemberState {
    /** Its group has not begun, or it waits: offline, window, limits. */
    SCHEDULED,
    /** What it has now is being read, to compare with and to go back to. */
    PREPARING,
    /** A job changes it. */
    CHANGING,
    /**
     * The artefact runs in the shadow of the version that decides, until the gate of agreement lets
     * it decide.
     */
    SHADOWING,
    CHANGED,
    /** It had the artefact before the rollout came. */
    UNCHANGED,
    FAILED,
    /** The rollout stopped before it was changed. */
    LEFT_OUT,
    /** A job brings back what it had. */
    REVERTING,
    REVERTED,
    /** It could not be brought back. */
    NOT_REVERTED;

    boolean done() {
        return this == CHANGED || this == UNCHANGED;
    }

    boolean busy() {
        return this == PREPARING || this == CHANGING || this == REVERTING;
    }
}
