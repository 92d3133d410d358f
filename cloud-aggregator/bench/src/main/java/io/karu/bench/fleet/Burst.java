package io.karu.bench.fleet;

import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import io.karu.testbed.Testbed;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Broker and aggregator, one process, are killed three times while verdicts stream in. What the
 * broker has acknowledged to a gateway has to be in the database afterwards, once.
 */
final class Burst {
    private static final int KILLS = 3;

    /** No other phase of the bench has it: its verdicts are counted by it. */
    private static final String STATION = "burst";

    private static final Duration PERIOD = Duration.ofMillis(100);

    private final Testbed testbed;
    private final BenchReport report;

    Burst(Testbed testbed, BenchReport report) {
        this.testbed = testbed;
        this.report = report;
    }

    void measure(Simulator simulator, List<SimulatedGateway> gateways) throws Exception {
        for (SimulatedGateway other : simulator.gateways()) {
            if (!gateways.contains(other)) {
                other.die();
            }
        }
        List<Future<?>> lines = new ArrayList<>();
        for (SimulatedGateway gateway : gateways) {
            gateway.reconnects(Duration.ofMillis(500));
            lines.add(gateway.run(line(gateway), 5, PERIOD, true));
        }
        for (int kill = 0; kill < KILLS; kill++) {
            TimeUnit.SECONDS.sleep(5);
            testbed.aggregator().kill();
            testbed.startAggregator("--set", "fleet.read.seconds=600");
        }
        TimeUnit.SECONDS.sleep(5);
        lines.forEach(line -> line.cancel(false));
        FleetBench.await(
                "everything that waits is sent and stored",
                () -> {
                    for (SimulatedGateway gateway : gateways) {
                        if (gateway.accepted().cardinality() < gateway.line().verdicts()) {
                            gateway.flush();
                            return Optional.empty();
                        }
                    }
                    return FleetBench.metric(testbed, "karu_verdict_messages_waiting") == 0
                            ? Optional.of(true)
                            : Optional.empty();
                });
        TimeUnit.SECONDS.sleep(5);
        testbed.aggregator().stop(Duration.ofSeconds(60));
        count(gateways);
    }

    private static Line line(SimulatedGateway gateway) {
        return new Line(
                STATION,
                Testbed.MODEL,
                Map.of("open", 0.1),
                digest -> Line.Sight.GOOD,
                gateway.identity().clientId().hashCode());
    }

    private void count(List<SimulatedGateway> gateways) throws Exception {
        long accepted = 0;
        long lost = 0;
        long doubled = 0;
        Path database = testbed.home().resolve("aggregator/database/karu");
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:h2:file:"
                                        + database
                                        + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;ACCESS_MODE_DATA=r");
                PreparedStatement frames =
                        connection.prepareStatement(
                                "select sequence from verdict where client_id = ? and station = ?")) {
            for (SimulatedGateway gateway : gateways) {
                BitSet missing = gateway.accepted();
                accepted += missing.cardinality();
                BitSet seen = new BitSet();
                frames.setString(1, gateway.identity().clientId());
                frames.setString(2, STATION);
                try (ResultSet rows = frames.executeQuery()) {
                    while (rows.next()) {
                        int sequence = (int) rows.getLong(1);
                        doubled += seen.get(sequence) ? 1 : 0;
                        seen.set(sequence);
                        missing.clear(sequence);
                    }
                }
                lost += missing.cardinality();
            }
        }
        report.figure("verdicts accepted around " + KILLS + " kills", accepted, "")
                .figure("of them lost", lost, "", Bound.atMost(0))
                .figure("of them stored twice", doubled, "", Bound.atMost(0));
    }
}
