package io.karu.api.inspection;

import java.time.Duration;

/**
 * A pushed frame was not taken; the message says why, {@link #retryAfter()} when to offer it again.
 */
public class StationBusyException extends Exception {
    private static final long serialVersionUID = 1L;
    private final Duration retryAfter;

    public StationBusyException(String message, Duration retryAfter) {
        super(message);
        this.retryAfter = retryAfter;
    }

    public Duration retryAfter() {
        return retryAfter;
    }
}
