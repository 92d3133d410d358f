package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.Presence;
import io.karu.ports.LoopbackPort;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may do what on the embedded broker, tried with real clients. */
class BrokerTest {
    @TempDir static Path folder;
    private static Aggregator aggregator;
    private static URI broker;
    private static int tlsPort;
    private static int number;

    private GatewayId id;
    private GatewayCredentials credentials;

    @BeforeAll
    static void start() throws Exception {
        tlsPort = LoopbackPort.free().number();
        Map<String, String> values =
                Map.of(
                        "mqtt.port", "0",
                        "mqtt.tls.bind", "127.0.0.1",
                        "mqtt.tls.port", Integer.toString(tlsPort),
                        "mqtt.tls.host", "localhost",
                        "requests.after.birth.millis", "100",
                        "fleet.read.seconds", "1");
        aggregator = Aggregator.open(Settings.of(folder, values), Workbench.TIMES);
        aggregator.start("http://127.0.0.1:1");
        broker = URI.create(aggregator.brokerUrl());
    }

    @AfterAll
    static void stop() {
        aggregator.close();
    }

    @BeforeEach
    void register() {
        id = new GatewayId("acme", "gw-" + ++number);
        credentials = aggregator.fleet().register(id, "plant", Set.of("line-1"));
    }

    private static Mqtt3AsyncClient client(String clientId, String user, String password) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(broker.getPort())
                .simpleAuth()
                .username(user)
                .password(password.getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .buildAsync();
    }

    private Mqtt3AsyncClient connected() throws Exception {
        Mqtt3AsyncClient client =
                client(id.clientId(), credentials.userName(), credentials.password());
        Persevering.connect(client);
        return client;
    }

    private Gateway gateway() {
        return aggregator.fleet().get(id);
    }

    @Test
    void anonymousClientsAndWrongPasswordsAreRefused() {
        Mqtt3BlockingClient anonymous =
                MqttClient.builder()
                        .useMqttVersion3()
                        .identifier(id.clientId())
                        .serverHost("127.0.0.1")
                        .serverPort(broker.getPort())
                        .buildBlocking();
        assertThrows(Mqtt3ConnAckException.class, anonymous::connect);
        Mqtt3AsyncClient wrong = client(id.clientId(), credentials.userName(), "wrong");
        assertThrows(ExecutionException.class, () -> wrong.connect().get(60, TimeUnit.SECONDS));
        Mqtt3AsyncClient own = client("karu-aggregator-2", "karu-aggregator", "wrong");
        assertThrows(ExecutionException.class, () -> own.connect().get(60, TimeUnit.SECONDS));
    }

    @Test
    void renewedCredentialsEndTheOldOnes() throws Exception {
        connected().disconnect().join();
        GatewayCredentials renewed = aggregator.fleet().renewCredentials(id);
        Mqtt3AsyncClient old =
                client(id.clientId(), credentials.userName(), credentials.password());
        assertThrows(ExecutionException.class, () -> old.connect().get(60, TimeUnit.SECONDS));
        Mqtt3AsyncClient now = client(id.clientId(), renewed.userName(), renewed.password());
        Persevering.connect(now);
        now.disconnect().join();
        assertFalse(renewed.toString().contains(renewed.password()));
    }

    @Test
    void aRemovedGatewayIsNotLetInAgain() throws Exception {
        connected().disconnect().join();
        aggregator.fleet().remove(id);
        Mqtt3AsyncClient removed =
                client(id.clientId(), credentials.userName(), credentials.password());
        assertThrows(ExecutionException.class, () -> removed.connect().get(60, TimeUnit.SECONDS));
    }

    @Test
    void aFleetThatReturnsAtOnceIsLetIn() throws Exception {
        List<GatewayCredentials> fleet = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            fleet.add(
                    aggregator
                            .fleet()
                            .register(
                                    new GatewayId("acme", "fleet-" + number + "-" + i),
                                    "",
                                    Set.of()));
        }
        for (int times = 0; times < 2; times++) {
            List<Mqtt3AsyncClient> clients = new ArrayList<>();
            List<CompletableFuture<?>> all = new ArrayList<>();
            for (GatewayCredentials one : fleet) {
                Mqtt3AsyncClient client =
                        client(one.id().clientId(), one.userName(), one.password());
                clients.add(client);
                all.add(client.connect());
            }
            for (CompletableFuture<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
            clients.forEach(client -> client.disconnect().join());
        }
    }

    @Test
    void aGatewaySubscribesToItsOwnTopicsOnly() throws Exception {
        Mqtt3AsyncClient client = connected();
        for (String own : new String[] {"$EDC/" + id + "/#", id + "/#"}) {
            client.subscribeWith().topicFilter(own).send().get(60, TimeUnit.SECONDS);
        }
        for (String foreign :
                new String[] {
                    "$EDC/acme/other/#", "acme/other/#", "#", "$EDC/#", "$EDC/acme/+/MQTT/+"
                }) {
            ExecutionException refused =
                    assertThrows(
                            ExecutionException.class,
                            () ->
                                    client.subscribeWith()
                                            .topicFilter(foreign)
                                            .send()
                                            .get(60, TimeUnit.SECONDS),
                            foreign);
            assertTrue(refused.getCause() instanceof Mqtt3SubAckException, foreign);
        }
        client.disconnect().join();
    }

