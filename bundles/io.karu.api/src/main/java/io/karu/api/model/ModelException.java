package io.karu.api.model;

import java.util.Objects;

/**
 * A model cannot be used, changed or found. The {@link #code()} is stable; the message is for a
 * person.
 */
public class ModelException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Stable reasons. */
    public enum Code {
        /** No version of that name, alias or digest is in the gateway's store. */
        NOT_FOUND,
        /** The digest prefix fits more than one version. */
        AMBIGUOUS,
        /** Content and digest differ, or the card contradicts the graph. */
        CORRUPT,
        /** The golden outputs were not reproduced. */
        GOLDEN_MISMATCH,
        /** The version was rolled back or rejected before and stays off. */
        REJECTED_BEFORE,
        /** No inference engine is there at present. */
        NO_ENGINE,
        /** The engine refused the graph. */
        ENGINE_REFUSED,
        /** Not signed, altered, or signed by somebody whom this gateway does not trust. */
        NOT_TRUSTED,
        /** Released before what this gateway has accepted; a signed rollback order is needed. */
        OUTDATED,
        /** Nothing to roll back to. */
        NO_PREVIOUS,
        /** The gateway's own record cannot be written: disk full or read-only. */
        STORE_FAILED,
        /** Not done in time; the work goes on and the status will show its result. */
        BUSY
    }

    private final Code code;

    public ModelException(Code code, String message) {
        this(code, message, null);
    }

    public ModelException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    public Code code() {
        return code;
    }
}
