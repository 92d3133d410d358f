package io.karu.e2e;

import static io.karu.e2e.Browser.Element.label;
import static io.karu.e2e.Browser.Element.role;
import static io.karu.e2e.Browser.Element.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.swap.Variants;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A version that misses every defect runs in the shadow of one that does not, over the air. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ChallengerTest {
    private static final int REJECT = 2;
    private static final int ACCEPT = 0;

    @TempDir static Path home;

    private Testbed testbed;
    private Line line;
    private JsonNode blind;
    private String champion;

    @BeforeAll
    void startALineWithAChallenger() throws Exception {
        testbed = Testbed.open(Line.ROOT, home);
        testbed.startAggregator();
        line = Line.start(testbed);
        champion = line.awaitVerdictAfter(Instant.EPOCH).path("model").asText();
        blind =
                testbed.uploadModel(
                        Variants.modelOf(
                                testbed.modelFolder("1"),
                                "blind",
                                home.resolve("variants"),
                                Map.of("minArea", 1e9)));
        Line.succeed(testbed, line.gateway().installModel(blind));
        Line.succeed(testbed, activateAs("challenger"));
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
    void itsEvidenceSaysThatItMissesDefectsWhileTheChampionDecides() throws Exception {
        JsonNode told =
                awaitEvidence(
                        "a missed defect",
                        one ->
                                one.path("role").asText().equals("challenger")
                                        && one.path("counts").path(REJECT).path(ACCEPT).asInt() > 1
                                        && one.path("kept").asInt() > 0);
        assertEquals(blind.path("digest").asText(), told.path("model").asText());
        assertEquals(champion, told.path("champion").asText());
        assertTrue(told.path("agreed").asInt() < told.path("frames").asInt(), told::toString);
        assertTrue(told.at("/latencyMillis/p99").asDouble() > 0, told::toString);
        JsonNode own =
                awaitEvidence(
                        "the champion's counts",
                        one -> one.path("role").asText().equals("champion"));
        assertEquals(champion, own.path("model").asText());
        assertTrue(own.path("residentBytes").asLong() > 10_000_000, own::toString);
        for (JsonNode verdict : verdicts()) {
            assertEquals(champion, verdict.path("model").asText(), verdict::toString);
        }
    }

    @Test
    @Order(2)
    void theConsoleShowsHowItCompares() throws Exception {
        try (Browser browser =
                Browser.start(
                        Line.ROOT, Line.ROOT.resolve("cloud-aggregator/e2e/target/screenshots"))) {
            browser.open(testbed.rest().base());
            browser.see(role("button", "Log in"), Line.LONG);
            browser.fill(label("Name"), "admin");
            browser.fill(label("Password"), testbed.firstPassword().orElseThrow());
            browser.click(role("button", "Log in"));
            browser.see(role("heading", "Fleet"), Line.LONG);
            browser.see(role("link", "gw-1"), Line.LONG);
            browser.click(role("link", "gw-1"));
            browser.click(role("tab", "Models"));
            browser.see(role("heading", "In the shadow"), Line.LONG);
            browser.see(text("/passed over/"), Line.LONG);
            browser.screenshot("30-shadow");
            assertEquals("", browser.errors());
        }
    }

    @Test
    @Order(3)
    void aRuleThatItBreaksKeepsItInTheShadowAndARuleThatItKeepsPromotesIt() throws Exception {
        configure(Map.of("rule", true, "frames", 3));
        Testbed.await(
                "the sentence why it stays",
                Line.LONG,
                () -> promotion().filter(check -> check.path("reason").asText().contains("stays")));
        assertEquals(champion, line.awaitVerdictAfter(Instant.now()).path("model").asText());

        configure(Map.of("agreement", 0.0, "missed", 1.0, "latency", 100.0));
        Testbed.await(
                "a verdict of the promoted version",
                Line.LONG,
                () ->
                        Optional.of(line.awaitVerdictAfter(Instant.now()))
                                .filter(
                                        verdict ->
                                                verdict.path("model")
                                                        .equals(blind.path("digest"))));
        Testbed.await(
                "it is the only champion, and no challenger is left",
                Line.LONG,
                () -> onlyChampionIsTheBlind() ? Optional.of(true) : Optional.empty());
    }

    private boolean onlyChampionIsTheBlind() throws IOException, InterruptedException {
        for (JsonNode model : testbed.rest().get(gateway() + "/models").path("models")) {
            boolean decides = model.path("digest").equals(blind.path("digest"));
            if (!model.path("aliases").toString().equals(decides ? "[\"champion\"]" : "[]")) {
                return false;
            }
        }
        return true;
    }

    private String gateway() {
        return "/api/v1/gateways/" + line.gateway().id();
    }

    private long activateAs(String alias) throws IOException, InterruptedException {
        return testbed.rest()
                .post(
                        gateway() + "/models/" + Testbed.MODEL + "/activate",
                        Map.of("digest", blind.path("digest").asText(), "alias", alias))
                .path("id")
                .asLong();
    }

    private void configure(Map<String, Object> rule) throws IOException, InterruptedException {
        Map<String, Object> properties = new LinkedHashMap<>();
        rule.forEach((name, value) -> properties.put(name, Testbed.value(value)));
        testbed.rest()
                .put(
                        gateway() + "/configurations/io.karu.station.Promotion",
                        Map.of("properties", properties));
    }

    private Optional<JsonNode> promotion() throws IOException, InterruptedException {
        JsonNode detail = testbed.rest().post(gateway() + "/refresh", Map.of());
        for (JsonNode check : detail.path("health")) {
            if (check.path("name").asText().equals("promotion." + Testbed.MODEL)) {
                return Optional.of(check);
            }
        }
        return Optional.empty();
    }

    private Iterable<JsonNode> verdicts() throws IOException, InterruptedException {
        return testbed.rest().get("/api/v1/verdicts?limit=500").path("verdicts");
    }

    private JsonNode awaitEvidence(String what, Predicate<JsonNode> wanted)
            throws IOException, InterruptedException {
        return Testbed.await(
                what,
                Line.LONG,
                () -> {
                    for (JsonNode one :
                            testbed.rest().get(gateway() + "/evidence").path("evidence")) {
                        if (wanted.test(one)) {
                            return Optional.of(one);
                        }
                    }
                    return Optional.empty();
                });
    }
}
