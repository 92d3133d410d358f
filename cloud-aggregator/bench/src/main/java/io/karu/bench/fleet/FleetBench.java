package io.karu.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.simulator.Identity;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import io.karu.testbed.Progress;
import io.karu.testbed.Testbed;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A simulated fleet on one aggregator with its embedded broker and database, as a process of its
 * own: connections and memory, the return of all after a restart, ingest of verdicts beside the raw
 * rate of the same broker, a rollout, and kills in the middle of a burst.
 */
public final class FleetBench implements Measurement {
    static final long SEED = 4;
    static final Duration PATIENCE = Duration.ofMinutes(30);

    private static final int BURSTING = 50;
    private static final int KILLS = 3;

    /**
     * What the command line asked for.
     *
     * @param onlyIngest whether the return after a restart, the rollout and the burst are left out
     */
    record Options(int registered, int live, int rollout, int messages, boolean onlyIngest) {
        static Options of(List<String> words) {
            int registered = 10_000;
            int live = 5_000;
            int rollout = 1_000;
            int messages = 4_000;
            boolean onlyIngest = false;
            for (int i = 0; i < words.size(); i += 2) {
                String word = words.get(i);
                if (i + 1 == words.size()) {
                    throw new IllegalArgumentException(word + " needs a value");
                }
                if (word.equals("--only") && words.get(i + 1).equals("ingest")) {
                    onlyIngest = true;
                    continue;
                }
                int value = Integer.parseInt(words.get(i + 1));
                switch (word) {
                    case "--registered" -> registered = value;
                    case "--live" -> live = value;
                    case "--rollout" -> rollout = value;
                    case "--messages" -> messages = value;
                    default ->
                            throw new IllegalArgumentException(
                                    word
                                            + ": use --registered, --live, --rollout, --messages N, --only ingest");
                }
            }
            return new Options(
                    registered,
                    Math.min(live, registered),
                    Math.min(rollout, live),
                    messages,
                    onlyIngest);
        }
    }

    @Override
    public String name() {
        return "fleet";
    }

    @Override
    public String description() {
        return "a simulated fleet on one aggregator: connections, memory, ingest beside the raw QoS 1 rate, a rollout, kills in the burst";
    }

    @Override
    public BenchReport measure(List<String> words) throws Exception {
        Options options = Options.of(words);
        Path root = Path.of(System.getenv().getOrDefault("KARU_ROOT", "."));
        Path home = Files.createTempDirectory("karu-bench-fleet");
        BenchReport report =
                new BenchReport(
                        "fleet",
                        options.registered() + " gateways, " + options.live() + " of them live",
                        SEED);
        Progress progress = new Progress(System.err);
        try (Testbed testbed = Testbed.open(root, home);
                Simulator simulator = new Simulator()) {
            testbed.runForLong();
            start(testbed);
            Connections connections = new Connections(testbed, report);
            progress.begin("registering and connecting");
            List<SimulatedGateway> fleet = connections.open(simulator, options);
            progress.done(fleet.size() + " online");
            if (!options.onlyIngest()) {
                progress.begin("broker and aggregator are killed and started");
                connections.comeBack(fleet);
                progress.done("all are back");
            }
            progress.begin("verdicts beside the raw rate");
            new Ingest(testbed, report).measure(fleet, options.messages());
            progress.done("measured");
            if (options.onlyIngest()) {
                return report;
            }
            progress.begin("a rollout to " + options.rollout());
            new RolloutLoad(testbed, report).measure(fleet, options.rollout());
            progress.done("ended");
            progress.begin(KILLS + " kills in the burst");
            burst(testbed, fleet, report);
            progress.done("counted");
        }
        return report;
    }

    /** Starts the aggregator; gateways are read when they say BIRTH, not again meanwhile. */
    static void start(Testbed testbed) throws Exception {
        testbed.startAggregator("--set", "fleet.read.seconds=3600");
    }

    private static void burst(Testbed testbed, List<SimulatedGateway> fleet, BenchReport report)
            throws Exception {
        List<SimulatedGateway> bursting =
                fleet.stream()
                        .filter(gateway -> gateway.champion(Testbed.MODEL).isPresent())
                        .limit(BURSTING)
                        .toList();
        fleet.stream()
                .filter(gateway -> !bursting.contains(gateway))
                .forEach(SimulatedGateway::die);
        Burst.Outcome outcome =
                new Burst(testbed, KILLS, SEED, PATIENCE).run(bursting, Testbed.MODEL);
        report.figure("verdicts accepted around " + KILLS + " kills", outcome.accepted(), "")
                .figure("of them lost", outcome.lost(), "", Bound.atMost(0))
                .figure("of them stored twice", outcome.doubled(), "", Bound.atMost(0));
    }

    /** The identity of a gateway that was registered just now. */
    public static Identity identity(JsonNode login) {
        return new Identity(
                login.path("account").asText(),
                login.path("clientId").asText(),
                URI.create(login.path("broker").asText()),
                login.path("username").asText(),
                login.path("password").asText());
    }
}
