package io.karu.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.ProcessFacts;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import io.karu.testbed.Testbed;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Gateways connect, and all return at once when broker and aggregator were killed. */
final class Connections {
    private static final int AT_ONCE = 256;

    /** Kura's own default is a minute, and spreads the first attempts. */
    private static final Duration RECONNECT = Duration.ofSeconds(5);

    private final Testbed testbed;
    private final BenchReport report;

    Connections(Testbed testbed, BenchReport report) {
        this.testbed = testbed;
        this.report = report;
    }

    List<SimulatedGateway> open(Simulator simulator, FleetBench.Options options) throws Exception {
        long idle = ProcessFacts.residentAfterCollection(testbed.aggregator().pid());
        List<SimulatedGateway> fleet = register(simulator, options);
        Instant began = Instant.now();
        List<CompletableFuture<Void>> open = new ArrayList<>();
        for (SimulatedGateway gateway : fleet) {
            // who is refused tries again by itself
            open.add(gateway.reconnects(RECONNECT).connect().exceptionally(refused -> null));
            if (open.size() >= AT_ONCE) {
                open.remove(0).get(FleetBench.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
        for (CompletableFuture<Void> one : open) {
            one.get(FleetBench.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        awaitConnected(fleet);
        double rate = Load.rate(fleet.size(), began);
        awaitOnline(fleet);
        double seconds = Load.seconds(began);
        TimeUnit.SECONDS.sleep(5);
        long full = ProcessFacts.residentAfterCollection(testbed.aggregator().pid());
        report.aim(
                        "live connections",
                        fleet.stream().filter(SimulatedGateway::connected).count(),
                        "",
                        Bound.atLeast(5000))
                .figure("connect, BIRTH and subscribe", rate, "1/s")
                .figure("until all are shown online", seconds, "s")
                .figure("resident memory, nobody connected", idle / 1024.0, "MiB")
                .figure("resident memory, all connected", full / 1024.0, "MiB")
                .figure("memory of one live gateway", (full - idle) / (double) fleet.size(), "KiB");
        return fleet;
    }

    private List<SimulatedGateway> register(Simulator simulator, FleetBench.Options options)
            throws Exception {
        Instant began = Instant.now();
        List<SimulatedGateway> fleet = new ArrayList<>();
        for (int i = 0; i < options.registered(); i++) {
            JsonNode login =
                    testbed.rest()
                            .post(
                                    "/api/v1/gateways",
                                    Map.of("clientId", "sim-" + i, "site", "plant-" + i % 10));
            if (i < options.live()) {
                fleet.add(simulator.gateway(FleetBench.identity(login)));
            }
        }
        report.aim("registered gateways", options.registered(), "", Bound.atLeast(10_000))
                .figure("registrations", Load.rate(options.registered(), began), "1/s");
        return fleet;
    }

    /** Every gateway tries again each few seconds, all at the same time, until it is let in. */
    void comeBack(List<SimulatedGateway> fleet) throws Exception {
        testbed.aggregator().kill();
        FleetBench.start(testbed);
        Instant ready = Instant.now();
        long attempts = attempts(fleet);
        awaitConnected(fleet);
        double connected = Load.seconds(ready);
        awaitOnline(fleet);
        report.figure("all connected again after a restart", connected, "s")
                .figure("and shown online", Load.seconds(ready), "s")
                .figure(
                        "attempts of a gateway for that",
                        (attempts(fleet) - attempts) / (double) fleet.size(),
                        "");
    }

    private static long attempts(List<SimulatedGateway> fleet) {
        return fleet.stream().mapToLong(SimulatedGateway::attempts).sum();
    }

    private static void awaitConnected(List<SimulatedGateway> fleet) throws Exception {
        Load.await(
                "all gateways are connected",
                () ->
                        fleet.stream().allMatch(SimulatedGateway::connected)
                                ? Optional.of(true)
                                : Optional.empty());
    }

    private void awaitOnline(List<SimulatedGateway> fleet) throws Exception {
        Load.await(
                "all of them are shown online",
                () -> Load.online(testbed) == fleet.size() ? Optional.of(true) : Optional.empty());
    }
}
