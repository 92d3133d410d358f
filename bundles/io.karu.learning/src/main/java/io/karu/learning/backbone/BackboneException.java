package io.karu.learning.backbone;

import java.io.IOException;

/** A network's files cannot be read as what they should be; the message names file and reason. */
public final class BackboneException extends IOException {
    private static final long serialVersionUID = 1L;

    BackboneException(String message) {
        super(message);
    }

    BackboneException(String message, Throwable cause) {
        super(message, cause);
    }
}
