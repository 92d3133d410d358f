package io.karu.gateway.cloud;

import io.karu.gateway.conf.ComponentProperties;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.Consumer;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's publisher factory: where and how an application's messages leave is configuration, not
 * code.
 */
@Component(
        name = CloudPublisherComponent.FACTORY_PID,
        service = {CloudPublisher.class, ConfigurableComponent.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {
            "kura.ui.service.hide:Boolean=true",
            "cloud.connection.factory.pid=" + CloudService.PID
        })
public class CloudPublisherComponent
        implements CloudPublisher,
                ConfigurableComponent,
                CloudConnectionListener,
                CloudService.Confirmations {

    static final String FACTORY_PID = "org.eclipse.kura.cloud.publisher.CloudPublisher";

    private static final Logger LOG = LoggerFactory.getLogger(CloudPublisherComponent.class);

    private final Set<CloudConnectionListener> connectionListeners = new CopyOnWriteArraySet<>();
    private final Set<CloudDeliveryListener> deliveryListeners = new CopyOnWriteArraySet<>();
    private final CloudServiceTracker cloud;
    private volatile Options options;

    private record Options(
            String applicationId,
            TopicTemplate topic,
            int qos,
            boolean retain,
            boolean control,
            int priority) {

        static Options from(Map<String, Object> properties) {
            ComponentProperties given = new ComponentProperties(properties);
            return new Options(
                    given.text("appId", "W1"),
                    new TopicTemplate(given.text("app.topic", "A1/$assetName")),
                    given.integer("qos", 0, 0, 1),
                    given.flag("retain", false),
                    given.oneOf("message.type", "data", Set.of("data", "control"))
                            .equals("control"),
                    given.integer("priority", 7, 0, Integer.MAX_VALUE));
        }
    }

    @Activate
    public CloudPublisherComponent(BundleContext context, Map<String, Object> properties) {
        options = Options.from(properties);
        cloud =
                new CloudServiceTracker(
                        context,
                        properties,
                        found -> {
                            found.registerCloudConnectionListener(this);
                            found.addConfirmations(this);
                        },
                        gone -> {
                            gone.unregisterCloudConnectionListener(this);
                            gone.removeConfirmations(this);
                        });
    }

    @Modified
    public void updated(Map<String, Object> properties) {
        try {
            options = Options.from(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
            return;
        }
        cloud.follow(properties);
    }

    @Deactivate
    public void deactivate() {
        cloud.close();
    }

    @Override
    public String publish(KuraMessage message) throws KuraException {
        Options current = options;
        CloudService service =
                cloud.service()
                        .orElseThrow(
                                () ->
                                        new KuraException(
                                                KuraErrorCode.SERVICE_UNAVAILABLE,
                                                "the cloud service " + cloud.pid()));
        Map<String, Object> properties = new HashMap<>();
        properties.put("APP_ID", current.applicationId());
        properties.put("APP_TOPIC", current.topic().fill(message.getProperties()));
        properties.put("QOS", current.qos());
        properties.put("RETAIN", current.retain());
        properties.put("PRIORITY", current.priority());
        properties.put("CONTROL", current.control());
        return service.publish(new KuraMessage(message.getPayload(), properties));
    }

    @Override
    public void registerCloudConnectionListener(CloudConnectionListener listener) {
        connectionListeners.add(listener);
    }

    @Override
    public void unregisterCloudConnectionListener(CloudConnectionListener listener) {
        connectionListeners.remove(listener);
    }

    @Override
    public void registerCloudDeliveryListener(CloudDeliveryListener listener) {
        deliveryListeners.add(listener);
    }

    @Override
    public void unregisterCloudDeliveryListener(CloudDeliveryListener listener) {
        deliveryListeners.remove(listener);
    }

    @Override
    public void onConnectionEstablished() {
        tell(CloudConnectionListener::onConnectionEstablished);
    }

    @Override
    public void onConnectionLost() {
        tell(CloudConnectionListener::onConnectionLost);
    }

    @Override
    public void onDisconnected() {
        tell(CloudConnectionListener::onDisconnected);
    }

    /**
     * As on Kura, messages of another publisher for the same application may be confirmed here too.
     */
    @Override
    public void confirmed(String messageId, String topic) {
        Options current = options;
        boolean control = !topic.startsWith("#");
        if (control == current.control()
                && topic.contains("/#client-id/" + current.applicationId() + "/")) {
            deliveryListeners.forEach(listener -> listener.onMessageConfirmed(messageId));
        }
    }

    private void tell(Consumer<CloudConnectionListener> news) {
        connectionListeners.forEach(news);
    }
}
