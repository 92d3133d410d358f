package io.karu.gateway.data;

import io.karu.gateway.transport.MqttDataTransport;
import io.karu.gateway.transport.TransportListener;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.kura.KuraConnectException;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.KuraStoreCapacityReachedException;
import org.eclipse.kura.KuraStoreException;
import org.eclipse.kura.KuraTooManyInflightMessagesException;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.system.SystemService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's store and forward: whatever is published goes to a durable store first and from there, by
 * priority, to the broker. It connects, and connects again. Priorities 0 (life cycle) and 1
 * (replies, notifications) ignore the store's capacity; the rate limit holds for priority 5 and
 * above. Thread-safe.
 */
@Component(
        name = DataService.PID,
        service = {DataService.class, ConfigurableComponent.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {"kura.service.pid=" + DataService.PID})
public class DataService implements ConfigurableComponent, TransportListener {

    public static final String PID = "org.eclipse.kura.data.DataService";

    private static final Logger LOG = LoggerFactory.getLogger(DataService.class);
    private static final int CONTROL_PRIORITY = 1;
    private static final int FIRST_LIMITED_PRIORITY = 5;
    private static final long RETRY_SEND_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LIFE_CYCLE_SECONDS = 2;

    /** Paho sends DISCONNECT before what is still queued unless it is given time. */
    private static final long GOODBYE_MILLIS = 1_000;

    /** What may be sent at the moment. */
    private enum Sending {
        NOTHING,
        LIFE_CYCLE,
        EVERYTHING
    }

    private final MqttDataTransport transport;
    private final MessageStore store;
    private final Set<DataServiceListener> listeners = new CopyOnWriteArraySet<>();
    private final Set<Integer> inFlight = ConcurrentHashMap.newKeySet();

    /** Messages of QoS 0 that MQTT has not written to the network yet. */
    private final Set<Integer> unwritten = ConcurrentHashMap.newKeySet();

    private final ScheduledExecutorService connector =
            Executors.newSingleThreadScheduledExecutor(
                    task -> new Thread(task, "karu-data-connect"));
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread publisher = new Thread(this::publishLoop, "karu-data-publish");
    private volatile DataServiceOptions options;
    private TokenBucket bucket;
    private Sending sending = Sending.NOTHING;
    private boolean closed;
    private ScheduledFuture<?> retry;
    private ScheduledFuture<?> housekeeping;
    private boolean reconnectAfterUpdate;

    @Activate
    public DataService(
            @Reference MqttDataTransport transport,
            @Reference SystemService system,
            Map<String, Object> properties) {
        this.transport = transport;
        this.store =
                new MessageStore(Path.of(system.getKuraDataDirectory(), "store", "messages.mv"));
        try {
            this.options = DataServiceOptions.from(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The defaults are used.", e.getMessage());
            this.options = DataServiceOptions.from(Map.of());
        }
        this.bucket = bucketOf(options);
        transport.listen(this);
        publisher.start();
        scheduleHousekeeping();
        connectOnStartup();
    }

    @Modified
    public void updated(Map<String, Object> properties) {
        try {
            options = DataServiceOptions.from(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
            return;
        }
        locked(() -> bucket = bucketOf(options));
        scheduleHousekeeping();
        stopRetrying();
        connectOnStartup();
    }

    @Deactivate
    public void deactivate() {
        stopRetrying();
        disconnect();
        locked(() -> closed = true);
        connector.shutdownNow();
        try {
            publisher.join(TimeUnit.SECONDS.toMillis(options.quiesceSeconds()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        transport.listen(null);
        store.close();
    }

    public void listen(DataServiceListener listener) {
        listeners.add(listener);
    }

    public void unlisten(DataServiceListener listener) {
        listeners.remove(listener);
    }

    public boolean isConnected() {
        return transport.isConnected();
    }

    public MqttDataTransport transport() {
        return transport;
    }

    /** Connects now. */
    public void connect() throws KuraConnectException {
        if (transport.isConnected()) {
            return;
        }
        boolean sessionKept = transport.connect();
        locked(
                () -> {
                    startSession(sessionKept);
                    sending = Sending.LIFE_CYCLE;
                });
        listeners.forEach(DataServiceListener::connectionEstablished);
        locked(
                () -> {
                    if (sending == Sending.LIFE_CYCLE) {
                        sending = Sending.EVERYTHING;
                    }
                });
    }

    /** Says goodbye, waits up to the quiesce timeout for what is in flight, and disconnects. */
    public void disconnect() {
        if (!transport.isConnected()) {
            return;
        }
        listeners.forEach(DataServiceListener::disconnecting);
        locked(() -> sending = Sending.LIFE_CYCLE);
        awaitQuiet(TimeUnit.SECONDS.toNanos(options.quiesceSeconds()));
        locked(() -> sending = Sending.NOTHING);
        transport.disconnect(GOODBYE_MILLIS);
        listeners.forEach(DataServiceListener::disconnected);
    }

    /**
     * Stores a message for sending.
     *
     * @param message its topic may hold {@code #account-name} and {@code #client-id}
     * @param priority 0 is sent first
     * @return the message's id, for {@link DataServiceListener#messageConfirmed}
     * @throws KuraStoreCapacityReachedException when the store is full and the priority above 1
     * @throws KuraStoreException when the payload is larger than {@code maximum.payload.size}
     */
    public int publish(MqttDataTransport.Message message, int priority) throws KuraStoreException {
        DataServiceOptions current = options;
        if (message.payload().length > current.maximumPayloadBytes()) {
            throw new KuraStoreException(
                    "The message on "
                            + message.topic()
                            + " has "
                            + message.payload().length
                            + " bytes, but maximum.payload.size is "
                            + current.maximumPayloadBytes());
        }
        if (priority > CONTROL_PRIORITY && store.size() >= current.capacity()) {
            throw new KuraStoreCapacityReachedException(
                    "The store holds store.capacity=" + current.capacity() + " messages");
        }
        int id =
                store.add(
                        new StoredMessage(
                                message.topic(),
                                message.payload(),
                                message.qos(),
                                message.retain(),
                                priority));
        locked(() -> {});
        return id;
    }

    /**
     * Waits until a message was written to the network (QoS 0) or acknowledged, at most two
     * seconds. What is handed to MQTT is not yet on the wire: a SUBSCRIBE or DISCONNECT would
     * overtake it.
     */
    public void awaitDelivered(int id) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIFE_CYCLE_SECONDS);
        lock.lock();
        try {
            while (sending != Sending.NOTHING
                    && (store.isQueued(id) || inFlight.contains(id) || unwritten.contains(id))) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return;
                }
                changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** How many messages were sent and are not acknowledged. */
    public int inFlight() {
        return inFlight.size();
    }

    public void subscribe(String topic, int qos) throws KuraException {
        transport.subscribe(topic, qos);
    }

    public void unsubscribe(String topic) throws KuraException {
        transport.unsubscribe(topic);
    }

    @Override
    public void connectionLost(Throwable cause) {
        LOG.warn("The connection to {} was lost: {}", transport.broker(), String.valueOf(cause));
        locked(() -> sending = Sending.NOTHING);
        listeners.forEach(listener -> listener.connectionLost(cause));
        connectOnStartup();
    }

    @Override
    public void messageArrived(String topic, byte[] payload) {
        listeners.forEach(listener -> listener.messageArrived(topic, payload));
    }

    @Override
    public void configurationChanging() {
        stopRetrying();
        reconnectAfterUpdate = transport.isConnected();
        disconnect();
    }

    @Override
    public void configurationChanged() {
        if (reconnectAfterUpdate && !options.autoConnect()) {
            connector.execute(this::tryToConnect);
        }
        connectOnStartup();
    }

    /**
     * The retry's start is random within a fifth of the interval, so that a fleet does not return
     * all at once.
     */
    private synchronized void connectOnStartup() {
        DataServiceOptions current = options;
        boolean retrying = retry != null && !retry.isDone();
        if (!current.autoConnect()
                || retrying
                || transport.isConnected()
                || connector.isShutdown()) {
            return;
        }
        long interval = TimeUnit.SECONDS.toMillis(current.retrySeconds());
        retry =
                connector.scheduleWithFixedDelay(
                        this::retryToConnect,
                        ThreadLocalRandom.current().nextLong(interval / 5 + 1),
                        interval,
                        TimeUnit.MILLISECONDS);
    }

    private void retryToConnect() {
        tryToConnect();
        synchronized (this) {
            if (transport.isConnected()) {
                stopRetrying();
            }
        }
    }

    private void tryToConnect() {
        try {
            connect();
        } catch (KuraConnectException e) {
            LOG.warn(
                    "Cannot connect; next try in {} s. {}",
                    options.retrySeconds(),
                    String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("Cannot connect; next try in {} s.", options.retrySeconds(), e);
        }
    }

    private synchronized void stopRetrying() {
        if (retry != null) {
            retry.cancel(false);
            retry = null;
        }
    }

    private void startSession(boolean sessionKept) {
        inFlight.clear();
        unwritten.clear();
        int affected;
        if (options.republishInFlight() || sessionKept) {
            affected = store.requeueInFlight();
        } else {
            affected = store.dropInFlight();
        }
        if (affected > 0) {
            LOG.info(
                    "{} messages in flight were {}.",
                    affected,
                    options.republishInFlight() || sessionKept ? "queued again" : "dropped");
        }
    }

    private synchronized void scheduleHousekeeping() {
        if (housekeeping != null) {
            housekeeping.cancel(false);
        }
        int seconds = options.housekeeperSeconds();
        housekeeping =
                connector.scheduleWithFixedDelay(this::purge, seconds, seconds, TimeUnit.SECONDS);
    }

    private void purge() {
        try {
            store.purge(
                    System.currentTimeMillis()
                            - TimeUnit.SECONDS.toMillis(options.purgeAgeSeconds()));
        } catch (RuntimeException e) {
            LOG.error("Completed messages could not be purged.", e);
        }
    }

    private void awaitQuiet(long nanos) {
        long deadline = System.nanoTime() + nanos;
        lock.lock();
        try {
            while (!inFlight.isEmpty() || !unwritten.isEmpty() || nextToSend().isPresent()) {
                long left = deadline - System.nanoTime();
                if (left <= 0 || !transport.isConnected()) {
                    return;
                }
                changed.awaitNanos(Math.min(left, RETRY_SEND_NANOS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void publishLoop() {
        lock.lock();
        try {
            while (!closed) {
                Optional<MessageStore.Queued> next = nextToSend();
                if (next.isEmpty()) {
                    changed.await();
                    continue;
                }
                long wait = waitBefore(next.get().message());
                if (wait > 0) {
                    changed.awaitNanos(wait);
                } else if (!send(next.get())) {
                    changed.awaitNanos(RETRY_SEND_NANOS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private Optional<MessageStore.Queued> nextToSend() {
        if (sending == Sending.NOTHING) {
            return Optional.empty();
        }
        return store.next()
                .filter(next -> sending == Sending.EVERYTHING || next.message().priority() == 0);
    }

    private long waitBefore(StoredMessage message) {
        if (message.qos() > 0 && inFlight.size() >= options.maximumInFlight()) {
            return Long.MAX_VALUE;
        }
        boolean limited =
                options.rateLimit().enabled() && message.priority() >= FIRST_LIMITED_PRIORITY;
        long now = System.nanoTime();
        return limited && !bucket.take(now) ? bucket.nanosToNext(now) : 0;
    }

    private boolean send(MessageStore.Queued next) {
        StoredMessage message = next.message();
        int id = next.id();
        boolean tracked = message.qos() > 0;
        if (tracked) {
            inFlight.add(id);
            store.sent(id, System.currentTimeMillis());
        } else {
            unwritten.add(id);
        }
        try {
            transport.publish(
                    new MqttDataTransport.Message(
                            message.topic(), message.payload(), message.qos(), message.retain()),
                    tracked ? () -> confirmed(id, message.topic()) : () -> written(id));
            if (!tracked) {
                store.complete(id, System.currentTimeMillis());
            }
            changed.signalAll();
            return true;
        } catch (KuraTooManyInflightMessagesException e) {
            putBack(id);
            return false;
        } catch (KuraException e) {
            LOG.debug("Not sent, stays in the store: {}", e.getMessage());
            putBack(id);
            return false;
        } catch (IllegalArgumentException e) {
            LOG.error("A message on '{}' was dropped: {}", message.topic(), e.getMessage());
            inFlight.remove(id);
            unwritten.remove(id);
            store.complete(id, System.currentTimeMillis());
            return true;
        }
    }

    private void putBack(int id) {
        inFlight.remove(id);
        unwritten.remove(id);
        store.requeue(id);
    }

    private void written(int id) {
        locked(() -> unwritten.remove(id));
    }

    private void confirmed(int id, String topic) {
        store.complete(id, System.currentTimeMillis());
        inFlight.remove(id);
        locked(() -> {});
        listeners.forEach(listener -> listener.messageConfirmed(id, topic));
    }

    /** Changes state under the lock and wakes whoever waits for it. */
    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static TokenBucket bucketOf(DataServiceOptions options) {
        return new TokenBucket(
                options.rateLimit().intervalNanos(),
                options.rateLimit().burst(),
                System.nanoTime());
    }
}
