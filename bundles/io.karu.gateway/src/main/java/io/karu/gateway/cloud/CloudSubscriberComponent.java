package io.karu.gateway.cloud;

import io.karu.gateway.conf.ComponentProperties;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.subscriber.CloudSubscriber;
import org.eclipse.kura.cloudconnection.subscriber.listener.CloudSubscriberListener;
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
 * Kura's subscriber factory: what an application receives is configuration; always of this
 * gateway's own account and client id.
 */
@Component(
        name = CloudSubscriberComponent.FACTORY_PID,
        service = {CloudSubscriber.class, ConfigurableComponent.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {
            "kura.ui.service.hide:Boolean=true",
            "cloud.connection.factory.pid=" + CloudService.PID
        })
public class CloudSubscriberComponent
        implements CloudSubscriber,
                ConfigurableComponent,
                CloudConnectionListener,
                CloudSubscriberListener {

    static final String FACTORY_PID = "org.eclipse.kura.cloud.subscriber.CloudSubscriber";

    private static final Logger LOG = LoggerFactory.getLogger(CloudSubscriberComponent.class);

    private final Set<CloudConnectionListener> connectionListeners = new CopyOnWriteArraySet<>();
    private final Set<CloudSubscriberListener> listeners = new CopyOnWriteArraySet<>();
    private final CloudServiceTracker cloud;
    private volatile Map<String, Object> subscription;

    @Activate
    public CloudSubscriberComponent(BundleContext context, Map<String, Object> properties) {
        subscription = subscription(properties);
        cloud =
                new CloudServiceTracker(
                        context,
                        properties,
                        found -> {
                            found.registerCloudConnectionListener(this);
                            found.registerSubscriber(subscription, this);
                        },
                        gone -> {
                            gone.unregisterCloudConnectionListener(this);
                            gone.unregisterSubscriber(this);
                        });
    }

    @Modified
    public void updated(Map<String, Object> properties) {
        try {
            subscription = subscription(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
            return;
        }
        cloud.follow(properties);
        cloud.service()
                .ifPresent(
                        service -> {
                            service.unregisterSubscriber(this);
                            service.registerSubscriber(subscription, this);
                        });
    }

    @Deactivate
    public void deactivate() {
        cloud.close();
    }

    @Override
    public void registerCloudSubscriberListener(CloudSubscriberListener listener) {
        listeners.add(listener);
    }

    @Override
    public void unregisterCloudSubscriberListener(CloudSubscriberListener listener) {
        listeners.remove(listener);
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
    public void onMessageArrived(KuraMessage message) {
        listeners.forEach(listener -> listener.onMessageArrived(message));
    }

    @Override
    public void onConnectionEstablished() {
        connectionListeners.forEach(CloudConnectionListener::onConnectionEstablished);
    }

    @Override
    public void onConnectionLost() {
        connectionListeners.forEach(CloudConnectionListener::onConnectionLost);
    }

    @Override
    public void onDisconnected() {
        connectionListeners.forEach(CloudConnectionListener::onDisconnected);
    }

    private static Map<String, Object> subscription(Map<String, Object> properties) {
        ComponentProperties given = new ComponentProperties(properties);
        return Map.of(
                "APP_ID", given.text("appId", "W1"),
                "APP_TOPIC", given.text("app.topic", "A1/#"),
                "QOS", given.integer("qos", 0, 0, 1),
                "CONTROL",
                        given.oneOf("message.type", "data", Set.of("data", "control"))
                                .equals("control"));
    }
}
