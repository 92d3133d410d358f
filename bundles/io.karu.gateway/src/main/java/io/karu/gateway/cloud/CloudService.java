package io.karu.gateway.cloud;

import io.karu.gateway.data.DataService;
import io.karu.gateway.data.DataServiceListener;
import io.karu.gateway.request.RequestDispatcher;
import io.karu.gateway.transport.MqttDataTransport;
import io.karu.gateway.transport.MqttDataTransport.Message;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.eclipse.kura.KuraConnectException;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.CloudConnectionManager;
import org.eclipse.kura.cloudconnection.CloudEndpoint;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.request.RequestHandler;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContext;
import org.eclipse.kura.cloudconnection.request.RequestHandlerContextConstants;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.cloudconnection.subscriber.listener.CloudSubscriberListener;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.message.KuraRequestPayload;
import org.eclipse.kura.system.SystemAdminService;
import org.eclipse.kura.system.SystemService;
import org.eclipse.paho.client.mqttv3.MqttTopic;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's cloud stack: life cycle messages, requests and their replies, data to and from the cloud.
 * BIRTH leaves before the gateway subscribes to requests. Exactly two threads answer requests, for
 * all applications together, as on Kura. Thread-safe.
 */
@Component(
        name = CloudService.PID,
        service = {
            CloudService.class,
            CloudConnectionManager.class,
            CloudEndpoint.class,
            RequestHandlerRegistry.class,
            ConfigurableComponent.class,
            EventHandler.class
        },
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {
            "kura.service.pid=" + CloudService.PID,
            "event.topics=org/osgi/service/deployment/INSTALL",
            "event.topics=org/osgi/service/deployment/UNINSTALL"
        })
