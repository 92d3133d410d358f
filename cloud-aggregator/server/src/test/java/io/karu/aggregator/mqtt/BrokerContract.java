package io.karu.aggregator.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import io.karu.aggregator.Persevering;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.kura.Topic;
import io.karu.kura.Topics;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What the aggregator and gateways need of every broker. Gateways speak MQTT 3.1.1 as Kura does,
 * the aggregator MQTT 5.
 */
abstract class BrokerContract {
    static final String OWN_USER = "aggregator";
    static final String OWN_PASSWORD = "own-secret";
    static final String GATEWAY_PASSWORD = "gateway-secret";
    static final List<GatewayId> GATEWAYS =
            List.of(new GatewayId("acme", "gw-1"), new GatewayId("acme", "gw-2"));
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final List<MqttLink> links = new ArrayList<>();
    private final List<Mqtt3AsyncClient> clients = new ArrayList<>();

    /** How the aggregator joins the broker; {@link #GATEWAYS} have logins named by client id. */
    abstract MqttServer server();

    boolean servesSeveralAggregators() {
        return true;
    }

    @AfterEach
    void disconnect() {
        links.forEach(MqttLink::close);
        for (Mqtt3AsyncClient client : clients) {
            if (client.getState().isConnected()) {
                client.disconnect().join();
            }
        }
    }

