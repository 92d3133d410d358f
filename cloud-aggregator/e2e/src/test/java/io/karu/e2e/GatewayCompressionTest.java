package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model is compressed where it runs, from the aggregator: over a real broker, on a real gateway
 * whose line goes on, back into the registry and from there onto the line.
 */
class GatewayCompressionTest {
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final String COMPRESSIONS = "/api/v1/gateways/gw-1/compressions";
    private static final String MODEL = "/api/v1/models/" + Testbed.LEARNED_MODEL;

    @TempDir Path home;

    @Test
    void aModelIsCompressedOnItsGatewayThroughAPowerCutAndDecidesThereAfterItsRelease()
            throws Exception {
        try (Testbed testbed = Testbed.open(Line.ROOT, home)) {
            testbed.startAggregator();
            try (Line line =
                    Line.start(
                            testbed,
                            testbed.learnedModelFolder(),
                            Testbed.LEARNED_MODEL,
                            List.of("karu-compression"))) {
                line.gateway().awaitOnline(Line.LONG, "KARU-V1");
                String parent = line.awaitVerdictAfter(Instant.EPOCH).path("model").asText();
                JsonNode asked =
                        testbed.rest()
                                .post(
                                        COMPRESSIONS,
                                        Map.of("model", Testbed.LEARNED_MODEL, "budget", 0.5));
                String job = asked.path("job").asText();
                assertEquals(parent, asked.path("parent").asText());

                await(testbed, job, "it is under way", c -> state(c).equals("RUNNING"));
                line.gateway().process().kill();
                line.gateway().start();
                Instant back = Instant.now();
                Set<String> steps = new HashSet<>();
                JsonNode ended =
                        await(
                                testbed,
                                job,
                                "it has ended",
                                c -> {
                                    steps.add(c.path("reason").asText());
                                    return over(c);
                                });
                assertTrue(steps.size() > 2, "how far it is could be seen: " + steps);
                assertTrue(
                        Instant.parse(line.awaitVerdictAfter(back).path("decidedAt").asText())
                                .isAfter(back),
                        "the line went on");
                assertEquals(8, ended.at("/result/variants").size(), ended::toString);
                reportIsKept(testbed, parent);

                assumeTrue(
                        state(ended).equals("SUCCEEDED"),
                        "no variant is faster on this processor: " + ended.path("reason"));
                arrivesAndDecides(testbed, line, ended);
            }
        }
    }

    private static void reportIsKept(Testbed testbed, String version)
            throws IOException, InterruptedException {
        JsonNode report =
                Testbed.await(
                        "the report of all variants",
                        Line.LONG,
                        () -> {
                            JsonNode reports =
                                    testbed.rest()
                                            .get(MODEL + "/versions/" + version + "/reports")
                                            .path("reports");
                            return reports.isEmpty()
                                    ? Optional.empty()
                                    : Optional.of(
                                            testbed.rest()
                                                    .get(
                                                            MODEL
                                                                    + "/versions/"
                                                                    + version
                                                                    + "/reports/compression"));
                        });
        assertEquals(9, report.path("variants").size(), report::toString);
        assertEquals("PARENT", report.at("/variants/0/outcome").asText());
    }

    private static void arrivesAndDecides(Testbed testbed, Line line, JsonNode compression)
            throws IOException, InterruptedException {
        String digest = compression.path("registered").asText();
        JsonNode version = null;
        for (JsonNode each : testbed.rest().get(MODEL).path("versions")) {
            version = each.path("digest").asText().equals(digest) ? each : version;
        }
        assertTrue(version != null, digest + " is in the registry");
        assertEquals(
                compression.path("parent").asText(),
                version.at("/card/lineage/parent").asText(),
                "its lineage names its parent");
        assertFalse(version.path("card").path("golden").isEmpty());
        Line.succeed(testbed, line.gateway().installModel(version));
        JsonNode activation = line.gateway().activateModel(version);
        Line.succeed(testbed, activation.path("id").asLong());
        Testbed.await(
                "it decides on the line",
                Line.LONG,
                () ->
                        Optional.of(line.awaitVerdictAfter(Instant.now()))
                                .filter(v -> v.path("model").asText().equals(digest)));
    }

    private static String state(JsonNode compression) {
        return compression.path("state").asText();
    }

    /** Ended, and what it made is in the registry. */
    private static boolean over(JsonNode compression) {
        return Set.of("REFUSED", "FAILED", "CANCELLED").contains(state(compression))
                || compression.path("registered").isTextual();
    }

    private interface Condition {
        boolean holds(JsonNode compression);
    }

    private static JsonNode await(Testbed testbed, String job, String what, Condition condition)
            throws IOException, InterruptedException {
        JsonNode[] last = new JsonNode[1];
        try {
            return Testbed.await(
                    what,
                    PATIENCE,
                    () -> {
                        last[0] = testbed.rest().get(COMPRESSIONS + "/" + job);
                        return condition.holds(last[0]) ? Optional.of(last[0]) : Optional.empty();
                    });
        } catch (AssertionError | IOException e) {
            throw new AssertionError(what + ": " + last[0], e);
        }
    }
}
