package io.karu.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import io.karu.api.inspection.Verdict;
import io.karu.api.uplink.Publication;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PageTest {
    private static final FrameId FRAME = new FrameId(new StationId("line-1"), "00041000_test.jpg");
    private static final String OVERRULE =
            "{\"station\":\"line-1\",\"frame\":\"00041000_test.jpg\",\"decision\":\"ACCEPT\",\"note\":\"\"}";

    private final HttpClient client = HttpClient.newHttpClient();
    private final FakeGateway gateway = new FakeGateway();
    private final Boards.Board board = Boards.board(1, 2);
    private Page page;
    private PageServer server;
    private Verdict verdict;

    @BeforeEach
    void start() throws Exception {
        gateway.station("line-1", StationStatus.State.INSPECTING, Optional.empty());
        gateway.station("line-2", StationStatus.State.WAITING, Optional.of("waits for the model"));
        page = new Page(gateway, gateway, new Page.Limits(100_000, 1 << 20));
        server = new PageServer(page);
        verdict =
                FakeGateway.verdict(
                        FRAME,
                        Decision.REJECT,
                        board.image(),
                        Optional.of(board.heatMap()),
                        board.findings());
        gateway.append(verdict, Publication.PUBLISH);
    }

    @AfterEach
    void stop() {
        page.close();
        server.close();
    }

    private HttpRequest.Builder request(String path) {
        return request(path, "admin", FakeGateway.PASSWORD);
    }

    private HttpRequest.Builder request(String path, String name, String password) {
        String credentials =
                Base64.getEncoder()
                        .encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
        return HttpRequest.newBuilder(URI.create(server.address() + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Basic " + credentials);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static JsonObject json(HttpResponse<String> response) {
        return JsonParser.parseString(response.body()).getAsJsonObject();
    }

    @Test
    void onlyKuraIdentitiesWithThePermissionSeeThePage() throws Exception {
        HttpResponse<String> anonymous =
                send(HttpRequest.newBuilder(URI.create(server.address() + "/")));
        assertEquals(401, anonymous.statusCode());
        assertTrue(
                anonymous
                        .headers()
                        .firstValue("WWW-Authenticate")
                        .orElseThrow()
                        .startsWith("Basic"));
        assertEquals(401, send(request("/api/verdicts", "admin", "wrong")).statusCode());
        assertEquals(403, send(request("/", "visitor", FakeGateway.PASSWORD)).statusCode());
        HttpResponse<String> granted = send(request("/"));
        assertEquals(200, granted.statusCode());
        assertTrue(granted.body().contains("<title>Karu</title>"));
        assertTrue(
                granted.headers()
                        .firstValue("Content-Security-Policy")
                        .orElseThrow()
                        .contains("default-src 'self'"));
    }

    @Test
    void guessingPasswordsIsStopped() throws Exception {
        for (int i = 0; i < 10; i++) {
            assertEquals(401, send(request("/", "admin", "guess" + i)).statusCode());
        }
        HttpResponse<String> next = send(request("/", "admin", "guess"));
        assertEquals(429, next.statusCode());
        assertEquals("60", next.headers().firstValue("Retry-After").orElseThrow());
    }

    @Test
    void everyFileThePageNamesIsThere() throws Exception {
        for (String file : List.of("", "style.css", "app.js", "stage.js", "words.js", "karu.svg")) {
            HttpResponse<String> response = send(request("/" + file));
            assertEquals(200, response.statusCode(), file);
            String tag = response.headers().firstValue("ETag").orElseThrow();
            assertEquals(
                    304, send(request("/" + file).header("If-None-Match", tag)).statusCode(), file);
        }
        assertEquals(404, send(request("/../exchange/Exchange.class")).statusCode());
        assertEquals(404, send(request("/api/nothing")).statusCode());
    }

    @Test
    void verdictsAndStationsAreListed() throws Exception {
        JsonObject first =
                json(send(request("/api/verdicts")))
                        .getAsJsonArray("verdicts")
                        .get(0)
                        .getAsJsonObject();
        assertEquals("REJECT", first.get("decision").getAsString());
        assertEquals(2, first.getAsJsonArray("findings").size());
        assertEquals(verdict.imageDigest().value(), first.get("image").getAsString());
        JsonObject second =
                json(send(request("/api/stations")))
                        .getAsJsonArray("stations")
                        .get(1)
                        .getAsJsonObject();
        assertEquals("waits for the model", second.get("reason").getAsString());
    }

    @Test
    void aWatchingPageSeesTheVerdictAndItsImage() throws Exception {
        HttpResponse<InputStream> stream =
                client.send(request("/api/events").build(), BodyHandlers.ofInputStream());
        try (BufferedReader events =
                new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            assertEquals("event: stations", events.readLine());
            page.onVerdict(verdict, FakeGateway.view(board.image(), Optional.of(board.heatMap())));
            String line = events.readLine();
            while (!line.equals("event: verdict")) {
                line = events.readLine();
            }
            JsonObject seen =
                    JsonParser.parseString(events.readLine().substring("data: ".length()))
                            .getAsJsonObject();
            assertEquals(FRAME.position(), seen.get("frame").getAsString());
        }
        HttpResponse<byte[]> image =
                client.send(
                        request("/api/images/" + verdict.imageDigest().hex()).build(),
                        BodyHandlers.ofByteArray());
        assertEquals(200, image.statusCode());
        assertEquals("image/png", image.headers().firstValue("Content-Type").orElseThrow());
        assertEquals(verdict.imageDigest(), FakeGateway.digest(image.body()));
    }

    @Test
    void imagesAreNotCopiedWhileNobodyWatches() throws Exception {
        page.onVerdict(verdict, FakeGateway.view(board.image(), Optional.empty()));
        assertEquals(404, send(request("/api/images/" + verdict.imageDigest().hex())).statusCode());
    }

    @Test
    void anOverruleIsJournaledWithTheOperatorsName() throws Exception {
        HttpResponse<String> response =
                send(
                        request("/api/overrules")
                                .header("Content-Type", "application/json")
                                .header("X-Karu", "1")
                                .POST(BodyPublishers.ofString(OVERRULE)));
        assertEquals(200, response.statusCode(), response.body());
        assertEquals(
                "admin", json(response).getAsJsonObject("overrule").get("operator").getAsString());
        assertEquals(
                Decision.ACCEPT,
                gateway.find(FRAME).orElseThrow().overrule().orElseThrow().decision());
    }

    @Test
    void aForeignSiteCannotOverruleOrPost() throws Exception {
        HttpRequest.Builder overrule =
                request("/api/overrules")
                        .header("Content-Type", "application/json")
                        .header("X-Karu", "1")
                        .POST(BodyPublishers.ofString(OVERRULE));
        assertEquals(
                403, send(overrule.copy().header("Origin", "https://evil.example")).statusCode());
        assertEquals(
                403, send(overrule.copy().header("Sec-Fetch-Site", "cross-site")).statusCode());
        HttpResponse<String> form =
                send(
                        request("/api/overrules")
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString(OVERRULE)));
        assertEquals(415, form.statusCode());
        assertTrue(gateway.find(FRAME).orElseThrow().overrule().isEmpty());
        HttpResponse<String> own =
                send(overrule.copy().header("Origin", "http://" + server.address().getAuthority()));
        assertEquals(200, own.statusCode());
    }

    @Test
    void badOverrulesAreRefusedWithTheReason() throws Exception {
        for (String body :
                List.of(
                        "",
                        "[]",
                        "{}",
                        OVERRULE.replace("ACCEPT", "REVIEW"),
                        OVERRULE.replace("line-1", "../x"))) {
            HttpResponse<String> response =
                    send(
                            request("/api/overrules")
                                    .header("Content-Type", "application/json")
                                    .header("X-Karu", "1")
                                    .POST(BodyPublishers.ofString(body)));
            assertEquals(400, response.statusCode(), body);
            assertFalse(json(response).get("message").getAsString().isEmpty());
        }
    }

    @Test
    void aPostedImageIsAnsweredWithItsVerdictOnceJournaled() throws Exception {
        HttpResponse<String> first =
                send(
                        request("/api/stations/line-1/frames")
                                .POST(BodyPublishers.ofByteArray(board.image())));
        assertEquals(201, first.statusCode(), first.body());
        String frame = json(first).get("frame").getAsString();
        assertEquals(verdict.imageDigest().value(), frame);
        assertTrue(gateway.contains(new FrameId(new StationId("line-1"), frame)));
        HttpResponse<String> again =
                send(
                        request("/api/stations/line-1/frames")
                                .POST(BodyPublishers.ofByteArray(board.image())));
        assertEquals(200, again.statusCode());
        HttpResponse<String> named =
                send(
                        request("/api/stations/line-1/frames?frame=part%207")
                                .POST(BodyPublishers.ofByteArray(board.image())));
        assertEquals("part 7", json(named).get("frame").getAsString());
    }

    @Test
    void anotherImageUnderAUsedNameIsInspectedAnew() throws Exception {
        Boards.Board other = Boards.board(2, 1);
        for (byte[] image : List.of(board.image(), other.image())) {
            HttpResponse<String> reply =
                    send(
                            request("/api/stations/line-1/frames?frame=part-7")
                                    .POST(BodyPublishers.ofByteArray(image)));
            assertEquals(201, reply.statusCode(), reply.body());
            assertEquals(FakeGateway.digest(image).value(), json(reply).get("image").getAsString());
        }
    }

    @Test
    void aPostedImageThatIsNotTakenSaysWhyAndWhenToTryAgain() throws Exception {
        HttpResponse<String> waiting =
                send(
                        request("/api/stations/line-2/frames")
                                .POST(BodyPublishers.ofByteArray(board.image())));
        assertEquals(503, waiting.statusCode());
        assertEquals("7", waiting.headers().firstValue("Retry-After").orElseThrow());
        assertEquals("waits for the model", json(waiting).get("message").getAsString());
        assertEquals(
                404,
                send(request("/api/stations/line-9/frames")
                                .POST(BodyPublishers.ofByteArray(board.image())))
                        .statusCode());
        assertEquals(
                415,
                send(request("/api/stations/line-1/frames")
                                .POST(BodyPublishers.ofString("no image")))
                        .statusCode());
        assertEquals(
                413,
                send(request("/api/stations/line-1/frames")
                                .POST(BodyPublishers.ofByteArray(new byte[100_001])))
                        .statusCode());
    }
}