    @Test
    void aGatewayThatPublishesOnAForeignTopicIsDisconnected() throws Exception {
        for (String foreign :
                new String[] {
                    "acme/other/KARU-V1/verdicts",
                    "$EDC/acme/other/MQTT/BIRTH",
                    "$EDC/acme/other/DEPLOY-V2/EXEC/download"
                }) {
            Mqtt3AsyncClient client = connected();
            client.publishWith().topic(foreign).qos(MqttQos.AT_LEAST_ONCE).send();
            await("the broker closes the connection", () -> !client.getState().isConnected());
        }
        assertTrue(aggregator.fleet().find(new GatewayId("acme", "other")).isEmpty());
        Mqtt3AsyncClient client = connected();
        for (String own :
                new String[] {
                    id + "/W1/a",
                    "$EDC/acme/agg/DEPLOY-V2/REPLY/1",
                    "$EDC/acme/agg/DEPLOY-V2/NOTIFY/" + id.clientId() + "/install"
                }) {
            client.publishWith()
                    .topic(own)
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send()
                    .get(60, TimeUnit.SECONDS);
        }
        client.disconnect().join();
    }

    @Test
    void aSecondClientWithAUsedClientIdIsShownAsAConflict() throws Exception {
        Mqtt3AsyncClient first = connected();
        Mqtt3AsyncClient second = connected();
        await("the conflict is shown", () -> gateway().conflict().isPresent());
        assertTrue(gateway().conflict().orElseThrow().reason().contains("took over"));
        await("the first is disconnected", () -> !first.getState().isConnected());
        assertTrue(aggregator.fleet().dismissConflict(id).conflict().isEmpty());
        second.disconnect().join();
    }

    @Test
    void credentialsOfOneGatewayDoNotOpenTheClientIdOfAnother() throws Exception {
        GatewayId other = new GatewayId("acme", "intruder-" + number);
        GatewayCredentials intruder = aggregator.fleet().register(other, "", Set.of());
        Mqtt3AsyncClient client = client(id.clientId(), intruder.userName(), intruder.password());
        assertThrows(ExecutionException.class, () -> client.connect().get(60, TimeUnit.SECONDS));
        await(
                "the conflict is shown",
                () ->
                        gateway()
                                .conflict()
                                .filter(conflict -> conflict.reason().contains(other.toString()))
                                .isPresent());
        AggregatorException twice =
                assertThrows(
                        AggregatorException.class,
                        () -> aggregator.fleet().register(other, "", Set.of()));
        assertEquals(Code.GATEWAY_EXISTS, twice.code());
    }

    @Test
    void aGatewayComesByBirthAndGoesByGoodbyeOrWill() throws Exception {
        assertEquals(Presence.REGISTERED, gateway().presence());
        try (FakeGateway fake = new FakeGateway(id)) {
            fake.applications("DEPLOY-V2,INVENTORY-V1,CONF-V2");
            fake.connect(broker, credentials.userName(), credentials.password());
            await(
                    "it is online and read",
                    () -> gateway().online() && gateway().inventory().isPresent());
            assertEquals("connected; its last life cycle message was BIRTH", gateway().reason());
            assertTrue(gateway().birth().orElseThrow().kuraVersion().contains("5.6.0"));
            assertEquals("Gateway " + id.clientId(), gateway().displayName());
            assertTrue(gateway().missing().isEmpty());
            fake.disconnect();
            await("it has said goodbye", () -> gateway().presence() == Presence.DISCONNECTED);
            fake.connect(broker, credentials.userName(), credentials.password());
            await("it is online again", () -> gateway().online());
            AggregatorException lacks =
                    assertThrows(
                            AggregatorException.class, () -> aggregator.fleet().ask(id, "models"));
            assertEquals(Code.GATEWAY_LACKS_APPLICATION, lacks.code());
        }
    }

    @Test
    void lossOfAConnectionIsTold() throws Exception {
        // a client that is taken over has its will published
        try (FakeGateway fake = new FakeGateway(id)) {
            fake.connect(broker, credentials.userName(), credentials.password());
            await("it is online", () -> gateway().online());
            Mqtt3AsyncClient second = connected();
            await("its loss is told", () -> gateway().presence() == Presence.LOST);
            assertTrue(gateway().reason().contains("LWT"));
            AggregatorException offline =
                    assertThrows(AggregatorException.class, () -> aggregator.fleet().refresh(id));
            assertEquals(Code.GATEWAY_OFFLINE, offline.code());
            second.disconnect().join();
        }
    }

    @Test
    void theTlsListenerShowsACertificateOfTheOwnAuthority() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream pem = Files.newInputStream(aggregator.authority().certificate())) {
            trusted.setCertificateEntry(
                    "karu", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory managers =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        Mqtt3BlockingClient client =
                encrypted(MqttClientSslConfig.builder().trustManagerFactory(managers).build());
        Persevering.connect(client);
        client.disconnect();
        Mqtt3BlockingClient distrusting = encrypted(MqttClientSslConfig.builder().build());
        assertThrows(RuntimeException.class, distrusting::connect);
    }

    private Mqtt3BlockingClient encrypted(MqttClientSslConfig tls) {
        return MqttClient.builder()
                .useMqttVersion3()
                .identifier(id.clientId())
                .serverHost("localhost")
                .serverPort(tlsPort)
                .sslConfig(tls)
                .simpleAuth()
                .username(credentials.userName())
                .password(credentials.password().getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .buildBlocking();
    }
}
