package io.karu.aggregator.fleet;

/** Whether a gateway is there. */
public enum Presence {
    /** Has credentials, was never seen. */
    REGISTERED,
    /** A BIRTH arrived and neither DC nor LWT since. */
    ONLINE,
    /** Said goodbye (DC). */
    DISCONNECTED,
    /** Its connection was lost (LWT). */
    LOST,
    /** The aggregator was restarted and has not heard of it since. */
    UNKNOWN
}
