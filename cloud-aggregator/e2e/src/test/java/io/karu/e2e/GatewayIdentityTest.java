package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.ports.LoopbackPort;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Kura gateway gets, shows, renews and loses its certificate without a restart. */
class GatewayIdentityTest {
    private static final String TRANSPORT =
            "org.eclipse.kura.core.data.transport.mqtt.MqttDataTransport";

    @TempDir Path home;
    private DevelopmentGateway gateway;
    private Testbed testbed;

    @Test
    void aGatewayIsEnrolledThroughKurasOwnKeysRenewedRevokedAndEnrolledAnew() throws Exception {
        int tls = LoopbackPort.free().number();
        try (Testbed karu = Testbed.open(Line.ROOT, home)) {
            testbed = karu;
            start(karu, tls);
            gateway = karu.gateway("gw-1");
            gateway.start();
            gateway.awaitOnline(Line.LONG, "KEYS-V1", "KEYS-V2", "CONF-V2");
            assertEquals("NONE", identity().path("state").asText());

            String first = enrol(false);
            connectByTls(tls);
            await("connected by certificate", i -> means(i).equals("CERTIFICATE"));
            assertTrue(identity().path("certificateRequired").asBoolean());
            gateway.awaitOnline(Line.LONG, "KEYS-V1");

            // every write of a key now makes Kura connect anew, in the middle of the enrolment
            String second = enrol(true);
            assertNotEquals(first, second);
            gateway.awaitOnline(Line.LONG, "KEYS-V1");
            assertEquals(2, certificates().size());

            testbed.rest().post(path("revocation"), Map.of("reason", "stolen"));
            awaitOffline();
            assertEquals("REVOKED", identity().path("state").asText());
            assertEquals("stolen", certificates().get(0).path("revokedReason").asText());

            karu.aggregator().stop(Line.LONG);
            start(karu, tls, "--set", "identity.days=1", "--set", "identity.renew.left=0.9999");
            testbed.rest().post(path("readmission"), Map.of());
            gateway.awaitOnline(Line.LONG, "KEYS-V1");
            long process = gateway.process().pid();
            String third = enrol(false);
            assertFalse(third.equals(first) || third.equals(second));
            await("by certificate again", i -> means(i).equals("CERTIFICATE"));

            // it is due some seconds later; nobody asks for anything
            await(
                    "renewed by itself",
                    i ->
                            !fingerprint(i).equals(third)
                                    && i.at("/enrolment/status").asText().equals("DONE"));
            gateway.awaitOnline(Line.LONG, "KEYS-V1");
            assertEquals(process, gateway.process().pid());
            assertEquals("CERTIFICATE", means(identity()));
        }
    }

    private static void start(Testbed karu, int tls, String... more)
            throws IOException, InterruptedException {
        List<String> options =
                new ArrayList<>(
                        List.of(
                                "--set", "mqtt.tls.bind=127.0.0.1",
                                "--set", "mqtt.tls.port=" + tls,
                                "--set", "mqtt.tls.host=localhost",
                                "--set", "requests.after.birth.millis=200",
                                "--set", "identity.retry.seconds=1"));
        options.addAll(List.of(more));
        karu.startAggregator(options.toArray(String[]::new));
    }

    private String enrol(boolean newKey) throws IOException, InterruptedException {
        testbed.rest().post(path("enrolment"), Map.of("newKey", newKey));
        JsonNode done =
                await("enrolled", i -> !i.at("/enrolment/status").asText().equals("RUNNING"));
        assertEquals("DONE", done.at("/enrolment/status").asText(), done::toString);
        return fingerprint(done);
    }

    private static String fingerprint(JsonNode identity) {
        return identity.at("/certificate/fingerprint").asText();
    }

    /** The reply may be lost, since the connection changes. */
    private void connectByTls(int port) throws IOException, InterruptedException {
        try {
            testbed.rest()
                    .put(
                            "/api/v1/gateways/gw-1/configurations/" + TRANSPORT,
                            Map.of(
                                    "properties",
                                    Map.of(
                                            "broker-url",
                                            Testbed.value("mqtts://localhost:" + port + "/"))));
        } catch (IOException e) {
            assertTrue(e.getMessage().contains("GATEWAY_"), e.getMessage());
        }
    }

    private void awaitOffline() throws IOException, InterruptedException {
        Testbed.await(
                "the connection is cut",
                Line.LONG,
                () ->
                        Optional.of(gateway.state())
                                .filter(s -> !s.path("state").asText().equals("ONLINE")));
    }

    private JsonNode await(String what, Predicate<JsonNode> wanted)
            throws IOException, InterruptedException {
        return Testbed.await(what, Line.LONG, () -> Optional.of(identity()).filter(wanted));
    }

    private JsonNode identity() throws IOException, InterruptedException {
        return testbed.rest().get("/api/v1/gateways/gw-1/identity").path("identity");
    }

    private JsonNode certificates() throws IOException, InterruptedException {
        return testbed.rest().get("/api/v1/gateways/gw-1/identity").path("certificates");
    }

    private static String means(JsonNode identity) {
        return identity.at("/login/means").asText();
    }

    private static String path(String what) {
        return "/api/v1/gateways/gw-1/identity/" + what;
    }
}
