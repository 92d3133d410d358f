package org.eclipse.kura;

import java.util.List;

/** Some parts of an operation failed; each failure is a cause. */
public class KuraPartialSuccessException extends KuraException {

    private static final long serialVersionUID = 1L;

    private final List<Throwable> causes;

    public KuraPartialSuccessException(String message, List<Throwable> causes) {
        super(KuraErrorCode.PARTIAL_SUCCESS, null, message);
        this.causes = causes;
    }

    public List<Throwable> getCauses() {
        return this.causes;
    }
}
