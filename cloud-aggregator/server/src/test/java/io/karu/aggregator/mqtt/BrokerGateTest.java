package io.karu.aggregator.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAck;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Authority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gateways that connect faster than their credentials can be checked, on a real broker. */
class BrokerGateTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir Path folder;
    private final SlowDirectory directory = new SlowDirectory();
    private final List<Mqtt3AsyncClient> clients = new ArrayList<>();
    private EmbeddedBroker broker;

    /** Lets everybody in, each when it is told to. */
    private static final class SlowDirectory implements GatewayDirectory {
        private final Semaphore answers = new Semaphore(0);
        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public Optional<GatewayId> authenticate(String userName, String password) {
            asked.incrementAndGet();
            try {
                assertTrue(answers.tryAcquire(LONG.toSeconds(), TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return Optional.of(new GatewayId("acme", userName));
        }

        @Override
        public void takenOver(GatewayId gateway, String reason) {
            // not looked at
        }

        @Override
        public void foreignClientId(GatewayId gateway, String clientId, String remoteAddress) {
            // not looked at
        }
    }

    private void start(AdmissionQueue queue, Duration checkTimeout) throws Exception {
        broker =
                EmbeddedBroker.start(
                        folder.resolve("broker"),
                        new BrokerSettings(0, Optional.empty()),
                        new Authority(folder.resolve("authority")),
                        new BrokerGate("$EDC", directory, queue, checkTimeout));
    }

    @AfterEach
    void stop() {
        directory.answers.release(1000);
        clients.stream()
                .filter(client -> client.getState().isConnected())
                .forEach(client -> client.disconnect().join());
        broker.close();
    }

    private CompletableFuture<Mqtt3ConnAck> connect(String clientId) {
        Mqtt3AsyncClient client =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier(clientId)
                        .serverHost("127.0.0.1")
                        .serverPort(broker.server().port())
                        .simpleAuth()
                        .username(clientId)
                        .password("secret".getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .transportConfig()
                        .mqttConnectTimeout(LONG.toSeconds(), TimeUnit.SECONDS)
                        .applyTransportConfig()
                        .buildAsync();
        clients.add(client);
        return client.connect();
    }

    private static void isTold(
            Mqtt3ConnAckReturnCode code, CompletableFuture<Mqtt3ConnAck> connection) {
        ExecutionException refused =
                assertThrows(
                        ExecutionException.class,
                        () -> connection.get(LONG.toSeconds(), TimeUnit.SECONDS));
        assertEquals(
                code,
                ((Mqtt3ConnAckException) refused.getCause()).getMqttMessage().getReturnCode());
    }

    private static void isLetIn(CompletableFuture<Mqtt3ConnAck> connection) throws Exception {
        connection.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    private void awaitAsked(int times) throws InterruptedException {
        long end = System.nanoTime() + LONG.toNanos();
        while (directory.asked.get() < times) {
            assertTrue(System.nanoTime() < end, () -> "asked " + directory.asked + " times");
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Test
    void aHundredGatewaysAtOnceAreLetIn() throws Exception {
        start(new AdmissionQueue(2, 1000, LONG), LONG);
        List<CompletableFuture<Mqtt3ConnAck>> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(connect("gateway-" + i));
        }
        awaitAsked(2);
        directory.answers.release(100);
        for (CompletableFuture<Mqtt3ConnAck> one : all) {
            isLetIn(one);
        }
    }

    @Test
    void whoCannotBeCheckedNowIsToldThatTheServerIsUnavailableAndGetsInLater() throws Exception {
        start(new AdmissionQueue(1, 1, LONG), LONG);
        CompletableFuture<Mqtt3ConnAck> checked = connect("gateway-1");
        awaitAsked(1);
        List<CompletableFuture<Mqtt3ConnAck>> others = new ArrayList<>();
        for (int i = 2; i <= 4; i++) {
            others.add(connect("gateway-" + i));
        }
        // one of the three waits, the others find no place
        CompletableFuture.anyOf(
                        others.stream()
                                .map(one -> one.exceptionally(error -> null))
                                .toArray(CompletableFuture[]::new))
                .get(LONG.toSeconds(), TimeUnit.SECONDS);
        isTold(
                Mqtt3ConnAckReturnCode.SERVER_UNAVAILABLE,
                others.stream()
                        .filter(CompletableFuture::isCompletedExceptionally)
                        .findFirst()
                        .orElseThrow());
        directory.answers.release(10);
        isLetIn(checked);
        isLetIn(connect("gateway-5"));
    }

    @Test
    void aCheckThatEndsTooLateChangesNothing() throws Exception {
        start(new AdmissionQueue(1, 10, LONG), Duration.ofMillis(200));
        isTold(Mqtt3ConnAckReturnCode.SERVER_UNAVAILABLE, connect("gateway-1"));
        directory.answers.release(1000);
        boolean in = false;
        for (int attempt = 0; !in; attempt++) {
            CompletableFuture<Mqtt3ConnAck> again = connect("gateway-1");
            in =
                    again.handle((ack, error) -> error == null)
                            .get(LONG.toSeconds(), TimeUnit.SECONDS);
            assertTrue(in || attempt < 100, "it is never let in");
        }
    }
}
