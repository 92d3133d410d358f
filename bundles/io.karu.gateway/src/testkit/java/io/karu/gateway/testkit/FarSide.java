package io.karu.gateway.testkit;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** A cloud: another MQTT client library that sees everything and asks. */
public final class FarSide implements AutoCloseable {

    public static final String ID = "agg1";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Mqtt3BlockingClient client;
    private final List<Message> arrived = new ArrayList<>();
    private int requests;

    /** What arrived, in the order of arrival. */
    public record Message(String topic, byte[] bytes, int qos, boolean retain, long nanos) {

        public WirePayload payload() {
            return WirePayload.decode(bytes);
        }

        public String text() {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    public FarSide(int port) {
        client =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier(ID + "-" + System.nanoTime())
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .buildBlocking();
        client.connect();
        client.toAsync().publishes(MqttGlobalPublishFilter.ALL, this::arrived);
        for (String filter : List.of("#", "$EDC/#")) {
            client.subscribeWith().topicFilter(filter).qos(MqttQos.EXACTLY_ONCE).send();
        }
    }

    public void publish(String topic, byte[] payload) {
        client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).payload(payload).send();
    }

    /** Asks and waits for the reply. */
    public WirePayload ask(
            String device,
            String applicationAndResource,
            Map<String, Object> metrics,
            String body) {
        String id = "r" + ++requests;
        Map<String, Object> request = new HashMap<>(metrics);
        request.put("request.id", id);
        request.put("requester.client.id", ID);
        publish(
                "$EDC/acme/" + device + "/" + applicationAndResource,
                WirePayload.encode(
                        request, body == null ? null : body.getBytes(StandardCharsets.UTF_8)));
        String application =
                applicationAndResource.substring(0, applicationAndResource.indexOf('/'));
        return await("$EDC/acme/" + ID + "/" + application + "/REPLY/" + id).payload();
    }

    public WirePayload ask(String device, String applicationAndResource) {
        return ask(device, applicationAndResource, Map.of(), null);
    }

    /** The first message with this topic that no one has awaited yet. */
    public Message await(String topic) {
        return await("a message on " + topic, message -> message.topic().equals(topic), PATIENCE);
    }

    public Message await(String what, Predicate<Message> wanted, Duration limit) {
        List<Message> found = new ArrayList<>();
        try {
            Await.until(
                    what,
                    limit,
                    () -> {
                        take(wanted).ifPresent(found::add);
                        return !found.isEmpty();
                    });
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; arrived: " + topics(), e);
        }
        return found.get(0);
    }

    public synchronized Optional<Message> take(Predicate<Message> wanted) {
        Optional<Message> first = arrived.stream().filter(wanted).findFirst();
        first.ifPresent(arrived::remove);
        return first;
    }

    /** Everything that arrived and was not taken. */
    public synchronized List<Message> arrived(Predicate<Message> wanted) {
        return arrived.stream().filter(wanted).toList();
    }

    public synchronized void forget() {
        arrived.clear();
    }

    @Override
    public void close() {
        if (client.getState().isConnected()) {
            client.disconnect();
        }
    }

    private synchronized List<String> topics() {
        return arrived.stream().map(Message::topic).toList();
    }

    private synchronized void arrived(Mqtt3Publish publish) {
        arrived.add(
                new Message(
                        publish.getTopic().toString(),
                        publish.getPayloadAsBytes(),
                        publish.getQos().getCode(),
                        publish.isRetain(),
                        System.nanoTime()));
    }
}
