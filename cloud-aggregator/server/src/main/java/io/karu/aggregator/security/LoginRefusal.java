package io.karu.aggregator.security;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import java.util.HashMap;
import java.util.Map;

/** Why a login at the identity provider lets nobody in; the detail {@code reason} of the error. */
public enum LoginRefusal {
    /** The issuer knows the person and gives none of Karu's roles. */
    NO_ROLE(Code.NOT_ALLOWED),
    /** The issuer sent the browser back with an error (RFC 6749, 4.1.2.1). */
    DENIED(Code.WRONG_CREDENTIALS),
    /** Not begun in this browser, begun too long ago, or ended before. */
    NOT_BEGUN(Code.WRONG_CREDENTIALS),
    /** A token that was made just now is not yet or no longer valid by the clock here. */
    CLOCKS_DIFFER(Code.NOT_LOGGED_IN),
    /** What the issuer answered does not prove who logs in. */
    NOT_ACCEPTED(Code.WRONG_CREDENTIALS),
    ISSUER_FAILED(Code.AUTHORITY_FAILED),
    NOT_CONFIGURED(Code.ADDRESS_NOT_FOUND);

    private static final String REASON = "reason";

    private final Code code;

    LoginRefusal(Code code) {
        this.code = code;
    }

    public AggregatorException because(String message) {
        return because(message, Map.of(), null);
    }

    AggregatorException because(String message, Map<String, Object> details, Throwable cause) {
        Map<String, Object> all = new HashMap<>(details);
        all.put(REASON, name());
        return new AggregatorException(code, message, all, cause);
    }

    /** The one that an error was made by; {@link #NOT_ACCEPTED} of any other error. */
    public static LoginRefusal of(AggregatorException error) {
        return error.details().get(REASON) instanceof String reason
                ? valueOf(reason)
                : NOT_ACCEPTED;
    }
}
