package io.karu.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Broker and aggregator, one process, are killed again and again while verdicts stream in. What the
 * broker has acknowledged to a gateway has to be in the database afterwards, once.
 */
public final class Burst {
    /** No other traffic has it: the verdicts of the burst are counted by it. */
    private static final String STATION = "burst";

    private static final Duration PERIOD = Duration.ofMillis(100);
    private static final int PARTS = 5;
    private static final Duration RECONNECT = Duration.ofMillis(500);
    private static final Duration STOP = Duration.ofSeconds(60);

    private final Testbed testbed;
    private final int kills;
    private final Random random;
    private final Duration patience;

    /**
     * What became of the verdicts whose message the broker acknowledged.
     *
     * @param accepted how many there were
     * @param lost of them, not in the database
     * @param doubled rows of the database beyond the first of a verdict
     */
    public record Outcome(long accepted, long lost, long doubled) {}

    /**
     * @param kills how often broker and aggregator are killed, each after 2 to 5 s of traffic
     * @param seed of the moments
     * @param patience for what waits to be sent and stored in the end
     */
    public Burst(Testbed testbed, int kills, long seed, Duration patience) {
        this.testbed = testbed;
        this.kills = kills;
        this.random = new Random(seed);
        this.patience = patience;
    }

    /**
     * Lets the gateways send, kills, and looks; the aggregator is stopped afterwards.
     *
     * @param model whose champion decides on every gateway
     */
    public Outcome run(List<SimulatedGateway> gateways, String model) throws Exception {
        List<Future<?>> lines = new ArrayList<>();
        for (SimulatedGateway gateway : gateways) {
            gateway.reconnects(RECONNECT);
            lines.add(gateway.run(line(gateway, model), PARTS, PERIOD, true));
        }
        for (int kill = 0; kill < kills; kill++) {
            awaitTraffic(gateways);
            TimeUnit.MILLISECONDS.sleep(2000 + random.nextInt(3000));
            testbed.aggregator().kill();
            testbed.startAggregator("--set", "fleet.read.seconds=600");
        }
        awaitTraffic(gateways);
        lines.forEach(line -> line.cancel(false));
        awaitAccepted(gateways);
        awaitStored(gateways);
        testbed.aggregator().stop(STOP);
        return count(gateways);
    }

    private static Line line(SimulatedGateway gateway, String model) {
        return new Line(
                STATION,
                model,
                Map.of("open", 0.1),
                digest -> Line.Sight.GOOD,
                gateway.identity().clientId().hashCode());
    }

    /** A kill is one in the burst only when messages of all gateways are on their way. */
    private void awaitTraffic(List<SimulatedGateway> gateways) throws Exception {
        List<Long> before = gateways.stream().map(SimulatedGateway::messages).toList();
        Testbed.await(
                "every gateway sends verdicts",
                patience,
                () -> {
                    for (int i = 0; i < gateways.size(); i++) {
                        if (gateways.get(i).messages() <= before.get(i)) {
                            return Optional.empty();
                        }
                    }
                    return Optional.of(true);
                });
    }

    private void awaitAccepted(List<SimulatedGateway> gateways) throws Exception {
        for (SimulatedGateway gateway : gateways) {
            Testbed.await(
                    "all verdicts of " + gateway.identity().clientId() + " are accepted",
                    patience,
                    () -> {
                        if (gateway.accepted().cardinality() == gateway.line().verdicts()) {
                            return Optional.of(true);
                        }
                        gateway.flush();
                        return Optional.empty();
                    });
        }
    }

    /**
     * The broker delivers in the order of arrival: once a verdict that every gateway sends last is
     * stored, everything before it was delivered.
     */
    private void awaitStored(List<SimulatedGateway> gateways) throws Exception {
        for (SimulatedGateway gateway : gateways) {
            gateway.produce(1, true).get(patience.toSeconds(), TimeUnit.SECONDS);
        }
        awaitAccepted(gateways);
        for (SimulatedGateway gateway : gateways) {
            long last = gateway.line().verdicts();
            Testbed.await(
                    "the last verdict of " + gateway.identity().clientId() + " is stored",
                    patience,
                    () -> newest(gateway) == last ? Optional.of(true) : Optional.empty());
        }
    }

    private long newest(SimulatedGateway gateway) throws IOException, InterruptedException {
        JsonNode verdicts =
                testbed.rest()
                        .get(
                                "/api/v1/verdicts?limit=1&station="
                                        + STATION
                                        + "&gateway="
                                        + gateway.identity().clientId());
        return verdicts.at("/verdicts/0/sequence").asLong();
    }

    private Outcome count(List<SimulatedGateway> gateways) throws SQLException {
        Map<String, BitSet> missing = new HashMap<>();
        gateways.forEach(g -> missing.put(g.identity().clientId(), g.accepted()));
        long accepted = cardinality(missing);
        Map<String, BitSet> seen = new HashMap<>();
        long doubled = 0;
        Path database = testbed.home().resolve("aggregator/database/karu");
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:h2:file:"
                                        + database
                                        + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;ACCESS_MODE_DATA=r");
                PreparedStatement frames =
                        connection.prepareStatement(
                                "select client_id, sequence from verdict where station = ?")) {
            frames.setString(1, STATION);
            try (ResultSet rows = frames.executeQuery()) {
                while (rows.next()) {
                    String clientId = rows.getString(1);
                    int sequence = (int) rows.getLong(2);
                    BitSet known = seen.computeIfAbsent(clientId, id -> new BitSet());
                    doubled += known.get(sequence) ? 1 : 0;
                    known.set(sequence);
                    missing.get(clientId).clear(sequence);
                }
            }
        }
        return new Outcome(accepted, cardinality(missing), doubled);
    }

    private static long cardinality(Map<String, BitSet> verdicts) {
        return verdicts.values().stream().mapToLong(BitSet::cardinality).sum();
    }
}
