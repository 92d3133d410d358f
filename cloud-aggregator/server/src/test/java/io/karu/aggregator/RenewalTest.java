package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.identity.Certificates;
import io.karu.aggregator.identity.GatewayCertificate;
import io.karu.aggregator.security.People;
import io.karu.ports.LoopbackPort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that last a day and are to be renewed nearly at once, while everything runs. */
class RenewalTest {
    @TempDir static Path folder;
    private static Aggregator aggregator;
    private static HttpServer http;
    private static int mqtt;

    @BeforeAll
    static void start() throws Exception {
        mqtt = LoopbackPort.free().number();
        Settings settings =
                Settings.of(
                        folder.resolve("data"),
                        Map.of(
                                "mqtt.port", "0",
                                "mqtt.tls.bind", "127.0.0.1",
                                "mqtt.tls.port", Integer.toString(mqtt),
                                "mqtt.tls.host", "localhost",
                                "http.port", "0",
                                "http.tls.host", "localhost",
                                "identity.days", "1",
                                "identity.server.days", "1",
                                "identity.renew.left", "0.99992"));
        aggregator = Aggregator.open(settings, Workbench.TIMES);
        People people = new People(aggregator.database().jdbi());
        people.createFirst();
        http =
                HttpServer.start(
                        Main.httpSettings(settings, aggregator.authority()),
                        Main.services(aggregator, people));
    }

    @AfterAll
    static void stop() {
        http.close();
        aggregator.close();
    }

    @Test
    void theServersCertificatesAreRenewedAndOldConnectionsLiveOn() throws Exception {
        GatewayId id = new GatewayId("karu", "gw-live");
        GatewayCredentials credentials = aggregator.fleet().register(id, "", Set.of());
        AtomicBoolean lost = new AtomicBoolean();
        Mqtt3BlockingClient live =
                ClientKey.mqtt(id.clientId(), Optional.empty(), mqtt, authority())
                        .simpleAuth()
                        .username(credentials.userName())
                        .password(credentials.password().getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .addDisconnectedListener(context -> lost.set(true))
                        .buildBlocking();
        Persevering.connect(live);
        try (SSLSocket old = connect(http.port())) {
            assertEquals("HTTP/1.1 200 OK", health(old));
            X509Certificate ofHttps = shown(http.port());
            X509Certificate ofMqtt = shown(mqtt);
            aggregator.start(http.base());
            await("HTTPS shows another certificate", () -> !shown(http.port()).equals(ofHttps));
            await(
                    "MQTT shows another certificate",
                    Workbench.PATIENCE,
                    () -> !shown(mqtt).equals(ofMqtt));
            assertEquals(ofHttps, old.getSession().getPeerCertificates()[0]);
            assertEquals("HTTP/1.1 200 OK", health(old));
            live.publishWith().topic("karu/gw-live/x").qos(MqttQos.AT_LEAST_ONCE).send();
            assertFalse(lost.get());
        }
        live.disconnect();
    }

    /** What docs/identity.md tells those to do who have no Kura. */
    @Test
    void opensslAndCurlEnrolAndRenewAsThePageOfIdentitiesSays() throws Exception {
        for (String tool : List.of("/usr/bin/openssl", "/usr/bin/curl", "/bin/sh")) {
            Assumptions.assumeTrue(
                    Files.isExecutable(Path.of(tool)), tool + " is not installed: apt-get install");
        }
        GatewayId id = new GatewayId("karu", "gw-curl");
        aggregator.fleet().register(id, "", Set.of());
        Path own = Files.createDirectories(folder.resolve("gateway"));
        Files.copy(authority(), own.resolve("authority.pem"));
        String page = Files.readString(Path.of("../../docs/identity.md"));
        String enrol = script(page, "# enrol");
        String renew = script(page, "# renew");
        String base = "https://localhost:" + http.port();
        Map<String, String> environment =
                Map.of(
                        "BASE", base,
                        "GATEWAY", id.clientId(),
                        "ACCOUNT", id.account(),
                        "TOKEN", aggregator.identities().issueToken(id, Duration.ofHours(1)));
        run(enrol, own, environment);
        X509Certificate first = certificate(own);
        run(renew, own, environment);
        X509Certificate second = certificate(own);
        assertNotEquals(first, second);
        assertEquals(first.getSubjectX500Principal(), second.getSubjectX500Principal());
        assertNotEquals(first.getPublicKey(), second.getPublicKey());
        assertEquals(
                Set.of(Certificates.fingerprint(first), Certificates.fingerprint(second)),
                Set.copyOf(
                        aggregator.identities().certificates(id).stream()
                                .map(GatewayCertificate::fingerprint)
                                .toList()));
    }

    private static String script(String page, String title) {
        int begin = page.indexOf(title);
        assertTrue(begin >= 0, "docs/identity.md has no script " + title);
        return page.substring(begin, page.indexOf("```", begin));
    }

    private static void run(String script, Path folder, Map<String, String> environment)
            throws Exception {
        ProcessBuilder shell =
                new ProcessBuilder("/bin/sh", "-e", "-c", script)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile());
        shell.environment().putAll(environment);
        Process process = shell.start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), "the script does not end");
        assertEquals(0, process.exitValue(), () -> read(folder.resolve("log")));
    }

    private static X509Certificate certificate(Path folder) throws IOException {
        return Certificates.parse(Files.readAllBytes(folder.resolve("gateway.pem"))).get(0);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static Path authority() throws IOException {
        return aggregator.authority().certificate();
    }

    /** Again where the handshake breaks, as on a busy machine it may. */
    private static SSLSocket connect(int port) throws Exception {
        for (int attempt = 1; ; attempt++) {
            SSLSocket socket =
                    (SSLSocket)
                            ClientKey.context(Optional.empty(), authority())
                                    .getSocketFactory()
                                    .createSocket("localhost", port);
            try {
                socket.startHandshake();
                return socket;
            } catch (IOException broken) {
                socket.close();
                if (attempt == 5) {
                    throw broken;
                }
            }
        }
    }

    /** The certificate of the server in a new connection. */
    private static X509Certificate shown(int port) {
        try (SSLSocket socket = connect(port)) {
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        } catch (Exception e) {
            throw new AssertionError("no TLS on port " + port, e);
        }
    }

    /** Asks over a connection that stays open; answers the status line. */
    private static String health(SSLSocket socket) throws IOException {
        socket.getOutputStream()
                .write(
                        "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
        BufferedReader answer =
                new BufferedReader(
                        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String status = answer.readLine();
        int length = 0;
        for (String line = answer.readLine(); !line.isEmpty(); line = answer.readLine()) {
            if (line.toLowerCase().startsWith("content-length:")) {
                length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        for (int i = 0; i < length; i++) {
            answer.read();
        }
        return status;
    }
}
