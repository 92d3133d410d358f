package io.karu.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** Rounds of the same messages by turns: to nobody who reads them, and to be stored. */
final class Ingest {
    private static final int SENDERS = 8;
    private static final int PARTS_PER_MESSAGE = 10;
    private static final int WARM_UP = 4;
    private static final int ROUNDS = 5;

    private final Testbed testbed;
    private final BenchReport report;

    Ingest(Testbed testbed, BenchReport report) {
        this.testbed = testbed;
        this.report = report;
    }

    void measure(List<SimulatedGateway> fleet, int messages) throws Exception {
        List<SimulatedGateway> senders = fleet.subList(0, Math.min(SENDERS, fleet.size()));
        byte[] dp = dp(testbed.uploadModel(testbed.modelFolder("1")));
        for (SimulatedGateway sender : senders) {
            sender.install(dp)
                    .line(
                            new Line(
                                    "line-1",
                                    Testbed.MODEL,
                                    Map.of("open", 0.1, "short", 0.1),
                                    digest -> Line.Sight.GOOD,
                                    FleetBench.SEED));
        }
        List<Double> raw = new ArrayList<>();
        List<Double> stored = new ArrayList<>();
        List<Double> rawMillis = new ArrayList<>();
        List<Double> storedMillis = new ArrayList<>();
        for (int round = 0; round < WARM_UP + ROUNDS; round++) {
            List<List<byte[]>> load =
                    senders.stream()
                            .map(s -> s.messages(messages / senders.size(), PARTS_PER_MESSAGE))
                            .toList();
            long before = Load.processorMillis(testbed);
            double rawRate = raw(senders, load);
            long between = Load.processorMillis(testbed);
            double storedRate = stored(senders, load);
            long after = Load.processorMillis(testbed);
            if (round >= WARM_UP) {
                raw.add(rawRate);
                stored.add(storedRate);
                rawMillis.add((between - before) / (double) count(load));
                storedMillis.add((after - between) / (double) count(load));
            }
        }
        double rawMedian = median(raw);
        double storedMedian = median(stored);
        report.figure("raw QoS 1 messages", rawMedian, "1/s")
                .figure("verdict messages stored", storedMedian, "1/s")
                .figure("verdicts stored", storedMedian * PARTS_PER_MESSAGE, "1/s")
                .figure("aggregator's processor time for a raw one", median(rawMillis), "ms")
                .figure("and for a stored one", median(storedMillis), "ms")
                .figure(
                        "verdict ingest to raw QoS 1",
                        storedMedian / rawMedian,
                        "",
                        Bound.atLeast(0.3),
                        Bound.atLeast(0.5))
                .note(
                        "verdict messages carry "
                                + PARTS_PER_MESSAGE
                                + " verdicts; raw ones are the same bytes, made beforehand like them, on a topic that the aggregator receives, acknowledges and forgets");
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private byte[] dp(JsonNode version) throws IOException {
        String digest = version.path("digest").asText().replace("sha256:", "").substring(0, 12);
        try (var files = Files.walk(testbed.home().resolve("aggregator/packages"))) {
            Path file =
                    files.filter(f -> f.getFileName().toString().contains(digest))
                            .filter(Files::isRegularFile)
                            .findFirst()
                            .orElseThrow(() -> new IOException("no package of " + version));
            return Files.readAllBytes(file);
        }
    }

    private static double raw(List<SimulatedGateway> senders, List<List<byte[]>> load)
            throws Exception {
        Instant began = Instant.now();
        send(senders, load, SimulatedGateway::sendRaw);
        return Load.rate(count(load), began);
    }

    private double stored(List<SimulatedGateway> senders, List<List<byte[]>> load)
            throws Exception {
        double wanted = Load.verdicts(testbed) + (double) count(load) * PARTS_PER_MESSAGE;
        Instant began = Instant.now();
        send(senders, load, SimulatedGateway::send);
        Load.await(
                "all verdicts stored",
                () -> Load.verdicts(testbed) >= wanted ? Optional.of(true) : Optional.empty());
        return Load.rate(count(load), began);
    }

    private static void send(
            List<SimulatedGateway> senders,
            List<List<byte[]>> load,
            BiFunction<SimulatedGateway, List<byte[]>, CompletableFuture<Void>> how)
            throws Exception {
        List<CompletableFuture<Void>> sent = new ArrayList<>();
        for (int i = 0; i < senders.size(); i++) {
            sent.add(how.apply(senders.get(i), load.get(i)));
        }
        for (CompletableFuture<Void> one : sent) {
            one.get(FleetBench.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static long count(List<List<byte[]>> load) {
        return load.stream().mapToLong(List::size).sum();
    }
}
