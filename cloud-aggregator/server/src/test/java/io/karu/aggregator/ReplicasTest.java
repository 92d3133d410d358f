package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.ArtemisServer.Node;
import io.karu.aggregator.ArtemisServer.User;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.mqtt.TopicRight;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two aggregators as processes of their own, each on one node of an Artemis cluster, sharing
 * PostgreSQL and S3; one is killed in the middle of everything.
 */
@EnabledIfSystemProperty(
        named = "karu.full",
        matches = "true",
        disabledReason = "takes minutes: ./karu test --full")
class ReplicasTest {
    private static final int GATEWAYS = 4;
    private static final int VERSIONS = 6;
    private static final String SECRET = "only for this test";
    private static final String DISTINCT = "distinct (client_id, frame)";

    @TempDir Path folder;

    @Test
    void aKilledAggregatorLosesNothingAndNothingIsDoneTwice() throws Exception {
        Assumptions.assumeTrue(
                PostgresServer.installed().isPresent(),
                "PostgreSQL 15 or newer is not installed: apt-get install postgresql");
        Assumptions.assumeTrue(
                ArtemisServer.installed().isPresent() && S3ProxyServer.installed().isPresent(),
                "Artemis and S3Proxy were left out of this build: build without -Dkaru.inspection.only");
        List<FakeGateway> gateways = new ArrayList<>();
        List<User> users = new ArrayList<>();
        users.add(new User("aggregator", SECRET, TopicRight.ofAggregator("$EDC")));
        for (int i = 1; i <= GATEWAYS; i++) {
            GatewayId id = new GatewayId("acme", "gw-" + i);
            users.add(new User(id.clientId(), SECRET, TopicRight.ofGateway("$EDC", id)));
            gateways.add(new FakeGateway(id).applications("DEPLOY-V2,INVENTORY-V1"));
        }
        Node one = Node.free();
        Node two = Node.free();
        try (PostgresServer postgres = PostgresServer.start();
                S3ProxyServer s3 = S3ProxyServer.start(folder.resolve("s3"));
                ArtemisServer first =
                        ArtemisServer.start(folder.resolve("node-1"), users, one, List.of(two));
                ArtemisServer second =
                        ArtemisServer.start(folder.resolve("node-2"), users, two, List.of(one));
                AggregatorProcess a = start("a", postgres, s3, first.address());
                AggregatorProcess b = startOther(postgres, s3, second.address())) {
            for (int i = 0; i < GATEWAYS; i++) {
                gateways.get(i)
                        .connect(
                                (i % 2 == 0 ? first : second).address(),
                                gateways.get(i).id().clientId(),
                                SECRET);
            }
            Workbench.await(
                    "both aggregators know every gateway",
                    Workbench.PATIENCE,
                    () -> online(a) == GATEWAYS && online(b) == GATEWAYS);
            workWhileOneIsKilled(gateways, a, b, postgres);
        } finally {
            gateways.forEach(FakeGateway::close);
        }
    }

    private void workWhileOneIsKilled(
            List<FakeGateway> gateways,
            AggregatorProcess a,
            AggregatorProcess b,
            PostgresServer postgres)
            throws Exception {
        for (int v = 0; v < VERSIONS; v++) {
            (v % 2 == 0 ? a : b).upload("/api/v1/packages", Workbench.dp("edge", "1.0." + v));
        }
        assertTrue(leads(a) && !leads(b), "the first acts on gateways");
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger accepted = new AtomicInteger();
        List<Throwable> troubles = new ArrayList<>();
        Thread line = new Thread(() -> inspect(gateways, stop, accepted, troubles), "line");
        line.start();
        List<Long> jobs = new ArrayList<>();
        jobs.addAll(order(a, "1.0.0"));
        jobs.addAll(order(b, "1.0.1"));
        Workbench.await(
                "jobs run and verdicts arrive",
                Workbench.PATIENCE,
                () ->
                        gateways.stream().anyMatch(g -> !g.downloads().isEmpty())
                                && accepted.get() > 100);
        Instant killed = Instant.now();
        a.kill();
        for (int v = 2; v < VERSIONS; v++) {
            jobs.addAll(order(b, "1.0." + v));
        }
        Workbench.await("the other takes over", Workbench.PATIENCE, () -> leads(b));
        Duration takeOver = Duration.between(killed, Instant.now());
        Workbench.await(
                "every job ends",
                Workbench.PATIENCE,
                () -> jobs.stream().allMatch(job -> ended(b, job)));
        stop.set(true);
        line.join();
        assertEquals(List.of(), troubles);
        Workbench.await(
                "every verdict that the brokers accepted is stored",
                Workbench.PATIENCE,
                () -> count(postgres, DISTINCT) == accepted.get());
        assertEquals(accepted.get(), count(postgres, "*"), "no verdict is stored twice");
        for (long job : jobs) {
            assertEquals("SUCCEEDED", b.get("/api/v1/deployments/" + job).path("state").asText());
        }
        for (FakeGateway gateway : gateways) {
            assertEquals(
                    VERSIONS,
                    gateway.downloads().size(),
                    () -> "each version is ordered once: " + gateway.downloads());
            assertEquals("1.0." + (VERSIONS - 1), gateway.packages().get("edge").version());
        }
        Files.createDirectories(Path.of("target"));
        Files.writeString(
                Path.of("target/replicas.txt"),
                "%d verdicts accepted, lost 0, doubled 0; %d deployments, lost 0, doubled 0; the other aggregator acted after %.1f s%n"
                        .formatted(accepted.get(), jobs.size(), takeOver.toMillis() / 1e3));
    }

