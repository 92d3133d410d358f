package io.karu.gateway.transport;

import io.karu.gateway.conf.Passwords;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.kura.KuraConnectException;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.KuraNotConnectedException;
import org.eclipse.kura.KuraTooManyInflightMessagesException;
import org.eclipse.kura.configuration.ConfigurableComponent;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.ssl.SslServiceListener;
import org.eclipse.kura.system.SystemService;
import org.eclipse.paho.client.mqttv3.IMqttActionListener;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kura's MQTT transport over Eclipse Paho. Every connection is a new Paho client with its in-flight
 * messages in memory; the data service above keeps what must survive. Topics may hold {@code
 * #account-name} and {@code #client-id}. Thread-safe.
 */
@Component(
        name = MqttDataTransport.PID,
        service = {MqttDataTransport.class, ConfigurableComponent.class, SslServiceListener.class},
        configurationPolicy = ConfigurationPolicy.REQUIRE,
        property = {"kura.service.pid=" + MqttDataTransport.PID})
public class MqttDataTransport implements ConfigurableComponent, SslServiceListener {

    public static final String PID = "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport";

    private static final Logger LOG = LoggerFactory.getLogger(MqttDataTransport.class);

    /** Above DataService's own limit, which counts only messages that await an acknowledgement. */
    private static final int PAHO_IN_FLIGHT = 64;

    private final SystemService system;
    private final CryptoService crypto;
    private final SslManager ssl;
    private final AtomicReference<TransportListener> listener = new AtomicReference<>();
    private volatile MqttOptions options;
    private volatile MqttAsyncClient client;

    @Activate
    public MqttDataTransport(
            @Reference SystemService system,
            @Reference CryptoService crypto,
            @Reference SslManager ssl,
            Map<String, Object> properties) {
        this.system = system;
        this.crypto = crypto;
        this.ssl = ssl;
        try {
            this.options = read(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The defaults are used.", e.getMessage());
            this.options = read(Map.of());
        }
    }

    @Modified
    public void updated(Map<String, Object> properties) {
        MqttOptions read;
        try {
            read = read(properties);
        } catch (IllegalArgumentException e) {
            LOG.error("{} The last good configuration is kept.", e.getMessage());
            return;
        }
        TransportListener user = listener.get();
        if (user != null) {
            user.configurationChanging();
        }
        options = read;
        if (user != null) {
            user.configurationChanged();
        }
    }

    /**
     * A key store has changed. As in Kura an encrypted connection ends at once, with a DISCONNECT
     * and without DC, what is under way in it included; the data service connects anew.
     */
    @Override
    public void onConfigurationUpdated() {
        TransportListener user = listener.get();
        if (!options.secure() || client == null || user == null) {
            return;
        }
        LOG.info("A key store has changed: connecting anew to {}.", options.broker());
        synchronized (this) {
            MqttAsyncClient current = client;
            if (current != null) {
                current.setCallback(null);
            }
            disconnectNow();
        }
        user.connectionLost(new IOException("a key store has changed"));
    }

    private void disconnectNow() {
        MqttAsyncClient current = client;
        client = null;
        if (current == null) {
            return;
        }
        try {
            current.disconnectForcibly(0, millis(options.timeout()));
            current.close(true);
        } catch (MqttException e) {
            LOG.debug("Closing the MQTT client: {}", describe(e));
        }
    }

    @Deactivate
    public void deactivate() {
        disconnect(0);
    }

    public void listen(TransportListener user) {
        listener.set(user);
    }

    public String account() {
        return options.account();
    }

    public String clientId() {
        return options.clientId();
    }

    public String username() {
        return options.username();
    }

    public String broker() {
        return options.broker().toString();
    }

    public boolean isConnected() {
        MqttAsyncClient current = client;
        return current != null && current.isConnected();
    }

    /**
     * Connects, waiting at most the configured timeout.
     *
     * @return whether the broker kept the session of the last connection
     * @throws KuraConnectException naming the broker and the cause
     */
    public synchronized boolean connect() throws KuraConnectException {
        MqttOptions current = options;
        closeClient();
        try {
            MqttAsyncClient created =
                    new MqttAsyncClient(
                            current.pahoUri(), current.clientId(), new MemoryPersistence());
            created.setCallback(new Callback(created));
            client = created;
            IMqttToken token = created.connect(connectOptions(current));
            token.waitForCompletion(millis(current.timeout()));
            LOG.info(
                    "Connected to {} as {}/{}.",
                    current.broker(),
                    current.account(),
                    current.clientId());
            return token.getSessionPresent();
        } catch (MqttException | GeneralSecurityException | IOException e) {
            closeClient();
            throw new KuraConnectException(e, current.broker() + ": " + describe(e));
        }
    }

    /**
     * Disconnects; {@code quiesceMillis} is the time that Paho gives to messages that it still
     * sends.
     */
    public synchronized void disconnect(long quiesceMillis) {
        MqttAsyncClient current = client;
        if (current != null && current.isConnected()) {
            try {
                current.disconnect(quiesceMillis)
                        .waitForCompletion(quiesceMillis + millis(options.timeout()));
            } catch (MqttException e) {
                LOG.warn(
                        "The connection to {} was cut, not closed: {}",
                        options.broker(),
                        describe(e));
            }
        }
        closeClient();
    }

    /**
     * Hands a message to MQTT.
     *
     * @param acknowledged run when a message of QoS 1 or 2 was acknowledged, or one of QoS 0 was
     *     written to the network, on MQTT's callback thread
     */
    public void publish(Message message, Runnable acknowledged) throws KuraException {
        MqttMessage sent = new MqttMessage(message.payload());
        sent.setQos(message.qos());
        sent.setRetained(message.retain());
        try {
            connected()
                    .publish(
                            options.resolve(message.topic()),
                            sent,
                            null,
                            new Acknowledged(acknowledged));
        } catch (MqttException e) {
            if (e.getReasonCode() == MqttException.REASON_CODE_MAX_INFLIGHT) {
                throw new KuraTooManyInflightMessagesException(e, message.topic());
            }
            throw new KuraNotConnectedException(e, describe(e));
        }
    }

    /** What {@link #publish} sends. */
    public record Message(String topic, byte[] payload, int qos, boolean retain) {}

    public void subscribe(String topic, int qos) throws KuraException {
        complete("subscribe to", topic, resolved -> connected().subscribe(resolved, qos));
    }

    public void unsubscribe(String topic) throws KuraException {
        complete("unsubscribe from", topic, resolved -> connected().unsubscribe(resolved));
    }

    private interface TopicAction {
        IMqttToken apply(String topic) throws MqttException, KuraException;
    }

    private void complete(String verb, String topic, TopicAction action) throws KuraException {
        String resolved = options.resolve(topic);
        try {
            action.apply(resolved).waitForCompletion(millis(options.timeout()));
        } catch (MqttException e) {
            throw new KuraException(
                    KuraErrorCode.SUBSCRIPTION_ERROR,
                    e,
                    "Cannot " + verb + " " + resolved + ": " + describe(e));
        }
    }

    private MqttAsyncClient connected() throws KuraNotConnectedException {
        MqttAsyncClient current = client;
        if (current == null || !current.isConnected()) {
            throw new KuraNotConnectedException("Not connected to " + options.broker());
        }
        return current;
    }

    private MqttConnectOptions connectOptions(MqttOptions current)
            throws GeneralSecurityException, IOException {
        MqttConnectOptions connect = new MqttConnectOptions();
        connect.setAutomaticReconnect(false);
        connect.setCleanSession(current.cleanSession());
        connect.setKeepAliveInterval(current.keepAlive());
        connect.setConnectionTimeout(current.timeout());
        connect.setMqttVersion(current.protocolVersion());
        connect.setMaxInflight(PAHO_IN_FLIGHT);
        if (!current.username().isBlank()) {
            connect.setUserName(current.username());
            connect.setPassword(current.password());
        }
        MqttOptions.Will will = current.will();
        if (!will.topic().isBlank()) {
            connect.setWill(
                    current.resolve(will.topic()), will.payload(), will.qos(), will.retain());
        }
        if (current.secure()) {
            connect.setSocketFactory(ssl.getSSLSocketFactory());
            connect.setHttpsHostnameVerificationEnabled(ssl.verifiesHostname());
        }
        return connect;
    }

    private MqttOptions read(Map<String, Object> properties) {
        return MqttOptions.from(
                properties,
                Passwords.clear(crypto, properties.get("password")),
                system.getPrimaryMacAddress());
    }

    private void closeClient() {
        MqttAsyncClient current = client;
        client = null;
        if (current == null) {
            return;
        }
        try {
            if (current.isConnected()) {
                current.disconnectForcibly(0, 0, false);
            }
            current.close(true);
        } catch (MqttException e) {
            LOG.debug("Closing the MQTT client: {}", describe(e));
        }
    }

    private static long millis(int seconds) {
        return seconds * 1000L;
    }

    private static String describe(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private final class Callback implements MqttCallback {

        private final MqttAsyncClient owner;

        private Callback(MqttAsyncClient owner) {
            this.owner = owner;
        }

        @Override
        public void connectionLost(Throwable cause) {
            TransportListener user = listener.get();
            if (user != null && client == owner) {
                user.connectionLost(cause);
            }
        }

        @Override
        public void messageArrived(String topic, MqttMessage message) {
            TransportListener user = listener.get();
            if (user != null) {
                try {
                    user.messageArrived(topic, message.getPayload());
                } catch (RuntimeException e) {
                    LOG.error("A message on {} was not handled.", topic, e);
                }
            }
        }

        @Override
        public void deliveryComplete(IMqttDeliveryToken token) {
            // each publish has its own listener
        }
    }

    private record Acknowledged(Runnable action) implements IMqttActionListener {

        @Override
        public void onSuccess(IMqttToken token) {
            action.run();
        }

        @Override
        public void onFailure(IMqttToken token, Throwable cause) {
            LOG.debug("A message stays in flight: {}", String.valueOf(cause));
        }
    }
}
