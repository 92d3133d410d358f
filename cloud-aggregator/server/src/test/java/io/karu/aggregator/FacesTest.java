package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.http.HttpSettings;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** REST, live events, downloads and uplink of a whole aggregator with a gateway on its broker. */
class FacesTest {
    private static final byte[] IMAGE = {(byte) 0x89, 'P', 'N', 'G', 1, 2, 3};

    @TempDir static Path folder;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static Workbench bench;
    private static Aggregator aggregator;
    private static HttpServer http;
    private static String token;
    private static int number;

    private FakeGateway gateway;
    private String clientId;

    @BeforeAll
    static void start() throws Exception {
        bench = new Workbench(folder);
        aggregator = Aggregator.open(bench.settings(bench.newName()), Workbench.TIMES);
        People people = new People(aggregator.database().jdbi());
        people.createFirst();
        Path file = folder.resolve("api-token");
        people.provideLocalToken(file);
        token = Files.readString(file).strip();
        http = HttpServer.start(HttpSettings.loopback(0), Main.services(aggregator, people));
        aggregator.start(http.base());
    }

    @AfterAll
    static void stop() {
        http.close();
        aggregator.close();
        bench.close();
    }

    @BeforeEach
    void makeGateway() {
        clientId = "gw-" + ++number;
        gateway = bench.gateway(clientId);
    }

    @AfterEach
    void closeGateway() {
        gateway.close();
    }

    @Test
    void aPackageIsUploadedDeployedAndFetchedOnceOverHttp() throws Exception {
        connect("DEPLOY-V2,INVENTORY-V1");
        byte[] dp = Workbench.dp("edge", "1.0.0");
        JsonNode offered =
                json(201, send(to("/api/v1/packages").POST(BodyPublishers.ofByteArray(dp))));
        assertEquals("edge", offered.path("name").asText());
        assertEquals(dp.length, offered.path("size").asInt());
        List<HttpResponse<byte[]>> fetched = new CopyOnWriteArrayList<>();
        gateway.reactToDownload(
                download -> {
                    fetched.add(
                            CLIENT.send(
                                    HttpRequest.newBuilder(download.uri()).build(),
                                    BodyHandlers.ofByteArray()));
                    gateway.putInPlace(download, "ACTIVE");
                    gateway.notifyInstall(download, "COMPLETED", null);
                });
        JsonNode created =
                post(
                        "/api/v1/deployments",
                        Map.of(
                                "gateways",
                                List.of(clientId, "nobody"),
                                "package",
                                "edge",
                                "version",
                                "1.0.0"));
        assertEquals("GATEWAY_NOT_FOUND", created.at("/refused/0/code").asText());
        long id = created.at("/deployments/0/id").asLong();
        Workbench.awaitEnd(aggregator, id);
        JsonNode ended = get("/api/v1/deployments/" + id);
        assertEquals("SUCCEEDED", ended.path("state").asText(), ended::toString);
        assertEquals("install-package", ended.path("kind").asText());
        assertTrue(ended.path("history").size() > 2);
        HttpResponse<byte[]> file = fetched.get(0);
        assertArrayEquals(dp, file.body());
        assertEquals(dp.length, file.headers().firstValueAsLong("Content-Length").orElse(-1));
        assertFalse(file.headers().firstValue("Transfer-Encoding").isPresent());
        assertEquals(
                404, send(HttpRequest.newBuilder(gateway.downloads().get(0).uri())).statusCode());
        Workbench.await(
                "no older reading is kept",
                () ->
                        aggregator
                                .fleet()
                                .get(gateway.id())
                                .inventory()
                                .orElseThrow()
                                .find("edge")
                                .isPresent());
        assertEquals("edge", get("/api/v1/gateways/" + clientId).at("/packages/0/name").asText());
    }

    @Test
    void aPackageThatNoGatewayWouldTakeIsRefusedWithItsFindings() throws Exception {
        JsonNode problem =
                json(
                        400,
                        send(
                                to("/api/v1/packages")
                                        .POST(BodyPublishers.ofString("not a package"))));
        assertEquals("PACKAGE_INVALID", problem.path("code").asText());
        assertTrue(problem.path("findings").size() > 0, problem::toString);
    }

