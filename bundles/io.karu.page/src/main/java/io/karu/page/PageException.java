package io.karu.page;

/** A request is answered with an error: status, stable code, and a message for a person. */
final class PageException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    PageException(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = code;
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }
}
