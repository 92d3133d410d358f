package io.karu.aggregator;

import static io.karu.aggregator.SimulatedFleet.MODEL;
import static io.karu.aggregator.SimulatedFleet.modelFolder;
import static io.karu.aggregator.Workbench.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The aggregator's process is killed at every transition of a rollout that has to be reverted. */
class KilledRolloutTest {
    private static final int MOST_KILLS = 10;

    @TempDir Path folder;
    private final List<SimulatedGateway> gateways = new ArrayList<>();

    @Test
    void theOutcomeIsTheSameAfterAKillAtEveryTransition() throws Exception {
        try (Workbench bench = new Workbench(folder);
                Simulator simulator = new Simulator()) {
            Path data = folder.resolve("process");
            AggregatorProcess aggregator = AggregatorProcess.start(data, settings(bench));
            Set<String> killedAt = new TreeSet<>();
            try {
                prepare(bench, simulator, aggregator);
                long id = create(aggregator);
                String path = "/api/v1/rollouts/" + id;
                Instant end = Instant.now().plus(Duration.ofMinutes(25));
                while (!aggregator.get(path).path("state").asText().equals("REVERTED")) {
                    assertTrue(Instant.now().isBefore(end), killedAt + " " + aggregator.get(path));
                    String now = signature(aggregator, path);
                    if (killedAt.size() < MOST_KILLS && killedAt.add(now)) {
                        aggregator.kill();
                        aggregator = AggregatorProcess.start(data, settings(bench));
                    }
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                assertTrue(killedAt.size() >= 5, killedAt::toString);
                endsTruly(aggregator, path);
            } finally {
                aggregator.kill();
            }
        }
    }

    private static Map<String, String> settings(Workbench bench) {
        Map<String, String> settings = new TreeMap<>(bench.brokerSettings());
        settings.put("requester.id", "aggregator-of-rollouts");
        settings.put("deployment.silence.seconds", "2");
        settings.put("deployment.starting.seconds", "0");
        return settings;
    }

    private void prepare(Workbench bench, Simulator simulator, AggregatorProcess aggregator)
            throws Exception {
        JsonNode one = aggregator.upload("/api/v1/models", zip(modelFolder("1")));
        JsonNode two = aggregator.upload("/api/v1/models", zip(modelFolder("2")));
        blind = two.path("digest").asText();
        for (int i = 1; i <= 3; i++) {
            SimulatedGateway gateway = simulator.gateway(SimulatedFleet.identity(bench, "gw-" + i));
            gateways.add(gateway);
            Persevering.connect(() -> gateway.connect().get(60, TimeUnit.SECONDS));
        }
        Workbench.await(
                "the gateways are known",
                PATIENCE,
                () -> aggregator.get("/api/v1/gateways").path("gateways").size() == 3);
        aggregator.post(
                "/api/v1/models/" + MODEL + "/versions/" + one.path("digest").asText() + "/install",
                Map.of("gateways", List.of("gw-1", "gw-2", "gw-3")));
        Workbench.await(
                "version 1 decides everywhere",
                PATIENCE,
                () -> gateways.stream().allMatch(g -> g.champion(MODEL).isPresent()));
        for (int i = 0; i < gateways.size(); i++) {
            gateways.get(i)
                    .run(
                            new Line(
                                    "line-1",
                                    MODEL,
                                    Map.of("open", 0.2, "short", 0.1),
                                    digest ->
                                            digest.equals(blind)
                                                    ? Line.Sight.GOOD.blindTo("open")
                                                    : Line.Sight.GOOD,
                                    i),
                            60,
                            Duration.ofMillis(300),
                            false);
        }
        Workbench.await(
                "there is evidence of version 1",
                PATIENCE,
                () -> gateways.stream().allMatch(g -> g.line().verdicts() > 600));
    }

    private String blind = "";

    private long create(AggregatorProcess aggregator) {
        JsonNode rollout =
                aggregator.post(
                        "/api/v1/rollouts",
                        Map.of(
                                "name",
                                "board 2",
                                "artefact",
                                Map.of("kind", "model", "name", MODEL, "digest", blind),
                                "groups",
                                List.of(
                                        Map.of("name", "first", "size", Map.of("count", 2)),
                                        Map.of("name", "rest")),
                                "gates",
                                List.of(
                                        Map.of("kind", "install"),
                                        Map.of("kind", "agreement", "atLeast", 0.5),
                                        Map.of(
                                                "kind",
                                                "classes",
                                                "shiftAtMost",
                                                0.03,
                                                "frames",
                                                300)),
                                "observeSeconds",
                                0,
                                "whenHalted",
                                "REVERT"));
        long id = rollout.path("id").asLong();
        aggregator.post("/api/v1/rollouts/" + id + "/start", Map.of());
        return id;
    }

    private static String signature(AggregatorProcess aggregator, String path) {
        JsonNode rollout = aggregator.get(path);
        StringBuilder signature = new StringBuilder(rollout.path("state").asText());
        for (JsonNode member : aggregator.get(path + "/gateways").path("gateways")) {
            if (member.path("group").asText().equals("first")) {
                signature
                        .append(' ')
                        .append(member.path("state").asText())
                        .append(member.has("deployment") ? " with job" : "");
                break;
            }
        }
        return signature.toString();
    }

    private void endsTruly(AggregatorProcess aggregator, String path) {
        JsonNode rollout = aggregator.get(path);
        assertTrue(
                rollout.path("reason")
                        .asText()
                        .startsWith(
                                "2 of 2 changed gateways went back to what they had because in the group first golden-template 2 finds \"open\" on 0.0 %"),
                () -> rollout.path("reason").asText());
        assertTrue(gateways.stream().allMatch(g -> g.challenger(MODEL).isEmpty()));
        assertEquals(
                0,
                gateways.stream()
                        .filter(g -> g.champion(MODEL).filter(blind::equals).isPresent())
                        .count());
        for (JsonNode gateway : aggregator.get(path + "/gateways").path("gateways")) {
            Set<String> orders = new TreeSet<>();
            for (JsonNode job :
                    aggregator
                            .get(
                                    "/api/v1/deployments?limit=100&gateway="
                                            + gateway.path("gateway").asText())
                            .path("deployments")) {
                if (job.path("origin").asText().startsWith("rollout ")) {
                    assertTrue(orders.add(job.path("origin").asText()), job + " was ordered twice");
                }
            }
            assertEquals(gateway.path("state").asText().equals("REVERTED") ? 5 : 0, orders.size());
        }
    }

    private static byte[] zip(Path folder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes);
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(
                        new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
                zip.write(Files.readAllBytes(file));
            }
        }
        return bytes.toByteArray();
    }
}
