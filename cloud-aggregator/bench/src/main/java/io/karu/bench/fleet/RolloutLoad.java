package io.karu.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.simulator.SimulatedGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model version goes to many gateways in two groups. */
final class RolloutLoad {
    private final Testbed testbed;
    private final BenchReport report;

    RolloutLoad(Testbed testbed, BenchReport report) {
        this.testbed = testbed;
        this.report = report;
    }

    void measure(List<SimulatedGateway> fleet, int size) throws Exception {
        String digest = testbed.uploadModel(testbed.modelFolder("2")).path("digest").asText();
        List<String> targets =
                fleet.stream().limit(size).map(g -> g.identity().clientId()).toList();
        long written = Load.written(testbed);
        long processor = Load.processorMillis(testbed);
        long messages = spoken(fleet);
        Instant began = Instant.now();
        JsonNode ended = run(digest, targets);
        double seconds = Load.seconds(began);
        report.figure(
                        "gateways rolled out to",
                        having(fleet, digest),
                        "",
                        Bound.atLeast(targets.size()))
                .figure("time of the rollout", seconds, "s")
                .figure(
                        "messages of a gateway in it",
                        (spoken(fleet) - messages) / (double) targets.size(),
                        "")
                .figure(
                        "written to disk for a gateway",
                        (Load.written(testbed) - written) / 1024.0 / targets.size(),
                        "KiB")
                .figure(
                        "processor time for a gateway",
                        (Load.processorMillis(testbed) - processor) / (double) targets.size(),
                        "ms")
                .note("rollout: " + ended.path("reason").asText());
    }

    private JsonNode run(String digest, List<String> targets)
            throws IOException, InterruptedException {
        Map<String, Object> plan =
                Map.of(
                        "name",
                        "bench",
                        "artefact",
                        Map.of("kind", "model", "name", Testbed.MODEL, "digest", digest),
                        "targets",
                        Map.of("gateways", targets),
                        "groups",
                        List.of(
                                Map.of("name", "tenth", "size", Map.of("percent", 10)),
                                Map.of("name", "rest")),
                        "observeSeconds",
                        0);
        String rollout =
                "/api/v1/rollouts/" + testbed.rest().post("/api/v1/rollouts", plan).path("id");
        testbed.rest().post(rollout + "/start", Map.of());
        return Load.await(
                "the rollout ends",
                () -> {
                    JsonNode now = testbed.rest().get(rollout);
                    String state = now.path("state").asText();
                    return state.equals("FINISHED") || state.equals("HALTED")
                            ? Optional.of(now)
                            : Optional.empty();
                });
    }

    private static long having(List<SimulatedGateway> fleet, String digest) {
        return fleet.stream()
                .filter(g -> g.champion(Testbed.MODEL).filter(digest::equals).isPresent())
                .count();
    }

    private static long spoken(List<SimulatedGateway> fleet) {
        return fleet.stream().mapToLong(SimulatedGateway::spoken).sum();
    }
}
