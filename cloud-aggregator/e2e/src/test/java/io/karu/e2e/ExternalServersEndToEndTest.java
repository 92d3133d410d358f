package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import io.karu.aggregator.Persevering;
import io.karu.aggregator.PostgresServer;
import io.karu.aggregator.S3ProxyServer;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.Testbed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from camera image to aggregator over servers that Karu does not bring itself. */
class ExternalServersEndToEndTest {
    @TempDir Path home;

    @Test
    void aBoardIsInspectedOverMosquittoPostgresqlAndS3AndForeignTopicsAreRefused()
            throws Exception {
        assumeTrue(
                Mosquitto.installed().isPresent(),
                "Mosquitto is not installed: apt-get install mosquitto");
        assumeTrue(
                PostgresServer.installed().isPresent(),
                "PostgreSQL 15 or newer is not installed: apt-get install postgresql");
        assumeTrue(
                S3ProxyServer.installed().isPresent(),
                "S3Proxy was left out of this build: build without -Dkaru.inspection.only");
        Path files = home.resolve("mosquitto");
        Path secret = Files.writeString(home.resolve("s3-secret"), S3ProxyServer.SECRET_KEY);
        try (PostgresServer postgres = PostgresServer.start();
                S3ProxyServer s3 = S3ProxyServer.start(home.resolve("s3"));
                Mosquitto mosquitto = Mosquitto.start(files);
                Testbed testbed = Testbed.open(Line.ROOT, home)) {
            testbed.useBroker(mosquitto.port());
            testbed.startAggregator(
                    "--set",
                    "mqtt.broker.url=mqtt://127.0.0.1:" + mosquitto.port(),
                    "--set",
                    "mqtt.broker.user=aggregator",
                    "--set",
                    "mqtt.broker.password=only for this test",
                    "--set",
                    "database.url=" + postgres.url(),
                    "--set",
                    "database.user=karu",
                    "--set",
                    "s3.endpoint=" + s3.endpoint(),
                    "--set",
                    "s3.access.key=" + S3ProxyServer.ACCESS_KEY,
                    "--set",
                    "s3.secret.key.file=" + secret,
                    "--mosquitto-files",
                    files.toString());
            try (Line line = Line.start(testbed)) {
                JsonNode verdict = line.awaitVerdictAfter(Instant.EPOCH);
                assertEquals(line.gateway().stationId(), verdict.path("station").asText());
                assertTrue(
                        verdict.path("modelName").asText().startsWith(Testbed.MODEL),
                        verdict::toString);
                foreignTopicsAreRefused(testbed, line.gateway(), mosquitto.port());
                assertTrue(
                        Files.notExists(home.resolve("aggregator/database")),
                        "everything is kept in PostgreSQL");
                anImageIsServedFromS3(testbed, verdict);
                assertTrue(
                        Files.notExists(home.resolve("aggregator/blobs")),
                        "no image is kept on this machine");
                Path packages = home.resolve("s3/objects/karu/packages");
                try (Stream<Path> kept = Files.list(packages)) {
                    assertTrue(kept.count() > 2, "packages are kept in S3");
                }
            }
        }
    }

    private static void anImageIsServedFromS3(Testbed testbed, JsonNode verdict) throws Exception {
        String id = verdict.path("id").asText();
        testbed.rest().post("/api/v1/verdicts/" + id + "/image", Map.of());
        JsonNode arrived =
                Testbed.await(
                        "the image of verdict " + id,
                        Line.LONG,
                        () ->
                                Optional.of(testbed.rest().get("/api/v1/verdicts/" + id))
                                        .filter(v -> v.path("imageHere").asBoolean()));
        String token = Files.readString(testbed.home().resolve("aggregator/api-token")).strip();
        byte[] image =
                HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        testbed.rest().base()
                                                                + "/api/v1/blobs/"
                                                                + arrived.path("image").asText()))
                                        .header("Authorization", "Bearer " + token)
                                        .build(),
                                BodyHandlers.ofByteArray())
                        .body();
        assertEquals(
                arrived.path("image").asText(),
                "sha256:"
                        + HexFormat.of()
                                .formatHex(MessageDigest.getInstance("SHA-256").digest(image)));
    }

    private static void foreignTopicsAreRefused(
            Testbed testbed, DevelopmentGateway gateway, int port) throws Exception {
        JsonNode login =
                new ObjectMapper()
                        .readTree(gateway.home().resolveSibling("initial.json").toFile())
                        .at("/configs/0/properties");
        Mqtt5BlockingClient client =
                MqttClient.builder()
                        .useMqttVersion5()
                        .identifier("intruder")
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .simpleAuth()
                        .username(login.at("/username/value").asText())
                        .password(
                                login.at("/password/value")
                                        .asText()
                                        .getBytes(StandardCharsets.UTF_8))
                        .applySimpleAuth()
                        .buildBlocking();
        Persevering.connect(client::connect);
        try {
            String account = login.at("/topic.context.account-name/value").asText();
            assertEquals(
                    Mqtt5PubAckReasonCode.NOT_AUTHORIZED,
                    publish(client, account + "/other/KARU-V1/verdicts"));
            assertEquals(
                    Mqtt5PubAckReasonCode.NOT_AUTHORIZED,
                    publish(client, "$EDC/" + account + "/other/MQTT/BIRTH"));
            Mqtt5PubAckReasonCode own =
                    publish(client, account + "/" + gateway.id() + "/own/topic");
            assertTrue(!own.isError(), own::toString);
        } finally {
            client.disconnect();
        }
        assertEquals(1, testbed.rest().get("/api/v1/gateways").path("gateways").size(), "gateways");
    }

    private static Mqtt5PubAckReasonCode publish(Mqtt5BlockingClient client, String topic) {
        try {
            client.publishWith().topic(topic).qos(MqttQos.AT_LEAST_ONCE).send();
            return Mqtt5PubAckReasonCode.SUCCESS;
        } catch (Mqtt5PubAckException e) {
            return e.getMqttMessage().getReasonCode();
        }
    }
}
