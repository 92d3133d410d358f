package org.eclipse.kura.cloudconnection.subscriber;

import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.subscriber.listener.CloudSubscriberListener;
import org.osgi.annotation.versioning.ProviderType;

/** Delivers the messages of one subscription. */
@ProviderType
public interface CloudSubscriber {

    void registerCloudConnectionListener(CloudConnectionListener cloudConnectionListener);

    void registerCloudSubscriberListener(CloudSubscriberListener listener);

    void unregisterCloudConnectionListener(CloudConnectionListener cloudConnectionListener);

    void unregisterCloudSubscriberListener(CloudSubscriberListener listener);
}