public class CloudService
        implements CloudConnectionManager,
                CloudEndpoint,
                RequestHandlerRegistry,
                ConfigurableComponent,
                EventHandler,
                DataServiceListener {

    public static final String PID = "org.eclipse.kura.cloud.CloudService";

    static final int LIFECYCLE_PRIORITY = 0;
    static final int CONTROL_PRIORITY = 1;

    private static final Logger LOG = LoggerFactory.getLogger(CloudService.class);
    private static final int REQUEST_THREADS = 2;
    private static final Set<String> NOT_FOR_US = Set.of("MQTT", "BA");

    private final DataService data;
    private final SystemService system;
    private final LifecyclePayloads lifecycle;
    private final NotificationPublisher notifications = new NotificationPublisher(this);
    private final Map<String, RequestHandler> handlers = new ConcurrentSkipListMap<>();
    private final Map<CloudSubscriberListener, Subscription> subscriptions =
            new ConcurrentHashMap<>();
    private final Set<CloudConnectionListener> connectionListeners = new CopyOnWriteArraySet<>();
    private final Set<CloudDeliveryListener> deliveryListeners = new CopyOnWriteArraySet<>();
    private final Set<Confirmations> confirmations = new CopyOnWriteArraySet<>();
    private final ExecutorService requests;
    private final BirthDebounce debounce = new BirthDebounce(this::announceAgain);
    private volatile CloudServiceOptions options;
    private String subscribedToRequests;

    private record Subscription(String filter, int qos) {}

    /** Told which message the broker confirmed, with its topic as it was published. */
    interface Confirmations {
        void confirmed(String messageId, String topic);
    }

    @Activate
    public CloudService(
            @Reference DataService data,
            @Reference SystemService system,
            @Reference SystemAdminService admin,
            Map<String, Object> properties) {
        this.data = data;
        this.system = system;
        this.lifecycle = new LifecyclePayloads(system, admin);
        try {
            this.options = CloudServiceOptions.from(properties, system);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The defaults are used.", e.getMessage());
            this.options = CloudServiceOptions.from(Map.of(), system);
        }
        AtomicInteger number = new AtomicInteger();
        this.requests =
                Executors.newFixedThreadPool(
                        REQUEST_THREADS,
                        task -> new Thread(task, "karu-cloud-request-" + number.incrementAndGet()));
        data.listen(this);
        if (data.isConnected()) {
            connectionEstablished();
        }
    }

    @Modified
    public void updated(Map<String, Object> properties) {
        try {
            options = CloudServiceOptions.from(properties, system);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
            return;
        }
        if (data.isConnected()) {
            debounce.birth();
            subscribeToRequests();
        }
    }

    @Deactivate
    public void deactivate() {
        debounce.close();
        requests.shutdownNow();
        if (data.isConnected()) {
            disconnecting();
        }
        data.unlisten(this);
    }

    @Override
    public void connect() throws KuraConnectException {
        data.connect();
    }

    @Override
    public void disconnect() {
        data.disconnect();
    }

    @Override
    public boolean isConnected() {
        return data.isConnected();
    }

    @Override
    public Map<String, String> getInfo() {
        MqttDataTransport transport = data.transport();
        return Map.of(
                "Broker URL", transport.broker(),
                "Account", transport.account(),
                "Username", transport.username(),
                "Client ID", transport.clientId());
    }

    /**
     * Publishes a message whose properties say where: {@code FULL_TOPIC}, or {@code APP_ID}, {@code
     * APP_TOPIC} and {@code CONTROL}; and how: {@code QOS}, {@code RETAIN}, {@code PRIORITY}.
     *
     * @return the message's id; null for QoS 0, which is never confirmed
     */
    @Override
    public String publish(KuraMessage message) throws KuraException {
        Map<String, Object> properties = message.getProperties();
        String topic = (String) properties.get("FULL_TOPIC");
        if (topic == null) {
            topic =
                    topic(
                            (String) properties.get("APP_ID"),
                            (String) properties.get("APP_TOPIC"),
                            (Boolean) properties.get("CONTROL"));
        }
        int qos = (Integer) properties.get("QOS");
        int id =
                publish(
                        new Message(
                                topic,
                                encode(message.getPayload()),
                                qos,
                                (Boolean) properties.get("RETAIN")),
                        (Integer) properties.get("PRIORITY"));
        return qos == 0 ? null : String.valueOf(id);
    }

    /** Publishes encoded bytes; the topic may hold {@code #account-name} and {@code #client-id}. */
    int publish(Message message, int priority) throws KuraException {
        return data.publish(message, priority);
    }

    byte[] encode(KuraPayload payload) throws KuraException {
        return PayloadCodec.encode(payload, options);
    }

    String controlPrefix() {
        return options.controlPrefix();
    }

    /** The topic of an application on this gateway. */
    String topic(String applicationId, String applicationTopic, boolean control) {
        StringBuilder topic = new StringBuilder(control ? options.controlPrefix() + "/" : "");
        topic.append("#account-name/#client-id/").append(applicationId);
        if (applicationTopic != null && !applicationTopic.isEmpty()) {
            topic.append('/').append(applicationTopic);
        }
        return topic.toString();
    }

    /**
     * Subscribes a listener; properties {@code APP_ID}, {@code APP_TOPIC}, {@code QOS}, {@code
     * CONTROL}.
     */
    @Override
    public void registerSubscriber(
            Map<String, Object> properties, CloudSubscriberListener listener) {
        Subscription subscription =
                new Subscription(
                        topic(
                                (String) properties.get("APP_ID"),
                                (String) properties.get("APP_TOPIC"),
                                (Boolean) properties.get("CONTROL")),
                        (Integer) properties.get("QOS"));
        subscriptions.put(listener, subscription);
        if (data.isConnected()) {
            subscribe(subscription);
        }
    }

    @Override
    public void unregisterSubscriber(CloudSubscriberListener listener) {
        Subscription subscription = subscriptions.remove(listener);
        if (subscription != null
                && data.isConnected()
                && !subscriptions.containsValue(subscription)) {
            attempt(() -> data.unsubscribe(subscription.filter()));
        }
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

    void addConfirmations(Confirmations listener) {
        confirmations.add(listener);
    }

    void removeConfirmations(Confirmations listener) {
        confirmations.remove(listener);
    }

    /** An id that is taken already changes hands, silently, as on Kura. */
    @Override
    public void registerRequestHandler(String id, RequestHandler handler) {
        handlers.put(id, handler);
        if (data.isConnected()) {
            debounce.apps();
        }
    }

    @Override
    public void unregister(String id) {
        handlers.remove(id);
        if (data.isConnected()) {
            debounce.apps();
        }
    }

    /** A deployment package is about to be installed or removed. */
    @Override
    public void handleEvent(Event event) {
        if (data.isConnected()) {
            debounce.birth();
        }
    }

    @Override
    public final void connectionEstablished() {
        subscribedToRequests = null;
        announce(BirthDebounce.Announcement.BIRTH);
        subscribeToRequests();
        Set.copyOf(subscriptions.values()).forEach(this::subscribe);
        tell(CloudConnectionListener::onConnectionEstablished);
    }

    @Override
    public void disconnecting() {
        publishLifecycle("DC", lifecycle.disconnect(options), 0);
    }

    @Override
    public void disconnected() {
        tell(CloudConnectionListener::onDisconnected);
    }

    @Override
    public void connectionLost(Throwable cause) {
        tell(CloudConnectionListener::onConnectionLost);
    }

    @Override
    public void messageConfirmed(int id, String topic) {
        String messageId = String.valueOf(id);
        deliveryListeners.forEach(listener -> listener.onMessageConfirmed(messageId));
        confirmations.forEach(listener -> listener.confirmed(messageId, topic));
    }

    @Override
    public void messageArrived(String topic, byte[] payload) {
        CloudServiceOptions current = options;
        List<String> levels = Arrays.asList(topic.split("/"));
        boolean control = levels.get(0).equals(current.controlPrefix());
        int application = control ? 3 : 2;
        if (levels.size() <= application || NOT_FOR_US.contains(levels.get(application))) {
            return;
        }
        String device = levels.get(application - 1);
        List<String> applicationTopic = levels.subList(application + 1, levels.size());
        KuraPayload decoded = PayloadCodec.decode(payload, current);
        if (control && !applicationTopic.isEmpty() && !applicationTopic.get(0).equals("REPLY")) {
            dispatch(
                    new RequestDispatcher.Request(
                            levels.get(application),
                            applicationTopic.get(0),
                            List.copyOf(applicationTopic.subList(1, applicationTopic.size())),
                            decoded));
        }
        deliver(
                topic,
                new KuraMessage(
                        decoded,
                        Map.of(
                                "deviceId",
                                device,
                                "appTopic",
                                String.join("/", applicationTopic))));
    }

    private void dispatch(RequestDispatcher.Request request) {
        RequestHandler handler = handlers.get(request.applicationId());
        if (handler == null) {
            LOG.debug("No application {} here; no reply, as on Kura.", request.applicationId());
            return;
        }
        try {
            requests.execute(() -> answer(handler, request));
        } catch (RejectedExecutionException e) {
            LOG.debug("Stopping; a request to {} is not answered.", request.applicationId());
        }
    }

    private void answer(RequestHandler handler, RequestDispatcher.Request request) {
        if (!(request.payload().getMetric(KuraRequestPayload.METRIC_REQUEST_ID)
                        instanceof String id)
                || !(request.payload().getMetric(KuraRequestPayload.REQUESTER_CLIENT_ID)
                        instanceof String requester)) {
            LOG.warn(
                    "A request to {} lacks request.id or requester.client.id as text; no reply.",
                    request.applicationId());
            return;
        }
        try {
            Optional<KuraPayload> reply = RequestDispatcher.reply(handler, context(), request);
            if (reply.isEmpty()) {
                LOG.warn("{} returned no reply to {}.", request.applicationId(), request.method());
                return;
            }
            reply.get().setTimestamp(new Date());
            String topic =
                    String.join(
                            "/",
                            options.controlPrefix(),
                            "#account-name",
                            requester,
                            request.applicationId(),
                            "REPLY",
                            id);
            publish(new Message(topic, encode(reply.get()), 0, false), CONTROL_PRIORITY);
        } catch (KuraException | RuntimeException e) {
            LOG.error("A reply of {} could not be published.", request.applicationId(), e);
        } catch (Error e) {
            LOG.error("{} failed; no reply, as on Kura.", request.applicationId(), e);
        }
    }

    private RequestHandlerContext context() {
        return new RequestHandlerContext(
                notifications,
                Map.of(
                        RequestHandlerContextConstants.NOTIFICATION_PUBLISHER_PID.name(),
                        NotificationPublisher.PID,
                        RequestHandlerContextConstants.TENANT_ID.name(),
                        data.transport().account(),
                        RequestHandlerContextConstants.DEVICE_ID.name(),
                        data.transport().clientId()));
    }

    private void deliver(String topic, KuraMessage message) {
        subscriptions.forEach(
                (listener, subscription) -> {
                    String filter =
                            subscription
                                    .filter()
                                    .replace("#account-name", data.transport().account())
                                    .replace("#client-id", data.transport().clientId());
                    if (MqttTopic.isMatched(filter, topic)) {
                        attempt(() -> listener.onMessageArrived(message));
                    }
                });
    }

    private void announce(BirthDebounce.Announcement announcement) {
        publishLifecycle(announcement.name(), lifecycle.birth(options, handlers.keySet()), 1);
    }

    private void announceAgain(BirthDebounce.Announcement announcement) {
        if (data.isConnected()) {
            announce(announcement);
        }
    }

    /**
     * Publishes and waits until the message was handed to MQTT, so that what follows on the wire
     * follows it.
     */
    private void publishLifecycle(String type, KuraPayload payload, int qos) {
        payload.setTimestamp(new Date());
        attempt(
                () ->
                        data.awaitDelivered(
                                publish(
                                        new Message(
                                                topic("MQTT", type, true),
                                                encode(payload),
                                                qos,
                                                false),
                                        LIFECYCLE_PRIORITY)));
    }

    private synchronized void subscribeToRequests() {
        String wanted =
                options.defaultSubscriptions()
                        ? options.controlPrefix() + "/#account-name/#client-id/#"
                        : null;
        if (subscribedToRequests != null && !subscribedToRequests.equals(wanted)) {
            String former = subscribedToRequests;
            attempt(() -> data.unsubscribe(former));
            subscribedToRequests = null;
        }
        if (wanted != null && subscribedToRequests == null) {
            attempt(
                    () -> {
                        data.subscribe(wanted, 1);
                        subscribedToRequests = wanted;
                    });
        }
    }

    private void subscribe(Subscription subscription) {
        attempt(() -> data.subscribe(subscription.filter(), subscription.qos()));
    }

    private void tell(Consumer<CloudConnectionListener> news) {
        connectionListeners.forEach(listener -> attempt(() -> news.accept(listener)));
    }

    private interface Attempt {
        void run() throws KuraException;
    }

    private static void attempt(Attempt action) {
        try {
            action.run();
        } catch (KuraException e) {
            LOG.warn("{}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("A listener of the cloud service failed.", e);
        }
    }
}
