package io.karu.aggregator;

import static io.karu.aggregator.Workbench.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.DeploymentTimes;
import io.karu.aggregator.deployment.Job;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.deployment.Order;
import io.karu.aggregator.deployment.Order.Restart;
import io.karu.aggregator.deployment.StoredPackage;
import io.karu.aggregator.fleet.Gateway;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.fleet.UplinkTokens;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.store.Secrets;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A package that a gateway fetches in chunks before DEPLOY-V2 installs it. */
class ChunkedTransferTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Of a gateway that asks the aggregator before it answers. */
    private static final DeploymentTimes PATIENT =
            new DeploymentTimes(
                    Duration.ofSeconds(30),
                    Workbench.TIMES.activation(),
                    Workbench.TIMES.poll(),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(2),
                    Workbench.TIMES.absence(),
                    Workbench.TIMES.queued(),
                    Workbench.TIMES.token(),
                    Workbench.TIMES.starting(),
                    Workbench.TIMES.repairPause());

    @TempDir Path folder;
    private Workbench bench;
    private Aggregator aggregator;
    private HttpServer http;
    private FakeGateway gateway;
    private String token;
    private StoredPackage content;

    @BeforeEach
    void start() throws Exception {
        bench = new Workbench(folder);
        Settings settings =
                bench.settings(
                        bench.newName(),
                        Map.of("http.port", "0", "deployment.chunks.bytes", "100"));
        aggregator = Aggregator.open(settings, PATIENT);
        People people = new People(aggregator.database().jdbi());
        http =
                HttpServer.start(
                        Main.httpSettings(settings, aggregator.authority()),
                        Main.services(aggregator, people));
        aggregator.start(http.base());
        gateway = bench.gateway("gw-chunks");
        gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
        bench.connect(gateway);
        await(
                "the gateway is online",
                Workbench.PATIENCE,
                () -> aggregator.fleet().find(gateway.id()).filter(Gateway::online).isPresent());
        UplinkTokens tokens = new UplinkTokens(aggregator.database());
        token = tokens.issue(gateway.id());
        tokens.confirm(gateway.id(), token);
        content = Workbench.add(aggregator, "edge", "1.0.0");
    }

    @AfterEach
    void stop() {
        gateway.close();
        http.close();
        aggregator.close();
        bench.close();
    }

    @Test
    void theFileIsFetchedChunkByChunkAndInstalledFromWhereKuraLooks() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        gateway.answer(
                FakeGateway.FETCH,
                body -> {
                    String sha256 = body.path("sha256").asText();
                    assertEquals(content.sha256(), sha256);
                    if (asked.incrementAndGet() < 3) {
                        return told("RUNNING", 10 * asked.get());
                    }
                    assertEquals(sha256, digest(fetch(sha256)));
                    return told("DONE", content.sizeBytes());
                });
        Job job = install();
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
        assertEquals(3, asked.get());
        assertTrue(
                aggregator.deployments().history(job.id()).stream()
                        .noneMatch(line -> line.message().contains("Kura downloads instead")));
        assertEquals(
                404,
                get("/uplink/v1/packages/" + content.sha256() + "/chunks", token).statusCode(),
                "an ended job entitles to nothing");
    }

    @Test
    void chunksAreForTheGatewayOfTheJobOnly() throws Exception {
        AtomicInteger foreign = new AtomicInteger();
        GatewayId other = new GatewayId("acme", "other");
        aggregator.fleet().register(other, "", Set.of());
        String othersToken = new UplinkTokens(aggregator.database()).issue(other);
        gateway.answer(
                FakeGateway.FETCH,
                body -> {
                    String path = "/uplink/v1/packages/" + content.sha256() + "/chunks";
                    foreign.set(get(path, othersToken).statusCode());
                    assertEquals(401, get(path, "guessed").statusCode());
                    assertEquals(200, get(path, token).statusCode());
                    assertEquals(404, get(path + "/" + "0".repeat(64), token).statusCode());
                    return told("DONE", content.sizeBytes());
                });
        assertEquals(JobState.SUCCEEDED, install().state());
        assertEquals(404, foreign.get());
    }

    @Test
    void aGatewayThatDoesNotKnowTheRequestDownloadsAsKuraDoes() throws Exception {
        Job job = install();
        assertEquals(JobState.SUCCEEDED, job.state(), job::toString);
    }

    private Job install() throws InterruptedException {
        Job job =
                aggregator
                        .deployments()
                        .create(
                                gateway.id(),
                                new Order.InstallPackage(content.id(), Restart.NEVER),
                                Optional.empty(),
                                "admin");
        await(
                "the job ends",
                Workbench.PATIENCE,
                () -> aggregator.deployments().get(job.id()).endedAt().isPresent());
        return aggregator.deployments().get(job.id());
    }

    private Optional<String> told(String state, long received) {
        return Optional.of(
                Json.write(
                        Map.of(
                                "contract",
                                1,
                                "state",
                                state,
                                "received",
                                received,
                                "size",
                                content.sizeBytes(),
                                "reason",
                                "chunks arrive")));
    }

    private byte[] fetch(String sha256) throws Exception {
        String path = "/uplink/v1/packages/" + sha256 + "/chunks";
        JsonNode list = Json.tree(new String(get(path, token).body()));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (JsonNode chunk : list.path("chunks")) {
            byte[] content = get(path + "/" + chunk.asText(), token).body();
            assertEquals(chunk.asText(), digest(content));
            all.write(content);
        }
        assertEquals(list.path("size").asLong(), all.size());
        return all.toByteArray();
    }

    private static String digest(byte[] content) {
        return HexFormat.of().formatHex(Secrets.sha256().digest(content));
    }

    private HttpResponse<byte[]> get(String path, String bearer) throws Exception {
        return CLIENT.send(
                HttpRequest.newBuilder(URI.create(http.url() + path))
                        .header("Authorization", "Bearer " + bearer)
                        .build(),
                BodyHandlers.ofByteArray());
    }
}
