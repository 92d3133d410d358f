package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.swap.Variants;
import io.karu.testbed.Camera;
import io.karu.testbed.GeneratedBoards;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Rollouts whose gate asks for agreement, on a gateway that inspects the same few boards. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ShadowedRolloutTest {
    private static final int BOARDS = 10;
    private static final int FRAMES = 20;

    @TempDir static Path home;

    private Testbed testbed;
    private Line line;
    private String champion;

    @BeforeAll
    void startALine() throws Exception {
        testbed = Testbed.open(Line.ROOT, home);
        testbed.startAggregator();
        Camera.Boards all = new GeneratedBoards(7);
        line =
                Line.start(
                        testbed,
                        testbed.modelFolder("1"),
                        Testbed.MODEL,
                        List.of(),
                        number -> all.board(number % BOARDS));
        testbed.rest()
                .put(
                        gateway() + "/configurations/io.karu.uplink.Uplink",
                        Map.of("properties", Map.of("evidence.seconds", Testbed.value(5))));
        champion = line.awaitVerdictAfter(Instant.EPOCH).path("model").asText();
    }

    @AfterAll
    void stop() throws Exception {
        if (line != null) {
            line.close();
        }
        if (testbed != null) {
            testbed.close();
        }
    }

    @Test
    @Order(1)
    void aVersionThatDisagreesInTheShadowIsStoppedAndChangesNoVerdict() throws Exception {
        JsonNode blind = register("blind", Map.of("minArea", 1e9));
        JsonNode ended = rollOut(blind, "REVERTED", "FINISHED", "HALTED");
        assertEquals("REVERTED", ended.path("state").asText(), ended::toPrettyString);
        String reason = ended.path("reason").asText();
        assertTrue(
                reason.startsWith(
                        "1 of 1 changed gateways went back to what they had because in the group all golden-template blind decides "),
                reason);
        assertTrue(reason.contains("98.0 % are required"), reason);
        assertEquals(
                List.of(
                        "activate-model golden-template@challenger",
                        "clear-model golden-template@challenger"),
                aliasOrders(ended),
                "no order named the champion");
        assertEquals(champion, line.awaitVerdictAfter(Instant.now()).path("model").asText());
        assertEquals(List.of("champion"), aliases(champion));
        assertEquals(List.of(), aliases(blind.path("digest").asText()));
        Map<String, String> decided = new HashMap<>();
        for (JsonNode verdict : verdicts()) {
            assertEquals(champion, verdict.path("model").asText(), verdict::toString);
            String now = verdict.path("decision").asText() + " " + verdict.path("score");
            String before = decided.putIfAbsent(verdict.path("image").asText(), now);
            assertTrue(before == null || before.equals(now), () -> before + ", then " + verdict);
        }
        assertEquals(BOARDS, decided.size());
    }

    @Test
    @Order(2)
    void aVersionThatAgreesInTheShadowIsPromoted() throws Exception {
        JsonNode twin = register("twin", Map.of());
        JsonNode ended = rollOut(twin, "REVERTED", "FINISHED", "HALTED");
        assertEquals("FINISHED", ended.path("state").asText(), ended::toPrettyString);
        assertEquals(
                List.of(
                        "activate-model golden-template@challenger",
                        "activate-model golden-template@champion"),
                aliasOrders(ended));
        JsonNode agreement = gate(ended, "agreement");
        assertEquals("PASSED", agreement.path("outcome").asText(), agreement::toString);
        assertTrue(agreement.at("/values/frames").asInt() >= FRAMES, agreement::toString);
        assertEquals(1, agreement.at("/values/agreement").asDouble(), agreement::toString);
        assertEquals(
                line.gateway().id(), agreement.at("/worst/gateway").asText(), agreement::toString);
        assertEquals(twin.path("digest"), line.awaitVerdictAfter(Instant.now()).path("model"));
        assertEquals(List.of("champion"), aliases(twin.path("digest").asText()));
        assertEquals(List.of(), aliases(champion));
    }

    private JsonNode register(String label, Map<String, Double> parameters) throws Exception {
        return testbed.uploadModel(
                Variants.modelOf(
                        testbed.modelFolder("1"), label, home.resolve("variants"), parameters));
    }

    private JsonNode rollOut(JsonNode version, String... states) throws Exception {
        JsonNode made =
                testbed.rest()
                        .post(
                                "/api/v1/rollouts",
                                Map.of(
                                        "name",
                                        version.path("version").asText(),
                                        "artefact",
                                        Map.of(
                                                "kind",
                                                "model",
                                                "name",
                                                Testbed.MODEL,
                                                "digest",
                                                version.path("digest").asText()),
                                        "gates",
                                        List.of(
                                                Map.of("kind", "install"),
                                                Map.of("kind", "agreement", "frames", FRAMES)),
                                        "observeSeconds",
                                        0,
                                        "whenHalted",
                                        "REVERT"));
        String path = "/api/v1/rollouts/" + made.path("id").asLong();
        testbed.rest().post(path + "/start", Map.of());
        return Testbed.await(
                "rollout " + made.path("id") + " is " + String.join(" or ", states),
                Line.LONG,
                () ->
                        Optional.of(testbed.rest().get(path))
                                .filter(
                                        now ->
                                                Stream.of(states)
                                                        .anyMatch(
                                                                now.path("state").asText()
                                                                        ::equals)));
    }

    /** What a rollout's jobs activated or cleared, in their order. */
    private List<String> aliasOrders(JsonNode rollout) throws Exception {
        String own = "rollout " + rollout.path("id").asLong() + ", ";
        List<String> orders = new ArrayList<>();
        for (JsonNode job : testbed.rest().get("/api/v1/deployments").path("deployments")) {
            String subject = job.path("subject").asText();
            if (job.path("origin").asText().startsWith(own) && subject.contains("@")) {
                orders.add(0, job.path("kind").asText() + " " + subject);
            }
        }
        return orders;
    }

    private static JsonNode gate(JsonNode rollout, String kind) {
        for (JsonNode gate : rollout.at("/groups/0/gates")) {
            if (gate.path("gate").asText().equals(kind)) {
                return gate;
            }
        }
        throw new AssertionError("no gate " + kind + " in " + rollout);
    }

    private List<String> aliases(String digest) throws IOException, InterruptedException {
        List<String> aliases = new ArrayList<>();
        for (JsonNode model : testbed.rest().get(gateway() + "/models").path("models")) {
            if (model.path("digest").asText().equals(digest)) {
                model.path("aliases").forEach(alias -> aliases.add(alias.asText()));
            }
        }
        return aliases;
    }

    private Iterable<JsonNode> verdicts() throws IOException, InterruptedException {
        return testbed.rest().get("/api/v1/verdicts?limit=500").path("verdicts");
    }

    private String gateway() {
        return "/api/v1/gateways/" + line.gateway().id();
    }
}
