package org.eclipse.kura.ssl;

import org.osgi.annotation.versioning.ConsumerType;

/** Learns that the TLS configuration changed. */
@ConsumerType
public interface SslServiceListener {

    void onConfigurationUpdated();
}