    @Test
    void imagesComeWithTheGatewaysTokenOnlyAndAreServedByDigest() throws Exception {
        ObjectNode nothing = Json.MAPPER.createObjectNode();
        gateway.components()
                .put(
                        "io.karu.uplink.Uplink",
                        new ConcurrentHashMap<>(Map.of("aggregator.url", (JsonNode) nothing)));
        connect("DEPLOY-V2,INVENTORY-V1,KARU-V1,CONF-V2");
        Workbench.await(
                "the gateway is told its token",
                () ->
                        gateway.components()
                                .get("io.karu.uplink.Uplink")
                                .containsKey("aggregator.token"));
        String uplinkToken =
                gateway.components()
                        .get("io.karu.uplink.Uplink")
                        .get("aggregator.token")
                        .path("value")
                        .asText();
        String hex = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(IMAGE));
        assertEquals(401, put(hex, "wrong", "image/png").statusCode());
        assertEquals(401, put(hex, token, "image/png").statusCode());
        assertEquals(400, put(hex, uplinkToken, "text/html").statusCode());
        assertEquals(400, put("0".repeat(64), uplinkToken, "image/png").statusCode());
        assertEquals(404, head(hex, uplinkToken).statusCode());
        assertEquals(201, put(hex, uplinkToken, "image/png").statusCode());
        assertEquals(200, put(hex, uplinkToken, "image/png").statusCode());
        assertEquals(200, head(hex, uplinkToken).statusCode());
        HttpResponse<byte[]> served =
                CLIENT.send(to("/api/v1/blobs/sha256:" + hex).build(), BodyHandlers.ofByteArray());
        assertArrayEquals(IMAGE, served.body());
        assertEquals("image/png", served.headers().firstValue("Content-Type").orElseThrow());
        assertEquals(
                401,
                send(HttpRequest.newBuilder(URI.create(http.url() + "/api/v1/blobs/sha256:" + hex)))
                        .statusCode());
    }

    @Test
    void watchersSeeAGatewayComeWithoutAskingAgain() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        var stream =
                CLIENT.sendAsync(
                        to("/api/v1/events?topics=gateway")
                                .header("Accept", "text/event-stream")
                                .build(),
                        BodyHandlers.fromLineSubscriber(new Lines(lines)));
        Workbench.await("the stream is open", () -> !lines.isEmpty());
        connect("DEPLOY-V2");
        Workbench.await(
                "the event arrives",
                () ->
                        lines.stream()
                                .anyMatch(
                                        line ->
                                                line.startsWith("data:")
                                                        && line.contains(clientId)
                                                        && line.contains("\"state\":\"ONLINE\"")));
        assertTrue(lines.contains("event: gateway"), lines::toString);
        stream.cancel(true);
    }

    @Test
    void readinessNamesItsChecksAndABackupIsAZipFile() throws Exception {
        JsonNode ready =
                json(200, send(HttpRequest.newBuilder(URI.create(http.url() + "/health/ready"))));
        assertTrue(ready.path("ok").asBoolean(), ready::toString);
        assertEquals("database", ready.at("/checks/0/name").asText());
        HttpResponse<byte[]> backup =
                CLIENT.send(
                        to("/api/v1/backup").POST(BodyPublishers.noBody()).build(),
                        BodyHandlers.ofByteArray());
        assertEquals(200, backup.statusCode());
        assertEquals('P', backup.body()[0]);
        assertEquals('K', backup.body()[1]);
    }

    private void connect(String applications) throws Exception {
        gateway.applications(applications);
        bench.connect(gateway);
        Workbench.await(
                "the gateway is online",
                () -> aggregator.fleet().find(gateway.id()).filter(Gateway::online).isPresent());
    }

    private HttpResponse<String> put(String hex, String bearer, String type) throws Exception {
        return send(
                HttpRequest.newBuilder(URI.create(http.url() + "/uplink/v1/blobs/" + hex))
                        .header("Authorization", "Bearer " + bearer)
                        .header("Content-Type", type)
                        .PUT(BodyPublishers.ofByteArray(IMAGE)));
    }

    private HttpResponse<String> head(String hex, String bearer) throws Exception {
        return send(
                HttpRequest.newBuilder(URI.create(http.url() + "/uplink/v1/blobs/" + hex))
                        .header("Authorization", "Bearer " + bearer)
                        .method("HEAD", BodyPublishers.noBody()));
    }

    private JsonNode get(String path) throws Exception {
        return json(200, send(to(path)));
    }

    private JsonNode post(String path, Object body) throws Exception {
        return json(201, send(to(path).POST(BodyPublishers.ofString(Json.write(body)))));
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(http.url() + path))
                .header("Authorization", "Bearer " + token);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private static JsonNode json(int status, HttpResponse<String> answer) {
        assertEquals(status, answer.statusCode(), answer::body);
        return Json.tree(answer.body());
    }

    private record Lines(List<String> lines) implements Flow.Subscriber<String> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(String line) {
            lines.add(line);
        }

        @Override
        public void onError(Throwable error) {
            // the test ends the stream
        }

        @Override
        public void onComplete() {
            // the test ends the stream
        }
    }
}
