package io.karu.api.uplink;

import java.util.Objects;

/**
 * A KARU-V1 request failed: {@link #status()} becomes Kura's response code, {@link #code()} and the
 * message its body.
 */
public class UplinkException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    /**
     * @param status 400, 404 or 500
     * @param code stable upper-case code, for instance {@code GOLDEN_MISMATCH}
     */
    public UplinkException(int status, String code, String message) {
        super(message);
        this.status = status;
        this.code = Objects.requireNonNull(code, "code");
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }
}
