package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import io.karu.aggregator.ArtemisServer.Node;
import io.karu.aggregator.ArtemisServer.User;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.Csr;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.aggregator.mqtt.TopicRight;
import io.karu.ports.LoopbackPort;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Artemis judges certificates by the list that the aggregator keeps for it. */
class ArtemisIdentityTest {
    private static final String PASSWORD = "only for this test";
    private static final GatewayId STOLEN = new GatewayId("karu", "gw-1");
    private static final GatewayId HONEST = new GatewayId("karu", "gw-2");

    @TempDir Path folder;
    private Authority authority;
    private Aggregator aggregator;
    private int tls;

    @Test
    void aRevokedGatewayIsRefusedByTheRunningBrokerAndOthersStayConnected() throws Exception {
        Assumptions.assumeTrue(
                ArtemisServer.installed().isPresent(),
                "Artemis was left out of this build: build without -Dkaru.inspection.only");
        Node node = Node.free();
        tls = LoopbackPort.free().number();
        Path files = folder.resolve("files");
        Settings settings =
                Settings.of(
                        folder.resolve("data"),
                        Map.of(
                                "mqtt.broker.url",
                                "mqtt://127.0.0.1:" + node.mqtt(),
                                "mqtt.broker.user",
                                "aggregator",
                                "mqtt.broker.password",
                                PASSWORD,
                                "mqtt.broker.files",
                                files.toString()));
        CompletableFuture<Aggregator> opening = Workbench.opening(settings, files);
        authority = new Authority(folder.resolve("data/authority"));
        List<User> users =
                List.of(
                        new User("aggregator", PASSWORD, TopicRight.ofAggregator("$EDC")),
                        user(STOLEN),
                        user(HONEST));
        try (ArtemisServer artemis =
                ArtemisServer.start(folder.resolve("artemis"), users, node, acceptor(files))) {
            aggregator = opening.get(120, TimeUnit.SECONDS);
            ClientKey stolen = register(STOLEN);
            ClientKey honest = register(HONEST);
            AtomicBoolean cut = new AtomicBoolean();
            AtomicBoolean disturbed = new AtomicBoolean();
            Mqtt3BlockingClient live = connected(STOLEN, stolen, cut);
            Mqtt3BlockingClient other = connected(HONEST, honest, disturbed);

            aggregator.identities().revoke(STOLEN, "stolen");
            Workbench.await(
                    "Artemis has read the list again",
                    Workbench.PATIENCE,
                    () -> refused("gw-1-again", STOLEN, stolen));

            other.publishWith().topic("karu/gw-2/x").qos(MqttQos.AT_LEAST_ONCE).send();
            assertFalse(disturbed.get(), "who is not revoked stays connected");
            other.disconnect();
            Persevering.connect(other);
            live.publishWith().topic("karu/gw-1/x").qos(MqttQos.AT_LEAST_ONCE).send();
            assertFalse(cut.get(), "what was connected before lives on");
            live.disconnect();
            Exception again = assertThrows(Exception.class, () -> Persevering.connect(live));
            assertTrue(Persevering.refused(again), again::toString);
            other.disconnect();
        } finally {
            opening.thenAccept(Aggregator::close).join();
        }
    }

    private static User user(GatewayId id) {
        return new User(id.clientId(), PASSWORD, TopicRight.ofGateway("$EDC", id));
    }

    private ClientKey register(GatewayId id) throws Exception {
        aggregator.fleet().register(id, "", Set.of());
        KeyPair pair = ClientKey.newPair();
        PKCS10CertificationRequest request =
                Csr.parse(ClientKey.request(pair, "CN=x").getEncoded());
        return new ClientKey(pair, aggregator.identities().issue(request, id, How.EST));
    }

    private Mqtt3BlockingClient connected(GatewayId id, ClientKey key, AtomicBoolean lost)
            throws Exception {
        Mqtt3BlockingClient client = client(id.clientId(), id, key, lost);
        Persevering.connect(client);
        return client;
    }

    private boolean refused(String clientId, GatewayId id, ClientKey key) {
        try {
            Mqtt3BlockingClient client = client(clientId, id, key, new AtomicBoolean());
            client.connect();
            client.disconnect();
            return false;
        } catch (Exception e) {
            return Persevering.refused(e);
        }
    }

    private Mqtt3BlockingClient client(
            String clientId, GatewayId id, ClientKey key, AtomicBoolean lost) throws Exception {
        return ClientKey.mqtt(clientId, Optional.of(key), tls, authority.certificate())
                .simpleAuth()
                .username(id.clientId())
                .password(PASSWORD.getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .addDisconnectedListener(context -> lost.set(true))
                .buildBlocking();
    }

    /** What docs/identity.md tells to write, with this test's places. */
    private String acceptor(Path files) throws Exception {
        Authority.ServerKey server = authority.serverKey("localhost");
        String page = Files.readString(Path.of("../../docs/identity.md"));
        Matcher written =
                Pattern.compile("<acceptor name=\"gateways\">[^<]+</acceptor>").matcher(page);
        assertTrue(written.find(), "docs/identity.md shows an acceptor");
        return written.group()
                .replace("0.0.0.0:8883", "127.0.0.1:" + tls)
                .replace("/etc/artemis/karu/server.p12", server.keystore().toString())
                .replace("SECRET", server.password())
                .replace("/etc/artemis/karu", files.toString())
                .replace("securityDomain=activemq", "securityDomain=PropertiesLogin");
    }
}
