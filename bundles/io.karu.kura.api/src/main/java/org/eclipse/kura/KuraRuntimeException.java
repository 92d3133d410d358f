package org.eclipse.kura;

import java.util.Locale;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What Kura reports as an unchecked error: a code, and a text made of the code and the arguments.
 */
@ProviderType
public class KuraRuntimeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final KuraErrorCode code;
    private final transient Object[] arguments;

    public KuraRuntimeException(KuraErrorCode code) {
        this.code = code;
        this.arguments = new Object[0];
    }

    public KuraRuntimeException(KuraErrorCode code, Object... arguments) {
        this.code = code;
        this.arguments = arguments;
    }

    public KuraRuntimeException(KuraErrorCode code, Throwable cause, Object... arguments) {
        super(cause);
        this.code = code;
        this.arguments = arguments;
    }

    /** What kind of error this is. */
    public KuraErrorCode getCode() {
        return this.code;
    }

    @Override
    public String getMessage() {
        return KuraErrorMessages.text(Locale.US, this.code, this.arguments);
    }

    @Override
    public String getLocalizedMessage() {
        return KuraErrorMessages.text(Locale.getDefault(), this.code, this.arguments);
    }
}
