package io.karu.aggregator.mqtt;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientBuilder;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.store.DatabaseThreads;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The aggregator's own connection to the broker: MQTT 5 with a persistent session, subscriptions
 * made again at every connection, messages acknowledged only when they are dealt with. Reconnects
 * by itself. Thread-safe.
 */
public final class MqttLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MqttLink.class);
    private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(60);
    private static final Duration SESSION = Duration.ofDays(7);
    private static final int KEEP_ALIVE_SECONDS = 30;

    private final Topics topics;
    private final MqttServer server;
    private final Consumer<Inbound> receiver;
    private final Mqtt5AsyncClient client;
    private final List<Mqtt5Subscription> subscriptions;
    private final CompletableFuture<Void> subscribed = new CompletableFuture<>();
    private final AtomicLong refused = new AtomicLong();
    private final ExecutorService inbound =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "mqtt-inbound"));
    private volatile boolean closed;
    private volatile boolean connected;

    private MqttLink(LinkSettings settings, Topics topics, Consumer<Inbound> receiver)
            throws IOException {
        this.topics = topics;
        this.server = settings.server();
        this.receiver = receiver;
        this.subscriptions = subscriptions(topics.prefix(), settings);
        Mqtt5ClientBuilder builder =
                MqttClient.builder()
                        .useMqttVersion5()
                        .identifier(settings.clientId())
                        .serverHost(server.address().getHost())
                        .serverPort(server.port())
                        .simpleAuth()
                        .username(server.userName())
                        .password(server.password().getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .automaticReconnect()
                        .initialDelay(500, TimeUnit.MILLISECONDS)
                        .maxDelay(10, TimeUnit.SECONDS)
                        .applyAutomaticReconnect()
                        .addConnectedListener(context -> subscribe())
                        .addDisconnectedListener(
                                context -> {
                                    connected = false;
                                    if (!subscribed.isDone() && isRefusal(context.getCause())) {
                                        context.getReconnector().reconnect(false);
                                        subscribed.completeExceptionally(context.getCause());
                                    } else if (!closed) {
                                        LOG.warn(
                                                "Not connected to the broker {}: {}; trying again",
                                                server,
                                                context.getCause().getMessage());
                                    }
                                });
        if (server.encrypted()) {
            builder = builder.sslConfig(trusting(server.authority()));
        }
        this.client = builder.buildAsync();
    }

    /**
     * Connects and subscribes.
     *
     * @param receiver called on one thread, in order of arrival
     * @throws IOException when the broker is not reached within a minute or refuses
     */
    public static MqttLink connect(LinkSettings settings, Topics topics, Consumer<Inbound> receiver)
            throws IOException {
        MqttLink link = new MqttLink(settings, topics, receiver);
        try {
            link.client.publishes(MqttGlobalPublishFilter.ALL, link::receive, link.inbound, true);
            link.client
                    .connectWith()
                    .cleanStart(false)
                    .sessionExpiryInterval(SESSION.toSeconds())
                    .keepAlive(KEEP_ALIVE_SECONDS)
                    .send()
                    .whenComplete(
                            (ack, error) -> {
                                if (error != null) {
                                    link.subscribed.completeExceptionally(error);
                                }
                            });
            link.subscribed.get(CONNECT_DEADLINE.toSeconds(), TimeUnit.SECONDS);
            return link;
        } catch (ExecutionException | TimeoutException e) {
            link.close();
            throw new IOException(
                    "the broker " + settings.server() + " cannot be used: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            link.close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while connecting to the broker", e);
        }
    }

    /** What no further attempt changes; later, credentials may be renewed on either side. */
    private static boolean isRefusal(Throwable cause) {
        return cause instanceof Mqtt5ConnAckException refused
                && switch (refused.getMqttMessage().getReasonCode()) {
                    case BAD_USER_NAME_OR_PASSWORD, NOT_AUTHORIZED, BANNED -> true;
                    default -> false;
                };
    }

    private static List<Mqtt5Subscription> subscriptions(String prefix, LinkSettings settings) {
        String share = settings.sharedGroup().map(group -> "$share/" + group + "/").orElse("");
        return List.of(
                subscription(prefix + "/+/" + settings.clientId() + "/+/REPLY/+"),
                subscription(prefix + "/+/" + settings.clientId() + "/+/NOTIFY/#"),
                // each aggregator follows who is there: taken in turns, a goodbye could be stored
                // after the greeting that followed it
                subscription(prefix + "/+/+/MQTT/+"),
                subscription(share + "+/+/#"));
    }

    private static Mqtt5Subscription subscription(String filter) {
        return Mqtt5Subscription.builder().topicFilter(filter).qos(MqttQos.AT_LEAST_ONCE).build();
    }

    private void subscribe() {
        client.subscribe(Mqtt5Subscribe.builder().addSubscriptions(subscriptions).build())
                .whenComplete(
                        (ack, error) -> {
                            if (error == null) {
                                connected = true;
                                LOG.info("Connected to the broker {}", server);
                                subscribed.complete(null);
                            } else if (!closed) {
                                LOG.warn(
                                        "The broker {} refused the subscriptions: {}",
                                        server,
                                        error.getMessage());
                                subscribed.completeExceptionally(error);
                            }
                        });
    }

    private void receive(Mqtt5Publish publish) {
        if (closed) {
            return;
        }
        Optional<Topic> topic = topics.parse(publish.getTopic().toString());
        if (topic.isEmpty()) {
            refused.incrementAndGet();
            publish.acknowledge();
            return;
        }
        try {
            receiver.accept(
                    new Inbound(topic.get(), publish.getPayloadAsBytes(), publish::acknowledge));
        } catch (RuntimeException e) {
            if (!closed) {
                LOG.error("A message on {} could not be handled", publish.getTopic(), e);
                publish.acknowledge();
            }
        }
    }

    /** Publishes with QoS 1; completes when the broker has it. */
    public CompletableFuture<Void> publish(Topic topic, byte[] payload) {
        return client.publishWith()
                .topic(topics.format(topic))
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(payload)
                .send()
                .thenAccept(
                        result ->
                                result.getError()
                                        .ifPresent(
                                                error -> {
                                                    throw new IllegalStateException(
                                                            error.getMessage(), error);
                                                }));
    }

    /** Whether the broker is connected and subscribed. */
    public boolean connected() {
        return connected;
    }

    @Override
    public void close() {
        closed = true;
        try {
            client.disconnect().get(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("Left the broker without a goodbye", e);
        }
        DatabaseThreads.end(inbound);
    }

    private static MqttClientSslConfig trusting(Optional<Path> authority) throws IOException {
        if (authority.isEmpty()) {
            return MqttClientSslConfig.builder().build();
        }
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            for (X509Certificate certificate :
                    Certificates.parse(Files.readAllBytes(authority.get()))) {
                trusted.setCertificateEntry(Certificates.fingerprint(certificate), certificate);
            }
            TrustManagerFactory managers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            return MqttClientSslConfig.builder().trustManagerFactory(managers).build();
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    "the broker's authority " + authority.get() + " is not a certificate", e);
        }
    }
}
