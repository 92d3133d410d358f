package org.eclipse.kura.cloudconnection;

import java.util.Collections;
import java.util.Map;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.subscriber.listener.CloudSubscriberListener;
import org.osgi.annotation.versioning.ProviderType;

/** The lower end of publishers and subscribers of one cloud connection. */
@ProviderType
public interface CloudEndpoint {

    /** What the endpoint tells about itself; nothing unless it overrides this. */
    default Map<String, String> getInfo() {
        return Collections.emptyMap();
    }

    String publish(KuraMessage message) throws KuraException;

    void registerCloudDeliveryListener(CloudDeliveryListener cloudDeliveryListener);

    void registerSubscriber(
            Map<String, Object> subscriptionProperties,
            CloudSubscriberListener cloudSubscriberListener);

    void unregisterCloudDeliveryListener(CloudDeliveryListener cloudDeliveryListener);

    void unregisterSubscriber(CloudSubscriberListener cloudSubscriberListener);
}
