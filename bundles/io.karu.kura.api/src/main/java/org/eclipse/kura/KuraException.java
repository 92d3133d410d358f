package org.eclipse.kura;

import java.util.Locale;
import org.osgi.annotation.versioning.ProviderType;

/** What Kura reports as a checked error: a code, and a text made of the code and the arguments. */
@ProviderType
public class KuraException extends Exception {

    private static final long serialVersionUID = 1L;

    private final KuraErrorCode code;
    private final transient Object[] arguments;

    public KuraException(KuraErrorCode code) {
        this.code = code;
        this.arguments = new Object[0];
    }

    public KuraException(KuraErrorCode code, Object... arguments) {
        this.code = code;
        this.arguments = arguments;
    }

    public KuraException(KuraErrorCode code, Throwable cause, Object... arguments) {
        super(cause);
        this.code = code;
        this.arguments = arguments;
    }

    /** An error that has no code of its own. */
    public static KuraException internalError(Throwable cause) {
        return new KuraException(KuraErrorCode.INTERNAL_ERROR, cause, "");
    }

    /** An error that has no code of its own. */
    public static KuraException internalError(String message) {
        return new KuraException(KuraErrorCode.INTERNAL_ERROR, null, message);
    }

    /** An error that has no code of its own. */
    public static KuraException internalError(Throwable cause, String message) {
        return new KuraException(KuraErrorCode.INTERNAL_ERROR, cause, message);
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
