package io.karu.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.karu.bench.BenchReport.Bound;
import org.junit.jupiter.api.Test;

class BenchReportTest {
    @Test
    void aMissedRequiredValueMakesTheReportNotHold() throws Exception {
        BenchReport report =
                new BenchReport("swap", "3 frames", 7)
                        .figure("lost", 0, "frames", Bound.atMost(0))
                        .figure("f", 0.7, "", Bound.atLeast(0.75), Bound.atLeast(0.9));

        assertFalse(report.holds());
        JsonNode json = new ObjectMapper().readTree(report.json());
        assertEquals(0.7, json.at("/figures/f/value").asDouble());
        assertEquals("≥ 0.7500", json.at("/figures/f/required").asText());
        assertFalse(json.at("/figures/f/holds").asBoolean());
        assertTrue(json.at("/figures/lost/holds").asBoolean());
        assertFalse(json.path("holds").asBoolean());
        assertEquals(7, json.path("seed").asLong());
        assertTrue(json.at("/machine/processors").asInt() > 0);
    }

    @Test
    void aMissedAimStillHolds() {
        assertTrue(
                new BenchReport("gap", "5 upgrades", 1)
                        .aim("gap p50", 400, "ms", Bound.atMost(250))
                        .holds());
    }
}