    @Test
    void whatGatewaysSayArrivesInOrder() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        link(newName(), Optional.empty(), taking(heard));
        Mqtt3AsyncClient gateway = gateway(0);
        for (int i = 0; i < 200; i++) {
            publish(gateway, "acme/gw-1/KARU-V1/verdicts", "v" + i);
        }
        publish(gateway, "$EDC/acme/gw-1/MQTT/BIRTH", "birth");
        await("all arrives", () -> heard.size() >= 201);
        List<String> verdicts = heard.stream().filter(text -> text.startsWith("v")).toList();
        for (int i = 0; i < 200; i++) {
            assertEquals("v" + i, verdicts.get(i));
        }
        assertTrue(heard.contains("birth"));
    }

    @Test
    void whatIsSaidWhileTheAggregatorIsAwayIsNotLost() throws Exception {
        String name = newName();
        MqttLink first = link(name, Optional.empty(), taking(new CopyOnWriteArrayList<>()));
        first.close();
        Mqtt3AsyncClient gateway = gateway(0);
        for (int i = 0; i < 20; i++) {
            publish(gateway, "acme/gw-1/KARU-V1/verdicts", "away" + i);
        }
        List<String> heard = new CopyOnWriteArrayList<>();
        link(name, Optional.empty(), taking(heard));
        await("what was said meanwhile arrives", () -> new HashSet<>(heard).size() == 20);
    }

    @Test
    void whatWasNotAcknowledgedIsDeliveredAgain() throws Exception {
        String name = newName();
        List<String> first = new CopyOnWriteArrayList<>();
        MqttLink link = link(name, Optional.empty(), message -> first.add(text(message)));
        publish(gateway(0), "acme/gw-1/KARU-V1/verdicts", "not stored");
        await("it arrives", () -> first.contains("not stored"));
        link.close();
        List<String> second = new CopyOnWriteArrayList<>();
        link(name, Optional.empty(), taking(second));
        await("it arrives again", () -> second.contains("not stored"));
    }

    @Test
    void aggregatorsOfOneGroupShareWhatGatewaysSay() throws Exception {
        Assumptions.assumeTrue(
                servesSeveralAggregators(), "this broker is a part of its one aggregator");
        Optional<String> group = Optional.of("group-" + newName());
        List<String> one = new CopyOnWriteArrayList<>();
        List<String> other = new CopyOnWriteArrayList<>();
        link(newName(), group, taking(one));
        link(newName(), group, taking(other));
        Mqtt3AsyncClient gateway = gateway(0);
        for (int i = 0; i < 200; i++) {
            publish(gateway, "acme/gw-1/KARU-V1/verdicts", "s" + i);
        }
        await(
                () -> one.size() + " and " + other.size() + " become 200",
                () -> one.size() + other.size() >= 200);
        Set<String> together = new HashSet<>(one);
        together.addAll(other);
        assertEquals(200, together.size());
        assertEquals(200, one.size() + other.size(), "nothing arrives twice");
        assertTrue(!one.isEmpty() && !other.isEmpty(), "both take their part");
    }

    @Test
    void aReplyReachesTheAggregatorThatAsked() throws Exception {
        Optional<String> group = Optional.of("group-" + newName());
        String asking = newName();
        List<String> heard = new CopyOnWriteArrayList<>();
        MqttLink link = link(asking, group, taking(heard));
        link(newName(), group, taking(new CopyOnWriteArrayList<>()));
        Mqtt3AsyncClient gateway = gateway(0);
        gateway.publishes(
                MqttGlobalPublishFilter.ALL,
                request ->
                        gateway.publish(
                                Mqtt3Publish.builder()
                                        .topic("$EDC/acme/" + asking + "/KARU-V1/REPLY/1")
                                        .qos(MqttQos.AT_MOST_ONCE)
                                        .payload("answer".getBytes(StandardCharsets.UTF_8))
                                        .build()));
        gateway.subscribeWith()
                .topicFilter("$EDC/acme/gw-1/KARU-V1/#")
                .qos(MqttQos.AT_LEAST_ONCE)
                .send()
                .get(60, TimeUnit.SECONDS);
        link.publish(
                        new Topic.Request("acme", "gw-1", "KARU-V1", "GET", List.of("health")),
                        new byte[0])
                .get(60, TimeUnit.SECONDS);
        await("the reply arrives", () -> heard.contains("answer"));
    }

    @Test
    void aLostConnectionIsToldByItsWill() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        link(newName(), Optional.empty(), taking(heard));
        try (Socket gateway = new Socket(server().address().getHost(), server().port())) {
            gateway.getOutputStream().write(connectWithWill("$EDC/acme/gw-1/MQTT/LWT", "lost"));
            assertEquals(0x20, gateway.getInputStream().read(), "CONNACK");
            assertEquals(0, gateway.getInputStream().readNBytes(3)[2], "accepted");
            gateway.setSoLinger(true, 0); // ends as a cut cable does
        }
        await("the will arrives", () -> heard.contains("lost"));
    }

    @Test
    void whoeverHasNoLoginIsRefused() {
        assertThrows(
                ExecutionException.class, () -> connected(builder("gw-1", "wrong").buildAsync()));
        assertThrows(
                ExecutionException.class,
                () ->
                        connected(
                                MqttClient.builder()
                                        .useMqttVersion3()
                                        .identifier("nobody")
                                        .serverHost(server().address().getHost())
                                        .serverPort(server().port())
                                        .buildAsync()));
        MqttServer wrong = new MqttServer(server().address(), OWN_USER, "wrong", Optional.empty());
        assertThrows(
                IOException.class,
                () ->
                        MqttLink.connect(
                                new LinkSettings(wrong, newName(), Optional.empty()),
                                new Topics("$EDC"),
                                message -> {}));
    }

    @Test
    void aGatewayIsHeardOnItsOwnTopicsOnly() throws Exception {
        List<String> heard = new CopyOnWriteArrayList<>();
        link(newName(), Optional.empty(), taking(heard));
        for (String foreign :
                List.of(
                        "acme/gw-2/KARU-V1/verdicts",
                        "$EDC/acme/gw-2/MQTT/BIRTH",
                        "$EDC/acme/gw-2/DEPLOY-V2/EXEC/download")) {
            // some brokers take it and drop it, some end the connection
            gateway(0)
                    .publishWith()
                    .topic(foreign)
                    .qos(MqttQos.AT_MOST_ONCE)
                    .payload("foreign".getBytes(StandardCharsets.UTF_8))
                    .send();
        }
        publish(gateway(1), "acme/gw-2/KARU-V1/verdicts", "own");
        await("its own arrives", () -> heard.contains("own"));
        assertTrue(!heard.contains("foreign"), "foreign topics are not delivered");
    }

    @Test
    void aGatewayDoesNotHearWhatIsMeantForAnother() throws Exception {
        MqttLink link = link(newName(), Optional.empty(), taking(new CopyOnWriteArrayList<>()));
        List<String> heard = new CopyOnWriteArrayList<>();
        Mqtt3AsyncClient curious = gateway(0);
        curious.publishes(
                MqttGlobalPublishFilter.ALL,
                message ->
                        heard.add(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)));
        subscribed(curious, "$EDC/acme/gw-2/#");
        Mqtt3AsyncClient again = gateway(0);
        again.publishes(
                MqttGlobalPublishFilter.ALL,
                message ->
                        heard.add(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)));
        assertTrue(subscribed(again, "$EDC/acme/gw-1/#"));
        link.publish(
                        new Topic.Request("acme", "gw-2", "KARU-V1", "GET", List.of("health")),
                        "secret".getBytes(StandardCharsets.UTF_8))
                .get(60, TimeUnit.SECONDS);
        link.publish(
                        new Topic.Request("acme", "gw-1", "KARU-V1", "GET", List.of("health")),
                        "own".getBytes(StandardCharsets.UTF_8))
                .get(60, TimeUnit.SECONDS);
        await("its own arrives", () -> heard.contains("own"));
        assertTrue(!heard.contains("secret"));
    }

    @Test
    void aLargeMessageArrivesWhole() throws Exception {
        List<Integer> sizes = new CopyOnWriteArrayList<>();
        link(
                newName(),
                Optional.empty(),
                message -> {
                    sizes.add(message.payload().length);
                    message.acknowledge().run();
                });
        int size = 2 << 20;
        gateway(0)
                .publishWith()
                .topic("acme/gw-1/KARU-V1/verdicts")
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(new byte[size])
                .send()
                .get(60, TimeUnit.SECONDS);
        await("it arrives", () -> sizes.contains(size));
    }

    /** MQTT 3.1.1's CONNECT of gw-1: clean session, will with QoS 1, login. */
    private static byte[] connectWithWill(String topic, String will) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeUTF("MQTT");
        out.write(new byte[] {4, (byte) 0xCE, 0, 60});
        for (String text : List.of("gw-1", topic, will, "gw-1", GATEWAY_PASSWORD)) {
            out.writeUTF(text);
        }
        byte[] content = bytes.toByteArray();
        byte[] packet = new byte[content.length + 2];
        packet[0] = 0x10;
        packet[1] = (byte) content.length;
        System.arraycopy(content, 0, packet, 2, content.length);
        return packet;
    }

    private static boolean subscribed(Mqtt3AsyncClient client, String filter) throws Exception {
        try {
            client.subscribeWith()
                    .topicFilter(filter)
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send()
                    .get(60, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            return false;
        }
    }

    private MqttLink link(String name, Optional<String> group, Consumer<Inbound> receiver)
            throws IOException {
        MqttLink link =
                MqttLink.connect(
                        new LinkSettings(server(), name, group), new Topics("$EDC"), receiver);
        links.add(link);
        return link;
    }

    private Mqtt3AsyncClient gateway(int index) throws Exception {
        return connected(builder(GATEWAYS.get(index).clientId(), GATEWAY_PASSWORD).buildAsync());
    }

    private Mqtt3AsyncClient connected(Mqtt3AsyncClient client) throws Exception {
        Persevering.connect(client);
        clients.add(client);
        return client;
    }

    private Mqtt3ClientBuilder builder(String clientId, String password) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(clientId)
                .serverHost(server().address().getHost())
                .serverPort(server().port())
                .simpleAuth()
                .username(clientId)
                .password(password.getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth();
    }

    private static void publish(Mqtt3AsyncClient client, String topic, String text)
            throws Exception {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(text.getBytes(StandardCharsets.UTF_8))
                .send()
                .get(60, TimeUnit.SECONDS);
    }

    private static Consumer<Inbound> taking(List<String> heard) {
        return message -> {
            heard.add(text(message));
            message.acknowledge().run();
        };
    }

    private static String text(Inbound message) {
        return new String(message.payload(), StandardCharsets.UTF_8);
    }

    /** Sessions outlive a test: each aggregator has its own. */
    private static String newName() {
        return "karu-" + NUMBER.incrementAndGet();
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        await(() -> what, condition);
    }

    private static void await(Supplier<String> what, BooleanSupplier condition)
            throws InterruptedException {
        Instant end = Instant.now().plus(DEADLINE);
        while (!condition.getAsBoolean()) {
            assertTrue(Instant.now().isBefore(end), () -> "it did not happen that " + what.get());
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
