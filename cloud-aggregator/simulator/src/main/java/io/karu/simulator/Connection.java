package io.karu.simulator;

import com.hivemq.client.internal.mqtt.MqttClientConnectionConfig;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Topics;
import io.reactivex.Flowable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A gateway's MQTT connection, with Kura's life cycle messages. Thread-safe. */
final class Connection {
    private static final int KEEP_ALIVE_SECONDS = 30;

    /** Kura's default. */
    private static final int IN_FLIGHT = 9;

    private final Identity identity;
    private final Topics topics;
    private final Simulator simulator;
    private final Runnable whenLost;
    private final AtomicLong spoken = new AtomicLong();
    private final AtomicLong attempts = new AtomicLong();
    private volatile Mqtt3AsyncClient client;

    Connection(Identity identity, Topics topics, Simulator simulator, Runnable whenLost) {
        this.identity = identity;
        this.topics = topics;
        this.simulator = simulator;
        this.whenLost = whenLost;
    }

    /** Connects, says BIRTH, and then subscribes, in Kura's order. */
    CompletableFuture<Void> connect(Supplier<Payload> birth, Consumer<Mqtt3Publish> requests) {
        attempts.incrementAndGet();
        Mqtt3AsyncClient connecting = build();
        return connecting
                .connectWith()
                .cleanSession(true)
                .keepAlive(KEEP_ALIVE_SECONDS)
                .send()
                .thenCompose(
                        ack -> {
                            client = connecting;
                            return publish(lifecycle("BIRTH"), birth.get());
                        })
                .thenCompose(
                        born ->
                                connecting
                                        .subscribeWith()
                                        .topicFilter(
                                                topics.requestsTo(
                                                        identity.account(), identity.clientId()))
                                        .qos(MqttQos.AT_LEAST_ONCE)
                                        .callback(requests)
                                        .send())
                .thenAccept(subscribed -> {});
    }

    private Mqtt3AsyncClient build() {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(identity.clientId())
                .serverHost(identity.broker().getHost())
                .serverPort(identity.broker().getPort())
                .simpleAuth()
                .username(identity.user())
                .password(identity.password().getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .willPublish()
                .topic(lifecycle("LWT"))
                .qos(MqttQos.AT_MOST_ONCE)
                .payload(new byte[0])
                .applyWillPublish()
                .addDisconnectedListener(context -> whenLost.run())
                .buildAsync();
    }

    /** Says goodbye (DC) and leaves. */
    CompletableFuture<Void> disconnect(Payload goodbye) {
        Mqtt3AsyncClient leaving = client;
        return publish(lifecycle("DC"), goodbye).thenCompose(ack -> leaving.disconnect());
    }

    /** The cable is pulled: no DISCONNECT, so the broker publishes the last will. */
    void lose() {
        Mqtt3AsyncClient losing = client;
        if (losing == null) {
            return;
        }
        // the client's API knows only a clean disconnect
        losing.getConfig()
                .getConnectionConfig()
                .map(MqttClientConnectionConfig.class::cast)
                .ifPresent(connection -> connection.getChannel().close());
    }

    boolean connected() {
        Mqtt3AsyncClient now = client;
        return now != null && now.getState().isConnected();
    }

    /** How often it was tried to connect. */
    long attempts() {
        return attempts.get();
    }

    /** Messages of any kind that were published. */
    long spoken() {
        return spoken.get();
    }

    /** Keeps a window of messages on their way, as Kura's DataService does. */
    CompletableFuture<Void> inTurn(List<byte[]> messages, String topic) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Iterator<byte[]> waiting = messages.iterator();
        AtomicLong left = new AtomicLong(messages.size());
        Runnable[] next = new Runnable[1];
        next[0] =
                () -> {
                    byte[] message;
                    synchronized (waiting) {
                        if (!waiting.hasNext()) {
                            return;
                        }
                        message = waiting.next();
                    }
                    publish(topic, message)
                            .whenComplete(
                                    (ack, error) -> {
                                        if (error != null) {
                                            done.completeExceptionally(error);
                                        } else if (left.decrementAndGet() == 0) {
                                            done.complete(null);
                                        } else {
                                            simulator.later(next[0], 0, TimeUnit.MILLISECONDS);
                                        }
                                    });
                };
        for (int i = 0; i < Math.min(IN_FLIGHT, messages.size()); i++) {
            simulator.later(next[0], 0, TimeUnit.MILLISECONDS);
        }
        return done;
    }

    /** Publishes without waiting for anything, where somebody is connected. */
    void say(String topic, Payload payload) {
        Mqtt3AsyncClient speaking = client;
        if (speaking != null) {
            spoken.incrementAndGet();
            speaking.publishWith()
                    .topic(topic)
                    .qos(MqttQos.AT_MOST_ONCE)
                    .payload(KuraProtobuf.encodeCompressed(payload))
                    .send();
        }
    }

    /** Done when the broker has acknowledged it. */
    CompletableFuture<Void> publish(String topic, Payload payload) {
        return publish(topic, KuraProtobuf.encodeCompressed(payload));
    }

    private CompletableFuture<Void> publish(String topic, byte[] message) {
        Mqtt3AsyncClient speaking = client;
        if (speaking == null) {
            return CompletableFuture.failedFuture(new IOException("not connected"));
        }
        spoken.incrementAndGet();
        Mqtt3Publish publish =
                Mqtt3Publish.builder()
                        .topic(topic)
                        .qos(MqttQos.AT_LEAST_ONCE)
                        .payload(message)
                        .build();
        CompletableFuture<Void> acknowledged = new CompletableFuture<>();
        // a message that a lost connection left unacknowledged has an error in its result; the
        // asynchronous API does not show it
        speaking.toRx()
                .publish(Flowable.just(publish))
                .subscribe(
                        result ->
                                result.getError()
                                        .ifPresentOrElse(
                                                acknowledged::completeExceptionally,
                                                () -> acknowledged.complete(null)),
                        acknowledged::completeExceptionally);
        return acknowledged;
    }

    private String lifecycle(String event) {
        return topics.prefix() + "/" + identity.address() + "/MQTT/" + event;
    }
}
