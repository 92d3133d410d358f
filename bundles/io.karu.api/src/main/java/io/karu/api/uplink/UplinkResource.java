package io.karu.api.uplink;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * One resource of Karu's app {@code KARU-V1}: register it as an OSGi service and {@code
 * io.karu.uplink} routes requests to it. Kura gives two threads to all apps of a gateway: answer at
 * once, do long work elsewhere.
 */
@ConsumerType
public interface UplinkResource {
    /** Methods of Kura's request protocol. */
    enum Method {
        GET,
        PUT,
        POST,
        DEL,
        EXEC
    }

    Method method();

    /** The resource path without method, for instance {@code models/activate}; matched exactly. */
    String path();

    /**
     * Answers a request.
     *
     * @param body the request's body as JSON text, {@code {}} when it had none
     * @return the reply's body as JSON text
     * @throws UplinkException the reply's code and message
     */
    String handle(String body) throws UplinkException;
}