    private static void inspect(
            List<FakeGateway> gateways,
            AtomicBoolean stop,
            AtomicInteger accepted,
            List<Throwable> troubles) {
        try {
            for (int i = 0; !stop.get(); i++) {
                FakeGateway gateway = gateways.get(i % gateways.size());
                StorageTest.publish(
                        gateway, StorageTest.verdict("f" + i, i % 3 == 0 ? "REJECT" : "ACCEPT", i));
                accepted.incrementAndGet();
            }
        } catch (Exception e) {
            troubles.add(e);
        }
    }

    /** The second has the first's keys and local token. */
    private AggregatorProcess startOther(PostgresServer postgres, S3ProxyServer s3, URI broker)
            throws Exception {
        for (String shared : List.of("keys", "api-token")) {
            try (Stream<Path> files = Files.walk(folder.resolve("a").resolve(shared))) {
                for (Path file : files.toList()) {
                    Path copy = folder.resolve("b").resolve(folder.resolve("a").relativize(file));
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        }
        return start("b", postgres, s3, broker);
    }

    private AggregatorProcess start(
            String name, PostgresServer postgres, S3ProxyServer s3, URI broker) throws Exception {
        Map<String, String> settings = new TreeMap<>();
        settings.put("requester.id", "karu-" + name);
        settings.put("mqtt.shared.group", "karu");
        settings.put("mqtt.broker.url", broker.toString());
        settings.put("mqtt.broker.user", "aggregator");
        settings.put("mqtt.broker.password", SECRET);
        settings.put("database.url", postgres.url());
        settings.put("database.user", "karu");
        settings.put("s3.endpoint", s3.endpoint().toString());
        settings.put("s3.access.key", S3ProxyServer.ACCESS_KEY);
        settings.put("s3.secret.key", S3ProxyServer.SECRET_KEY);
        settings.put("requests.after.birth.millis", "100");
        settings.put("fleet.read.seconds", "2");
        settings.put("deployment.silence.seconds", "2");
        settings.put("deployment.verification.seconds", "30");
        settings.put("deployment.starting.seconds", "0");
        return AggregatorProcess.start(folder.resolve(name), settings);
    }

    private static List<Long> order(AggregatorProcess aggregator, String version) {
        JsonNode created =
                aggregator.post(
                        "/api/v1/deployments",
                        Map.of(
                                "gateways",
                                List.of("gw-1", "gw-2", "gw-3", "gw-4"),
                                "package",
                                "edge",
                                "version",
                                version));
        assertEquals(GATEWAYS, created.path("deployments").size(), created::toString);
        List<Long> jobs = new ArrayList<>();
        created.path("deployments").forEach(job -> jobs.add(job.path("id").asLong()));
        return jobs;
    }

    private static boolean ended(AggregatorProcess aggregator, long job) {
        String state = aggregator.get("/api/v1/deployments/" + job).path("state").asText();
        return List.of("SUCCEEDED", "FAILED", "CANCELLED").contains(state);
    }

    private static long online(AggregatorProcess aggregator) {
        long online = 0;
        for (JsonNode gateway : aggregator.get("/api/v1/gateways").path("gateways")) {
            online += gateway.path("state").asText().equals("ONLINE") ? 1 : 0;
        }
        return online;
    }

    private static boolean leads(AggregatorProcess aggregator) {
        return aggregator.text("/metrics").contains("karu_leader 1.0");
    }

    private static int count(PostgresServer postgres, String what) {
        try (Connection connection = DriverManager.getConnection(postgres.url(), "karu", "");
                ResultSet count =
                        connection
                                .createStatement()
                                .executeQuery("select count(" + what + ") from verdict")) {
            count.next();
            return count.getInt(1);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
