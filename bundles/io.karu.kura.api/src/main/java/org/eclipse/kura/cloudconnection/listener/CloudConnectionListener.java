package org.eclipse.kura.cloudconnection.listener;

import org.osgi.annotation.versioning.ConsumerType;

/** Follows the state of a cloud connection. */
@ConsumerType
public interface CloudConnectionListener {

    void onConnectionEstablished();

    void onConnectionLost();

    void onDisconnected();
}
