package org.eclipse.kura.cloudconnection.publisher;

import org.osgi.annotation.versioning.ProviderType;

/** Publishes the notifications that a request handler sends after its reply. */
@ProviderType
public interface CloudNotificationPublisher extends CloudPublisher {}
