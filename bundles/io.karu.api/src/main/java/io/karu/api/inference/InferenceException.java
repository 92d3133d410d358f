package io.karu.api.inference;

import java.util.Objects;

/**
 * A model could not be opened, bound or run. The {@link #code()} is stable; the message is for a
 * person.
 */
public class InferenceException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Stable reasons. */
    public enum Code {
        /** The engine stopped or is stopping; it takes no new work. */
        ENGINE_STOPPED,
        /** The engine cannot read the model: corrupt, unsupported operator, too large. */
        MODEL_REFUSED,
        /** Name, type or shape does not fit the graph. */
        TENSOR_MISMATCH,
        /** The run itself failed. */
        RUN_FAILED
    }

    private final Code code;

    public InferenceException(Code code, String message) {
        this(code, message, null);
    }

    public InferenceException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    public Code code() {
        return code;
    }
}
