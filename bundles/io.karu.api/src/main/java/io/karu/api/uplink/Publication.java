package io.karu.api.uplink;

/**
 * Whether a journaled verdict leaves the gateway: the station's publishing policy, decided per
 * verdict.
 */
public enum Publication {
    /** Sent to the cloud; its images may follow within the uplink's budget. */
    PUBLISH,
    /** Stays in the gateway's journal; an overrule of it is sent with the verdict. */
    KEEP
}
