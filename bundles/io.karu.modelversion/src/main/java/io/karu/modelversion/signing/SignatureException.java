package io.karu.modelversion.signing;

/** A signed statement is missing, malformed, not trusted, or does not say what it must. */
public final class SignatureException extends Exception {
    private static final long serialVersionUID = 1L;

    public SignatureException(String message) {
        super(message);
    }

    SignatureException(String message, Throwable cause) {
        super(message, cause);
    }
}
