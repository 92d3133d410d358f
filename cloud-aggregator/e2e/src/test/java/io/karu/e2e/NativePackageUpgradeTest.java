package io.karu.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.swap.Variants;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.RestClient;
import io.karu.testbed.Testbed;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A native library is loaded once per process: another version of it comes with a restart. */
class NativePackageUpgradeTest {
    private static final int RESTART_STATUS = 42;

    @TempDir Path home;

    @Test
    void aNativePackageIsReplacedOnlyWithARestartAndTheStationInspectsAgain() throws Exception {
        try (Testbed testbed = Testbed.open(Line.ROOT, home)) {
            testbed.startAggregator();
            try (Line line = Line.start(testbed)) {
                DevelopmentGateway gateway = line.gateway();
                line.awaitVerdictAfter(Instant.EPOCH);
                String name = Testbed.packages().get(0);
                JsonNode variant =
                        testbed.offer(
                                Variants.packageOf(
                                        testbed.packageFile(name), 2, home.resolve("variant")));

                RestClient.ProblemException refused =
                        assertThrows(
                                RestClient.ProblemException.class,
                                () -> gateway.deploy(variant, false));
                assertEquals("PACKAGE_NEEDS_RESTART", refused.code());
                assertTrue(refused.getMessage().contains("restart"), refused::getMessage);

                long before = gateway.process().pid();
                CompletableFuture<Integer> status = new CompletableFuture<>();
                gateway.process().whenEnded(status::complete);
                Line.succeed(testbed, gateway.deploy(variant, true));
                assertEquals(RESTART_STATUS, status.get(60, TimeUnit.SECONDS));
                assertTrue(gateway.process().pid() != before, "the same process runs on");
                assertEquals(variant.path("version").asText(), version(gateway, name));

                JsonNode verdict = line.awaitVerdictAfter(Instant.now());
                assertTrue(
                        verdict.path("modelName").asText().startsWith(Testbed.MODEL),
                        verdict::toString);
            }
        }
    }

    private static String version(DevelopmentGateway gateway, String name) throws Exception {
        for (JsonNode installed : gateway.detail().path("packages")) {
            if (installed.path("name").asText().equals(name)) {
                return installed.path("version").asText();
            }
        }
        throw new AssertionError(name + " is not installed");
    }
}
