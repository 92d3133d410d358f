package io.karu.station;

/**
 * Something that inspection needs is not there; the message says what. The frame stays where it is.
 */
final class NotReadyException extends Exception {
    private static final long serialVersionUID = 1L;

    NotReadyException(String message) {
        super(message);
    }

    NotReadyException(String message, Throwable cause) {
        super(message, cause);
    }
}
