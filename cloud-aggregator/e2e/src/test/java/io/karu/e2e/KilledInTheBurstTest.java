package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.Persevering;
import io.karu.bench.fleet.Burst;
import io.karu.bench.fleet.FleetBench;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import io.karu.testbed.Testbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code ./karu bench fleet} counts at the end, at small size. */
class KilledInTheBurstTest {
    private static final int GATEWAYS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @Test
    void everyVerdictThatTheBrokerAcknowledgedIsStoredOnceAfterKills(@TempDir Path home)
            throws Exception {
        Path root = Path.of("../..").toAbsolutePath().normalize();
        try (Testbed testbed = Testbed.open(root, home);
                Simulator simulator = new Simulator()) {
            testbed.startAggregator("--set", "fleet.read.seconds=600");
            List<SimulatedGateway> gateways = new ArrayList<>();
            for (int i = 0; i < GATEWAYS; i++) {
                JsonNode login =
                        testbed.rest().post("/api/v1/gateways", Map.of("clientId", "burst-" + i));
                SimulatedGateway gateway = simulator.gateway(FleetBench.identity(login));
                gateway.activate(Testbed.MODEL, "sha256:" + "0".repeat(64));
                Persevering.connect(
                        () -> gateway.connect().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
                gateways.add(gateway);
            }
            Burst.Outcome outcome = new Burst(testbed, 2, 4, PATIENCE).run(gateways, Testbed.MODEL);
            assertTrue(outcome.accepted() > 0, outcome::toString);
            assertEquals(
                    new Burst.Outcome(outcome.accepted(), 0, 0),
                    outcome,
                    "accepted, lost, doubled");
        }
    }
}
