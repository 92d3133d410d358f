package org.eclipse.kura.cloudconnection.request;

/**
 * Names of the properties of a request context: the account, the client id, the pid of the
 * notification publisher.
 */
public enum RequestHandlerContextConstants {
    TENANT_ID,
    DEVICE_ID,
    NOTIFICATION_PUBLISHER_PID
}
