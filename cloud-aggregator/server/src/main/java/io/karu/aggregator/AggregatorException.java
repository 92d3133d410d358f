package io.karu.aggregator;

import java.util.Map;
import java.util.Objects;

/**
 * A request to the aggregator that cannot be fulfilled. The {@link #code()} is stable and the same
 * in REST (problem+json), in jobs and in the log; the message names what is wrong and what to do.
 */
public final class AggregatorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What sort of refusal a code is; decides the HTTP status. */
    public enum Kind {
        INVALID,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        CONFLICT,
        TOO_LARGE,
        TOO_MANY,
        /** The gateway refused or failed. */
        GATEWAY,
        /** The gateway is not reachable or did not answer in time. */
        UNREACHABLE,
        INTERNAL
    }

    /** Stable reasons. */
    public enum Code {
        INVALID_ARGUMENT(Kind.INVALID),
        NOT_LOGGED_IN(Kind.UNAUTHENTICATED),
        WRONG_CREDENTIALS(Kind.UNAUTHENTICATED),
        TOO_MANY_ATTEMPTS(Kind.TOO_MANY),
        FOREIGN_REQUEST(Kind.FORBIDDEN),
        NOT_ALLOWED(Kind.FORBIDDEN),
        PERSON_NOT_FOUND(Kind.NOT_FOUND),
        PERSON_EXISTS(Kind.CONFLICT),
        LAST_ADMIN(Kind.CONFLICT),
        TOKEN_NOT_FOUND(Kind.NOT_FOUND),
        ADDRESS_NOT_FOUND(Kind.NOT_FOUND),
        METHOD_NOT_ALLOWED(Kind.INVALID),
        BODY_TOO_LARGE(Kind.TOO_LARGE),
        GATEWAY_NOT_FOUND(Kind.NOT_FOUND),
        GATEWAY_EXISTS(Kind.CONFLICT),
        GATEWAY_OFFLINE(Kind.UNREACHABLE),
        GATEWAY_LACKS_APPLICATION(Kind.UNREACHABLE),
        GATEWAY_NO_ANSWER(Kind.UNREACHABLE),
        GATEWAY_REFUSED(Kind.GATEWAY),
        CSR_INVALID(Kind.INVALID),
        IDENTITY_NOT_FOUND(Kind.NOT_FOUND),
        IDENTITY_STATE(Kind.CONFLICT),
        AUTHORITY_FAILED(Kind.GATEWAY),
        PACKAGE_NOT_FOUND(Kind.NOT_FOUND),
        PACKAGE_INVALID(Kind.INVALID),
        PACKAGE_EXISTS_WITH_OTHER_CONTENT(Kind.CONFLICT),
        PACKAGE_UNFIT_FOR_GATEWAY(Kind.CONFLICT),
        PACKAGE_NEEDS_RESTART(Kind.CONFLICT),
        PACKAGE_IN_USE(Kind.CONFLICT),
        JOB_NOT_FOUND(Kind.NOT_FOUND),
        JOB_STATE(Kind.CONFLICT),
        DOWNLOAD_NOT_FOUND(Kind.NOT_FOUND),
        MODEL_NOT_FOUND(Kind.NOT_FOUND),
        MODEL_INVALID(Kind.INVALID),
        MODEL_EXISTS(Kind.CONFLICT),
        MODEL_IN_USE(Kind.CONFLICT),
        ALIAS_NOT_FOUND(Kind.NOT_FOUND),
        REPORT_NOT_FOUND(Kind.NOT_FOUND),
        REPORT_INVALID(Kind.INVALID),
        VERDICT_NOT_FOUND(Kind.NOT_FOUND),
        BLOB_NOT_FOUND(Kind.NOT_FOUND),
        BLOB_DIGEST_DIFFERS(Kind.INVALID),
        BLOB_TOO_LARGE(Kind.TOO_LARGE),
        BLOB_BUDGET_SPENT(Kind.TOO_MANY),
        CONFIGURATION_INVALID(Kind.INVALID),
        COMPONENT_NOT_FOUND(Kind.NOT_FOUND),
        ROLLOUT_NOT_FOUND(Kind.NOT_FOUND),
        ROLLOUT_INVALID(Kind.INVALID),
        ROLLOUT_STATE(Kind.CONFLICT),
        ROLLOUT_CONFLICT(Kind.CONFLICT),
        ROLLOUT_NEEDS_OTHER_PERSON(Kind.FORBIDDEN),
        ROLLOUT_CHANGED_UNDECIDED(Kind.CONFLICT),
        STORAGE_FAILED(Kind.INTERNAL);

        private final Kind kind;

        Code(Kind kind) {
            this.kind = kind;
        }

        public Kind kind() {
            return kind;
        }
    }

    private final Code code;
    private final transient Map<String, Object> details;

    public AggregatorException(Code code, String message) {
        this(code, message, Map.of(), null);
    }

    public AggregatorException(Code code, String message, Throwable cause) {
        this(code, message, Map.of(), cause);
    }

    public AggregatorException(
            Code code, String message, Map<String, Object> details, Throwable cause) {
        super(message, cause);
        this.code = Objects.requireNonNull(code, "code");
        this.details = Map.copyOf(details);
    }

    public Code code() {
        return code;
    }

    /** Structured facts for a program, for instance {@code retryAfterSeconds}. */
    public Map<String, Object> details() {
        return details == null ? Map.of() : details;
    }
}
