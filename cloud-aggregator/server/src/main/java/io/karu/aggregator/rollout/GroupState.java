package io.karu.aggregator.rollout;

/** Where a group stands. */
public enum GroupState {
    SCHEDULED,
    /** Its gateways are changed and its gates are read. */
    RUNNING,
    /** Its gates let the next group begin. */
    PASSED,
    HALTED
}
