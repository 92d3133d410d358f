package io.karu.learning.djl;

/** A graph uses an operator, or a form of it, that cannot be trained; the message names the node. */
public final class UnsupportedOperatorException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnsupportedOperatorException(String message) {
        super(message);
    }
}
