package org.eclipse.kura.cloudconnection.request;

/** Names of properties of a request message. */
public enum RequestHandlerMessageConstants {
    ARGS_KEY("args");

    private final String value;

    RequestHandlerMessageConstants(String value) {
        this.value = value;
    }

    public String value() {
        return this.value;
    }
}
