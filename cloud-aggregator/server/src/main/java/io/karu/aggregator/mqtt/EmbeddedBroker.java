package io.karu.aggregator.mqtt;

import com.hivemq.configuration.service.InternalConfigurations;
import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import com.hivemq.extension.sdk.api.services.session.ClientService;
import io.karu.aggregator.identity.Authority;
import io.karu.ports.LoopbackPort;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * HiveMQ Community Edition in this process. Plain MQTT is on loopback only; any other listener has
 * TLS with a certificate of the aggregator's own authority, read again when its file changes.
 * Anonymous clients are refused, gateways are confined to their topics.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final long START_SECONDS = 90;
    private static final long STOP_SECONDS = 20;
    private static final int MAXIMUM_PACKET_BYTES = 17 << 20;
    private static final int MAXIMUM_QUEUED_MESSAGES = 1_000_000;

    /**
     * To one client; what has arrived meanwhile is stored in one transaction, and the broker's
     * default of 50 keeps those small.
     */
    private static final int UNACKNOWLEDGED_MESSAGES = 1000;

    private final EmbeddedHiveMQ broker;
    private final MqttServer server;
    private final Extension extension;
    private final Optional<LoopbackPort> claimed;

    private EmbeddedBroker(
            EmbeddedHiveMQ broker,
            MqttServer server,
            Extension extension,
            Optional<LoopbackPort> claimed) {
        this.broker = broker;
        this.server = server;
        this.claimed = claimed;
        this.extension = extension;
    }

    /**
     * Starts and waits until it is ready.
     *
     * @param folder keeps sessions and queued messages
     * @param prefix {@code topic.control-prefix}
     */
    public static EmbeddedBroker start(
            Path folder,
            BrokerSettings settings,
            Authority authority,
            String prefix,
            GatewayDirectory directory)
            throws IOException {
        return start(folder, settings, authority, new BrokerGate(prefix, directory));
    }

    static EmbeddedBroker start(
            Path folder, BrokerSettings settings, Authority authority, BrokerGate gate)
            throws IOException {
        // Kura's control topics begin with $EDC; this broker refuses such topics unless told
        // otherwise.
        InternalConfigurations.MQTT_ALLOW_DOLLAR_TOPICS.set(true);
        InternalConfigurations.MAX_INFLIGHT_WINDOW_SIZE_MESSAGES = UNACKNOWLEDGED_MESSAGES;
        Optional<LoopbackPort> claimed =
                settings.port() == 0 ? Optional.of(LoopbackPort.free()) : Optional.empty();
        int port = claimed.map(LoopbackPort::number).orElse(settings.port());
        Path configuration = Files.createDirectories(folder.resolve("conf"));
        Files.writeString(
                configuration.resolve("config.xml"), configuration(port, settings, authority));
        Extension extension = new Extension(gate);
        EmbeddedHiveMQ broker =
                EmbeddedHiveMQ.builder()
                        .withConfigurationFolder(configuration)
                        .withDataFolder(Files.createDirectories(folder.resolve("data")))
                        .withExtensionsFolder(Files.createDirectories(folder.resolve("extensions")))
                        .withEmbeddedExtension(
                                EmbeddedExtension.builder()
                                        .withId("karu")
                                        .withName("Karu gateways")
                                        .withVersion("1")
                                        .withAuthor("Karu")
                                        .withPriority(0)
                                        .withStartPriority(1000)
                                        .withExtensionMain(extension)
                                        .build())
                        .withoutLoggingBootstrap()
                        .build();
        try {
            broker.start().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the embedded broker did not start on port " + port, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the embedded broker was starting", e);
        }
        URI address = URI.create("mqtt://127.0.0.1:" + port);
        return new EmbeddedBroker(
                broker,
                new MqttServer(address, BrokerGate.OWN_USER, gate.ownPassword(), Optional.empty()),
                extension,
                claimed);
    }

    /** How the aggregator itself connects. */
    public MqttServer server() {
        return server;
    }

    /** What the broker counts of itself. */
    public MeterBinder metrics() {
        return new BrokerMetrics(broker.getMetricRegistry());
    }

    /** Cuts the connection of a client; its will is published. */
    public void disconnect(String clientId) {
        extension.clients.disconnectClient(clientId, false);
    }

    @Override
    public void close() {
        try {
            broker.stop().get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(
                    "the embedded broker did not stop within " + STOP_SECONDS + " s", e);
        } finally {
            claimed.ifPresent(LoopbackPort::close);
        }
    }

    private static String configuration(int port, BrokerSettings settings, Authority authority)
            throws IOException {
        StringBuilder listeners =
                new StringBuilder(
                        "<tcp-listener><port>"
                                + port
                                + "</port><bind-address>127.0.0.1</bind-address></tcp-listener>");
        if (settings.tls().isPresent()) {
            BrokerSettings.TlsListener tls = settings.tls().get();
            Authority.ServerKey key = authority.serverKey(tls.hostName());
            Authority.ServerKey trusted = authority.trustStore();
            listeners.append(
                    """
                    <tls-tcp-listener><port>%d</port><bind-address>%s</bind-address>
                    <tls><keystore><path>%s</path><password>%s</password><private-key-password>%s</private-key-password></keystore>
                    <truststore><path>%s</path><password>%s</password></truststore>
                    <client-authentication-mode>OPTIONAL</client-authentication-mode></tls>
                    </tls-tcp-listener>"""
                            .formatted(
                                    tls.port(),
                                    tls.bindAddress().getHostAddress(),
                                    key.keystore(),
                                    key.password(),
                                    key.password(),
                                    trusted.keystore(),
                                    trusted.password()));
        }
        return """
                <?xml version="1.0"?>
                <hivemq>
                  <listeners>%s</listeners>
                  <mqtt>
                    <packets><max-packet-size>%d</max-packet-size></packets>
                    <queued-messages><max-queue-size>%d</max-queue-size><strategy>discard-oldest</strategy></queued-messages>
                  </mqtt>
                  <persistence><mode>file</mode></persistence>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """
                .formatted(listeners, MAXIMUM_PACKET_BYTES, MAXIMUM_QUEUED_MESSAGES);
    }

    private static final class Extension implements ExtensionMain {
        private final BrokerGate gate;
        private volatile ClientService clients;

        Extension(BrokerGate gate) {
            this.gate = gate;
        }

        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            clients = Services.clientService();
            Services.securityRegistry().setAuthenticatorProvider(provider -> gate);
            Services.eventRegistry()
                    .setClientLifecycleEventListener(listener -> gate.connections());
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {
            gate.close();
        }
    }
}
