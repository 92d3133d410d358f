package io.karu.gateway.cloud;

import io.karu.gateway.transport.MqttDataTransport.Message;
import java.util.Map;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudNotificationPublisher;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Publishes what an application has to say later about a request. Messages have the properties
 * {@code appId}, {@code messageType} and {@code requestorClientId}; they are sent at QoS 0 and
 * priority 1 and have no id.
 */
@Component(
        name = NotificationPublisher.PID,
        service = CloudNotificationPublisher.class,
        property = {
            "service.pid=" + NotificationPublisher.PID,
            "kura.service.pid=" + NotificationPublisher.PID
        })
public class NotificationPublisher implements CloudNotificationPublisher {

    static final String PID = "org.eclipse.kura.cloud.publisher.CloudNotificationPublisher";

    private final CloudService cloud;

    @Activate
    public NotificationPublisher(@Reference CloudService cloud) {
        this.cloud = cloud;
    }

    @Override
    public String publish(KuraMessage message) throws KuraException {
        Map<String, Object> properties = message.getProperties();
        String topic =
                String.join(
                        "/",
                        cloud.controlPrefix(),
                        "#account-name",
                        level(properties, "requestorClientId"),
                        level(properties, "appId"),
                        "NOTIFY",
                        "#client-id",
                        level(properties, "messageType"));
        cloud.publish(
                new Message(topic, cloud.encode(message.getPayload()), 0, false),
                CloudService.CONTROL_PRIORITY);
        return null;
    }

    @Override
    public void registerCloudConnectionListener(CloudConnectionListener listener) {
        cloud.registerCloudConnectionListener(listener);
    }

    @Override
    public void unregisterCloudConnectionListener(CloudConnectionListener listener) {
        cloud.unregisterCloudConnectionListener(listener);
    }

    /** Notifications are never confirmed. */
    @Override
    public void registerCloudDeliveryListener(CloudDeliveryListener listener) {
        // QoS 0
    }

    @Override
    public void unregisterCloudDeliveryListener(CloudDeliveryListener listener) {
        // QoS 0
    }

    private static String level(Map<String, Object> properties, String name) throws KuraException {
        if (properties.get(name) instanceof String level && !level.isBlank()) {
            return level;
        }
        throw new KuraException(
                KuraErrorCode.INVALID_PARAMETER, "a notification needs the property " + name);
    }
}
