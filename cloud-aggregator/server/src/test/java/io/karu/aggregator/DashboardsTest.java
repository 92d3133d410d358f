package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.PackageId;
import io.karu.aggregator.fleet.GatewayCredentials;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.http.HttpSettings;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted, as Prometheus sees it and as the dashboards ask for it. */
class DashboardsTest {
    private static final Path DASHBOARDS = Path.of("../observability/dashboards");

    @TempDir static Path folder;
    private static Aggregator aggregator;
    private static HttpServer http;
    private static Path token;
    private static FakeGateway gateway;
    private static final GatewayId ID = new GatewayId("karu", "gw-1");

    @BeforeAll
    static void start() throws Exception {
        Map<String, String> values =
                Map.of(
                        "mqtt.port", "0",
                        "requests.after.birth.millis", "100",
                        "fleet.read.seconds", "1");
        aggregator = Aggregator.open(Settings.of(folder, values), Workbench.TIMES);
        People people = new People(aggregator.database().jdbi());
        people.createFirst();
        token = folder.resolve("api-token");
        people.provideLocalToken(token);
        http = HttpServer.start(HttpSettings.loopback(0), Main.services(aggregator, people));
        aggregator.start(http.base());
        GatewayCredentials login = aggregator.fleet().register(ID, "plant", Set.of());
        gateway = new FakeGateway(ID).applications("DEPLOY-V2,INVENTORY-V1");
        gateway.connect(URI.create(aggregator.brokerUrl()), login.userName(), login.password());
        Workbench.await("it is online", () -> aggregator.fleet().get(ID).online());
        Workbench.add(aggregator, "edge", "1.0.0");
        Workbench.add(aggregator, "edge", "1.0.1");
    }

    @AfterAll
    static void stop() throws Exception {
        gateway.close();
        http.close();
        aggregator.close();
    }

    @Test
    void everyQueryOfEveryDashboardReturnsDataInPrometheus() throws Exception {
        Assumptions.assumeTrue(
                PrometheusServer.installed().isPresent(),
                "Prometheus is not installed: apt-get install prometheus");
        Map<String, String> waiting = queries();
        assertTrue(waiting.size() > 40, waiting::toString);
        try (PrometheusServer prometheus =
                PrometheusServer.start(folder, URI.create(http.url()), token)) {
            Instant end = Instant.now().plus(Workbench.PATIENCE);
            for (int round = 0; !waiting.isEmpty(); round++) {
                assertTrue(Instant.now().isBefore(end), "no data for " + waiting);
                work(round);
                waiting.keySet().removeIf(query -> hasData(prometheus, query));
            }
        }
    }

    /** What a line does: verdicts, a deployment that succeeds and one that is cancelled. */
    private static void work(int round) {
        try {
            StorageTest.publish(
                    gateway,
                    StorageTest.verdict("a" + round, "ACCEPT", 2 * round),
                    StorageTest.verdict("r" + round, "REJECT", 2 * round + 1));
            Order order =
                    new Order.InstallPackage(
                            new PackageId("edge", "1.0." + round % 2), Order.Restart.NEVER);
            long job = aggregator.deployments().create(ID, order, Optional.empty(), "test").id();
            long later =
                    aggregator
                            .deployments()
                            .create(ID, order, Optional.of(Instant.now().plusSeconds(60)), "test")
                            .id();
            aggregator.deployments().cancel(later);
            Workbench.awaitEnd(aggregator, job);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean hasData(PrometheusServer prometheus, String query) {
        for (JsonNode series : prometheus.answer(query.replace("$__rate_interval", "30s"))) {
            if (!series.at("/value/1").asText().equals("NaN")) {
                return true;
            }
        }
        return false;
    }

    /** Each query with the panels that ask it. */
    private static Map<String, String> queries() throws Exception {
        Map<String, String> queries = new TreeMap<>();
        try (Stream<Path> files = Files.list(DASHBOARDS)) {
            for (Path file : files.toList()) {
                JsonNode dashboard = Json.tree(Files.readString(file));
                assertEquals(
                        file.getFileName().toString(), dashboard.path("uid").asText() + ".json");
                for (JsonNode panel : dashboard.path("panels")) {
                    assertTrue(panel.path("targets").size() > 0, panel::toString);
                    for (JsonNode target : panel.path("targets")) {
                        queries.merge(
                                target.path("expr").asText(),
                                dashboard.path("title").asText()
                                        + ", "
                                        + panel.path("title").asText(),
                                (a, b) -> a + "; " + b);
                    }
                }
            }
        }
        return queries;
    }

    @Test
    void metricsAreForPeopleAndNameNoGateway() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(http.url() + "/metrics"));
        assertEquals(401, client.send(request.build(), BodyHandlers.ofString()).statusCode());
        request.header("Authorization", "Bearer " + Files.readString(token).strip());
        AtomicReference<HttpResponse<String>> last = new AtomicReference<>();
        Workbench.await(
                "the metrics count a gateway, the broker and the requests for them",
                () -> {
                    last.set(answer(client, request));
                    return counted(last.get().body().lines().toList());
                });
        HttpResponse<String> metrics = last.get();
        assertEquals(200, metrics.statusCode());
        assertTrue(
                metrics.headers().firstValue("Content-Type").orElse("").startsWith("text/plain"));
        assertTrue(!metrics.body().contains("gw-1"), "series do not grow with the fleet");
    }

    private static HttpResponse<String> answer(HttpClient client, HttpRequest.Builder request) {
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static boolean counted(List<String> lines) {
        return lines.contains("karu_gateways{presence=\"ONLINE\"} 1.0")
                && lines.contains("karu_broker_connected 1.0")
                && lines.stream()
                        .anyMatch(
                                line ->
                                        line.startsWith("http_server_requests_seconds_count{")
                                                && line.contains("route=\"/metrics\""));
    }
}
