package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3ClientBuilder;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.identity.Authority;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.Csr;
import io.karu.aggregator.identity.GatewayCertificate.How;
import io.karu.ports.LoopbackPort;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Mosquitto judges certificates by the list that the aggregator keeps for it. */
class MosquittoIdentityTest {
    @TempDir Path folder;
    private Aggregator aggregator;

    @Test
    void aRevokedGatewayIsRefusedOnceMosquittoHasReadTheListAgain() throws Exception {
        Assumptions.assumeTrue(
                MosquittoServer.installed().isPresent(),
                "Mosquitto is not installed: apt-get install mosquitto");
        int plain = LoopbackPort.free().number();
        int both = LoopbackPort.free().number();
        int certificateOnly = LoopbackPort.free().number();
        Path files = folder.resolve("files");
        Map<String, String> values = new TreeMap<>();
        values.put("mqtt.broker.url", "mqtt://127.0.0.1:" + plain);
        values.put("mqtt.broker.user", "aggregator");
        values.put("mqtt.broker.password", "own secret");
        values.put("mqtt.broker.files", files.toString());
        Settings settings = Settings.of(folder.resolve("data"), values);
        CompletableFuture<Aggregator> opening = Workbench.opening(settings, files);
        Authority authority = new Authority(folder.resolve("data/authority"));
        servers(authority, files);
        try (MosquittoServer mosquitto =
                MosquittoServer.start(files, plain, tls(files, both, certificateOnly))) {
            aggregator = opening.get(120, TimeUnit.SECONDS);
            Gateway first = register("gw-1");
            Gateway second = register("gw-2");
            mosquitto.reload();
            AtomicBoolean firstCut = new AtomicBoolean();
            AtomicBoolean secondCut = new AtomicBoolean();
            Mqtt3BlockingClient byBoth =
                    first.with(both, true)
                            .addDisconnectedListener(context -> firstCut.set(true))
                            .buildBlocking();
            Mqtt3BlockingClient byCertificate =
                    second.with(certificateOnly, false)
                            .addDisconnectedListener(context -> secondCut.set(true))
                            .buildBlocking();
            connects(byBoth);
            connects(byCertificate);
            assertThrows(
                    RuntimeException.class,
                    ClientKey.mqtt("gw-1", Optional.empty(), both, authority.certificate())
                                    .buildBlocking()
                            ::connect);

            aggregator.identities().revoke(first.id(), "stolen");
            aggregator.identities().revoke(second.id(), "stolen");
            assertFalse(firstCut.get() || secondCut.get());
            await("it hears on, since nothing changes before SIGHUP", () -> hears(byCertificate));
            mosquitto.reload();
            await("the connection that also needs its password is cut", firstCut::get);
            await("the connection by certificate alone is mute", () -> !hears(byCertificate));
            assertFalse(secondCut.get(), "and lives on");
            assertThrows(RuntimeException.class, byBoth::connect);
            byCertificate.disconnect();
            assertThrows(RuntimeException.class, byCertificate::connect);

            aggregator.identities().readmit(first.id());
            mosquitto.reload();
            // its password counts again, the certificate does not
            assertThrows(RuntimeException.class, byBoth::connect);
            Mqtt3BlockingClient anew = first.enrolled().with(both, true).buildBlocking();
            connects(anew);
            anew.disconnect();
        } finally {
            opening.thenAccept(Aggregator::close).join();
        }
    }

    /** Mosquitto may still be reading its files. */
    private static void connects(Mqtt3BlockingClient client) throws InterruptedException {
        await(
                "the gateway connects",
                () -> {
                    try {
                        client.connect();
                        return true;
                    } catch (RuntimeException e) {
                        return false;
                    }
                });
    }

    /** Whether what a gateway says to itself comes back. */
    private static boolean hears(Mqtt3BlockingClient client) {
        try (Mqtt3BlockingClient.Mqtt3Publishes heard =
                client.publishes(com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL)) {
            String topic = "$EDC/karu/" + client.getConfig().getClientIdentifier().get() + "/x";
            client.subscribeWith().topicFilter(topic).qos(MqttQos.AT_LEAST_ONCE).send();
            client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).send();
            return heard.receive(1, TimeUnit.SECONDS).isPresent();
        } catch (RuntimeException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private record Gateway(
            Aggregator aggregator, GatewayId id, GatewayCredentials credentials, ClientKey key) {
        Gateway enrolled() throws Exception {
            KeyPair pair = ClientKey.newPair();
            List<X509Certificate> chain =
                    aggregator
                            .identities()
                            .issue(
                                    Csr.parse(ClientKey.request(pair, "CN=x").getEncoded()),
                                    id,
                                    How.EST);
            return new Gateway(aggregator, id, credentials, new ClientKey(pair, chain));
        }

        Mqtt3ClientBuilder with(int port, boolean password) throws Exception {
            Mqtt3ClientBuilder builder =
                    ClientKey.mqtt(
                            id.clientId(),
                            Optional.of(key),
                            port,
                            aggregator.authority().certificate());
            return password
                    ? builder.simpleAuth()
                            .username(credentials.userName())
                            .password(credentials.password().getBytes(StandardCharsets.UTF_8))
                            .applySimpleAuth()
                    : builder;
        }
    }

    private Gateway register(String name) throws Exception {
        GatewayId id = new GatewayId("karu", name);
        return new Gateway(aggregator, id, aggregator.fleet().register(id, "", Set.of()), null)
                .enrolled();
    }

    /** A certificate and its key for Mosquitto itself, as PEM. */
    private static void servers(Authority authority, Path folder) throws Exception {
        Authority.ServerKey key = authority.serverKey("localhost");
        char[] password = key.password().toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(key.keystore())) {
            store.load(in, password);
        }
        Files.writeString(
                folder.resolve("server.pem"),
                Certificates.pem((X509Certificate) store.getCertificate("server")));
        Files.writeString(
                folder.resolve("server.key"),
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(store.getKey("server", password).getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
    }

    /** The two listeners for gateways of docs/identity.md. */
    private static String tls(Path folder, int both, int certificateOnly) throws Exception {
        String page = Files.readString(Path.of("../../docs/identity.md"));
        int begin = page.indexOf("# gateways show certificate and password");
        assertTrue(begin >= 0, "docs/identity.md has no configuration of Mosquitto");
        return page.substring(begin, page.indexOf("```", begin))
                .replace("8883", Integer.toString(both))
                .replace("8884", Integer.toString(certificateOnly))
                .replace("/etc/mosquitto/karu", folder.toString());
    }
}
