package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.Progress;
import io.karu.testbed.Testbed;
import io.karu.testbed.demo.RolloutDemo;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./karu demo rollout} shows. */
class RolloutDemoTest {
    @Test
    void aVersionThatMissesOneDefectClassIsStoppedInTheFirstGroupAndRevertedEverywhere(
            @TempDir Path home) throws Exception {
        Path root = Path.of("../..").toAbsolutePath().normalize();
        try (Testbed testbed = Testbed.open(root, home);
                RolloutDemo demo = new RolloutDemo(testbed, new Progress(System.out))) {
            RolloutDemo.Outcome outcome = demo.play();
            assertEquals("FINISHED", outcome.byInstallation().path("state").asText());
            assertEquals(14, counted(outcome.byInstallation(), "CHANGED"));
            JsonNode stopped = outcome.byEvidence();
            assertEquals("REVERTED", stopped.path("state").asText(), stopped::toPrettyString);
            assertEquals(4, counted(stopped, "REVERTED"));
            assertEquals(10, counted(stopped, "LEFT_OUT"));
            String reason = stopped.path("reason").asText();
            assertTrue(
                    reason.matches(
                            "4 of 4 changed gateways went back to what they had because in the group canary board-detector 2 finds \"open\" on 0\\.0 % of \\d+ parts where it was found on .*"),
                    reason);
        }
    }

    private static int counted(JsonNode rollout, String state) {
        int count = 0;
        for (JsonNode group : rollout.path("groups")) {
            count += group.path("counts").path(state).asInt();
        }
        return count;
    }
}
