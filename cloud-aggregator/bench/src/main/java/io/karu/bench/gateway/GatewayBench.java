package io.karu.bench.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.ProcessFacts;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The development gateway with Karu's packages, without a model, on a heap of 96 MiB: start to
 * BIRTH, and resident memory.
 */
public final class GatewayBench implements Measurement {
    private static final int HEAP_MIB = 96;
    private static final int STARTS = 5;

    @Override
    public String name() {
        return "gateway";
    }

    @Override
    public String description() {
        return "start to BIRTH and resident memory of gateway and station without a model, heap 96 MiB";
    }

    @Override
    public BenchReport measure(List<String> options) throws Exception {
        if (!options.isEmpty()) {
            throw new IllegalArgumentException(options.get(0) + ": this benchmark has no options");
        }
        Path root = Path.of(System.getenv().getOrDefault("KARU_ROOT", "."));
        Path home = Files.createTempDirectory("karu-bench-gateway");
        try (Testbed testbed = Testbed.open(root, home)) {
            return measure(testbed);
        }
    }

    private static BenchReport measure(Testbed testbed) throws Exception {
        testbed.startAggregator();
        DevelopmentGateway gateway = testbed.gateway("gw-1");
        gateway.heap(HEAP_MIB);
        gateway.start();
        gateway.awaitOnline(Duration.ofSeconds(90), "DEPLOY-V2", "CONF-V2");
        for (String name : Testbed.packages()) {
            JsonNode ended =
                    testbed.awaitDeployment(gateway.deploy(name, false), Duration.ofMinutes(3));
            if (!ended.path("state").asText().equals("SUCCEEDED")) {
                throw new java.io.IOException(name + ": " + ended.path("message").asText());
            }
        }
        gateway.ensureStation(Map.of());
        List<Long> starts = new ArrayList<>();
        List<Long> resident = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            gateway.process().stop(Duration.ofSeconds(20));
            Instant began = Instant.now();
            gateway.start();
            starts.add(Duration.between(began, birthAfter(gateway, began)).toMillis());
            gateway.awaitOnline(Duration.ofSeconds(90), "KARU-V1");
            resident.add(ProcessFacts.residentAfterCollection(gateway.process().pid()) / 1024);
        }
        Collections.sort(starts);
        Collections.sort(resident);
        return new BenchReport(
                        "gateway",
                        STARTS
                                + " starts with "
                                + Testbed.packages().size()
                                + " packages and a station",
                        0)
                .figure("heap", HEAP_MIB, "MiB", Bound.atMost(HEAP_MIB))
                .figure("start to BIRTH, median", starts.get(STARTS / 2), "ms")
                .figure("start to BIRTH, slowest", starts.get(STARTS - 1), "ms")
                .figure("resident memory, median", resident.get(STARTS / 2), "MiB")
                .figure("resident memory, most", resident.get(STARTS - 1), "MiB");
    }

    private static Instant birthAfter(DevelopmentGateway gateway, Instant start) throws Exception {
        return Testbed.await(
                "BIRTH of " + gateway.id(),
                Duration.ofSeconds(90),
                () -> {
                    JsonNode state = gateway.state();
                    Instant since =
                            Instant.parse(state.path("since").asText("1970-01-01T00:00:00Z"));
                    return state.path("state").asText().equals("ONLINE") && since.isAfter(start)
                            ? Optional.of(since)
                            : Optional.empty();
                });
    }
}
