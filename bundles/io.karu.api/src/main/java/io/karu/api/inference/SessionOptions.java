package io.karu.api.inference;

/**
 * How a session may use the machine.
 *
 * @param intraOpThreads threads inside one operator, at least 1
 * @param spinning whether idle threads busy-wait; only where cores are dedicated to inspection
 */
public record SessionOptions(int intraOpThreads, boolean spinning) {
    /** One thread, no spinning: right for a gateway that shares its cores. */
    public static final SessionOptions SHARED_GATEWAY = new SessionOptions(1, false);

    public SessionOptions {
        if (intraOpThreads < 1) {
            throw new IllegalArgumentException(
                    "intraOpThreads must be at least 1, was " + intraOpThreads);
        }
    }
}
