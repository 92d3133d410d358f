package io.karu.page.itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.Frame;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Station;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.model.Digest;
import io.karu.api.uplink.VerdictJournal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.cloudconnection.request.RequestHandlerRegistry;
import org.eclipse.kura.configuration.ConfigurationService;
import org.eclipse.kura.crypto.CryptoService;
import org.eclipse.kura.identity.IdentityService;
import org.eclipse.kura.message.KuraPayload;
import org.eclipse.kura.system.SystemService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceRegistration;

class UplinkAndPageOnFelixTest {
    private static final FrameId FRAME = new FrameId(new StationId("line-1"), "00041000_test.jpg");
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0};

    @TempDir Path temp;
    private final HttpClient client = HttpClient.newHttpClient();
    private final KuraServices.Registry registry = new KuraServices.Registry();
    private final KuraServices.Publisher publisher = new KuraServices.Publisher();
    private Felix felix;

    @BeforeEach
    void start() throws Exception {
        felix = new Felix(temp);
        register(SystemService.class, KuraServices.system(temp.resolve("data")), Map.of());
        register(CryptoService.class, KuraServices.crypto(), Map.of());
        register(ConfigurationService.class, KuraServices.configurations(), Map.of());
        register(RequestHandlerRegistry.class, registry, Map.of());
        felix.configure("io.karu.uplink.Uplink");
        felix.configure("io.karu.page.Page");
    }

    @AfterEach
    void stop() throws Exception {
        felix.close();
    }

    private <T> ServiceRegistration<T> register(
            Class<T> type, T service, Map<String, Object> properties) {
        Dictionary<String, Object> dictionary = new Hashtable<>(properties);
        return felix.context().registerService(type, service, dictionary);
    }

    private ServiceRegistration<CloudPublisher> registerPublisher() {
        return register(
                CloudPublisher.class, publisher, Map.of("kura.service.pid", "karu-verdicts"));
    }

    private static Verdict verdict(FrameId frame, Decision decision) {
        return new Verdict(
                frame,
                Instant.EPOCH,
                Instant.EPOCH,
                decision,
                "because",
                0.5,
                List.of(),
                Optional.empty(),
                "",
                new Digest("sha256:" + "a".repeat(64)),
                Optional.empty(),
                Verdict.Timing.NONE);
    }

    private JsonObject get(String resource) {
        KuraMessage reply;
        try {
            reply =
                    registry.apps
                            .get("KARU-V1")
                            .doGet(
                                    null,
                                    new KuraMessage(
                                            new KuraPayload(), Map.of("args", List.of(resource))));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return JsonParser.parseString(
                        new String(reply.getPayload().getBody(), StandardCharsets.UTF_8))
                .getAsJsonObject();
    }

    @Test
    void verdictsAreKeptUntilAPublisherComesAndTheUplinkMayBeReplacedMeanwhile() throws Exception {
        Bundle uplink = felix.start("io.karu.uplink");
        VerdictJournal journal = felix.service(VerdictJournal.class);
        journal.append(verdict(FRAME, Decision.REJECT));
        Felix.await(
                "the reason why it waits",
                () ->
                        get("health")
                                        .toString()
                                        .contains(
                                                "waits for the cloud publisher of verdicts; 1 entries wait")
                                ? true
                                : null);
        uplink.stop();
        assertTrue(registry.apps.isEmpty());
        uplink.start();
        VerdictJournal reopened = felix.service(VerdictJournal.class);
        assertFalse(reopened.append(verdict(FRAME, Decision.REJECT)));
        ServiceRegistration<CloudPublisher> registered = registerPublisher();
        Felix.await("the message", () -> publisher.messages.isEmpty() ? null : true);
        Felix.await(
                "the ledger",
                () -> get("ledger").getAsJsonArray("departures").size() == 1 ? true : null);
        registered.unregister();
        reopened.append(verdict(new FrameId(FRAME.station(), "next"), Decision.ACCEPT));
        registerPublisher();
        Felix.await("the second message", () -> publisher.messages.size() == 2 ? true : null);
        assertEquals(2L, publisher.messages.get(1).getPayload().getMetric("sequence.last"));
        assertTrue(get("capabilities").get("resources").toString().contains("POST/images/request"));
    }

    private HttpRequest.Builder request(URI page, String path) {
        String credentials =
                Base64.getEncoder()
                        .encodeToString(
                                ("admin:" + KuraServices.PASSWORD)
                                        .getBytes(StandardCharsets.UTF_8));
        return HttpRequest.newBuilder(page.resolve("karu" + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Basic " + credentials);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"jakarta", "javax"})
    void thePageIsServedToKuraIdentitiesAndOverrulesAreJournaled(String servlets) throws Exception {
        felix.start("io.karu.uplink");
        felix.start("io.karu.page");
        felix.start("io.karu.page." + servlets);
        URI page = felix.http();
        Felix.await(
                "the page, waiting for identities",
                () -> send(request(page, "/")).statusCode() == 503 ? true : null);
        register(IdentityService.class, KuraServices.identities(), Map.of());
        Felix.await("the page", () -> send(request(page, "/")).statusCode() == 200 ? true : null);
        assertEquals(401, send(HttpRequest.newBuilder(page.resolve("karu/"))).statusCode());
        assertEquals(302, send(request(page, "")).statusCode());
        VerdictJournal journal = felix.service(VerdictJournal.class);
        journal.append(verdict(FRAME, Decision.REJECT));
        HttpResponse<String> overruled =
                send(
                        request(page, "/api/overrules")
                                .header("Content-Type", "application/json")
                                .header("X-Karu", "1")
                                .POST(
                                        BodyPublishers.ofString(
                                                "{\"station\":\"line-1\",\"frame\":\"00041000_test.jpg\",\"decision\":\"ACCEPT\"}")));
        assertEquals(200, overruled.statusCode(), overruled.body());
        assertEquals(
                "admin", journal.find(FRAME).orElseThrow().overrule().orElseThrow().operator());
    }

    @ParameterizedTest
    @ValueSource(strings = {"jakarta", "javax"})
    void anImageIsPostedWithItsTemplate(String servlets) throws Exception {
        felix.start("io.karu.uplink");
        felix.start("io.karu.page");
        felix.start("io.karu.page." + servlets);
        register(IdentityService.class, KuraServices.identities(), Map.of());
        AtomicReference<Frame> posted = new AtomicReference<>();
        register(Station.class, station(posted), Map.of("kura.service.pid", "line-1"));
        felix.service(VerdictJournal.class);
        URI page = felix.http();
        Felix.await("the page", () -> send(request(page, "/")).statusCode() == 200 ? true : null);
        HttpResponse<String> reply =
                send(
                        request(page, "/api/stations/line-1/frames?frame=part-7")
                                .header(
                                        "Content-Type",
                                        "multipart/form-data; boundary=karu-boundary")
                                .POST(BodyPublishers.ofByteArray(form())));
        assertEquals(201, reply.statusCode(), reply.body());
        assertEquals("part-7", posted.get().id().position());
        assertEquals(PNG.length, posted.get().encoded().remaining());
        assertTrue(posted.get().template().isPresent());
        HttpResponse<String> raw =
                send(
                        request(page, "/api/stations/line-1/frames")
                                .header("Content-Type", "image/png")
                                .POST(BodyPublishers.ofByteArray(PNG)));
        assertEquals(201, raw.statusCode(), raw.body());
        assertTrue(posted.get().template().isEmpty());
    }

    private static byte[] form() throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (String name : List.of("image", "template")) {
            body.writeBytes(
                    ("--karu-boundary\r\nContent-Disposition: form-data; name=\""
                                    + name
                                    + "\"; filename=\""
                                    + name
                                    + ".png\"\r\nContent-Type: image/png\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            body.write(PNG);
            body.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        body.writeBytes("--karu-boundary--\r\n".getBytes(StandardCharsets.US_ASCII));
        return body.toByteArray();
    }

    private static Station station(AtomicReference<Frame> posted) {
        return new Station() {
            @Override
            public StationStatus status() {
                return new StationStatus(
                        new StationId("line-1"),
                        StationStatus.State.IDLE,
                        Optional.empty(),
                        "",
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0);
            }

            @Override
            public Verdict inspect(Frame frame) {
                posted.set(frame);
                return verdict(frame.id(), Decision.ACCEPT);
            }
        };
    }
}
