package io.karu.gateway.deployment;

import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.message.KuraPayload;

/**
 * Typed access to a request's metrics; whatever is missing or of another type is a bad request that
 * names the metric.
 */
record Metrics(KuraPayload payload) {

    <T> T required(String name, Class<T> type) throws KuraException {
        T value = optional(name, type, null);
        if (value == null) {
            throw refused(name + " (" + type.getSimpleName() + ") is missing");
        }
        return value;
    }

    <T> T optional(String name, Class<T> type, T absent) throws KuraException {
        Object value = payload.getMetric(name);
        if (value == null) {
            return absent;
        }
        if (!type.isInstance(value)) {
            throw refused(
                    name
                            + " is a "
                            + value.getClass().getSimpleName()
                            + ", not a "
                            + type.getSimpleName());
        }
        return type.cast(value);
    }

    /** A text that becomes part of a file's name. */
    String fileNamePart(String name) throws KuraException {
        String value = required(name, String.class);
        if (!value.matches("[A-Za-z0-9._-]+")) {
            throw refused(name + " is '" + value + "', which cannot be part of a file's name");
        }
        return value;
    }

    static KuraException refused(String reason) {
        return new KuraException(KuraErrorCode.BAD_REQUEST, reason);
    }
}
