package io.karu.bench.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.ProcessFacts;
import io.karu.simulator.Identity;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A simulated fleet on one aggregator with its embedded broker and database, as a process of its
 * own: connections and memory, ingest of verdicts beside the raw rate of the same broker, a
 * rollout, and kills in the middle of a burst.
 */
public final class FleetBench implements Measurement {
    private static final long SEED = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final int SENDERS = 8;
    private static final int PARTS_PER_MESSAGE = 10;
    private static final int ROUNDS = 5;
    private static final int CONNECTING_AT_ONCE = 16;
    private static final int CONNECTION_ATTEMPTS = 5;

    /** What the command line asked for. */
    private record Options(int registered, int live, int rollout, int messages) {
        static Options of(List<String> words) {
            int registered = 10_000;
            int live = 5_000;
            int rollout = 1_000;
            int messages = 4_000;
            for (int i = 0; i < words.size(); i += 2) {
                String word = words.get(i);
                if (i + 1 == words.size()) {
                    throw new IllegalArgumentException(word + " needs a number");
                }
                int value = Integer.parseInt(words.get(i + 1));
                switch (word) {
                    case "--registered" -> registered = value;
                    case "--live" -> live = value;
                    case "--rollout" -> rollout = value;
                    case "--messages" -> messages = value;
                    default ->
                            throw new IllegalArgumentException(
                                    word + ": use --registered, --live, --rollout, --messages N");
                }
            }
            return new Options(
                    registered, Math.min(live, registered), Math.min(rollout, live), messages);
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
        try (Testbed testbed = Testbed.open(root, home);
                Simulator simulator = new Simulator()) {
            testbed.startAggregator("--set", "fleet.read.seconds=600");
            List<SimulatedGateway> fleet = connect(testbed, simulator, options, report);
            ingest(testbed, fleet, options, report);
            rollOut(testbed, fleet, options, report);
            new Burst(testbed, report)
                    .measure(simulator, fleet.subList(0, Math.min(50, fleet.size())));
        }
        return report;
    }

    private static List<SimulatedGateway> connect(
            Testbed testbed, Simulator simulator, Options options, BenchReport report)
            throws Exception {
        long idle = ProcessFacts.residentAfterCollection(testbed.aggregator().pid());
        Instant began = Instant.now();
        List<SimulatedGateway> all = new ArrayList<>();
        for (int i = 0; i < options.registered(); i++) {
            JsonNode login =
                    testbed.rest()
                            .post(
                                    "/api/v1/gateways",
                                    Map.of("clientId", "sim-" + i, "site", "plant-" + i % 10));
            if (i < options.live()) {
                all.add(simulator.gateway(identity(login)));
            }
        }
        report.figure("registered gateways", options.registered(), "")
                .figure("registrations", rate(options.registered(), began), "1/s");
        began = Instant.now();
        List<CompletableFuture<Void>> open = new ArrayList<>();
        for (SimulatedGateway gateway : all) {
            open.add(connect(gateway, CONNECTION_ATTEMPTS));
            if (open.size() >= CONNECTING_AT_ONCE) {
                open.remove(0).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
        for (CompletableFuture<Void> one : open) {
            one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        double connections = rate(all.size(), began);
        long live = all.stream().filter(SimulatedGateway::connected).count();
        await(
                "all of them online",
                () -> online(testbed) >= live ? Optional.of(true) : Optional.empty());
        report.aim("live connections", live, "", Bound.atLeast(5000))
                .figure("connect, BIRTH and subscribe", connections, "1/s")
                .figure("until all are shown online", seconds(began), "s");
        TimeUnit.SECONDS.sleep(5);
        long full = ProcessFacts.residentAfterCollection(testbed.aggregator().pid());
        report.figure("resident memory, nobody connected", idle / 1024.0, "MiB")
                .figure("resident memory, all connected", full / 1024.0, "MiB")
                .figure("memory of one live gateway", (full - idle) / (double) live, "KiB");
        return all;
    }

    /** A gateway whose login could not be checked in time tries again, as Kura does. */
    private static CompletableFuture<Void> connect(SimulatedGateway gateway, int attempts) {
        CompletableFuture<Void> connecting = gateway.connect();
        return attempts <= 1
                ? connecting
                : connecting
                        .handle(
                                (done, error) ->
                                        error == null
                                                ? CompletableFuture.<Void>completedFuture(null)
                                                : connect(gateway, attempts - 1))
                        .thenCompose(again -> again);
    }

    static Identity identity(JsonNode login) {
        return new Identity(
                login.path("account").asText(),
                login.path("clientId").asText(),
                URI.create(login.path("broker").asText()),
                login.path("username").asText(),
                login.path("password").asText());
    }

    private static int online(Testbed testbed) throws IOException, InterruptedException {
        int online = 0;
        for (JsonNode gateway : testbed.rest().get("/api/v1/gateways").path("gateways")) {
            online += gateway.path("state").asText().equals("ONLINE") ? 1 : 0;
        }
        return online;
    }

    /** Rounds of the same messages by turns: to nobody who reads them, and to be stored. */
    private static void ingest(
            Testbed testbed, List<SimulatedGateway> fleet, Options options, BenchReport report)
            throws Exception {
        List<SimulatedGateway> senders = fleet.subList(0, Math.min(SENDERS, fleet.size()));
        JsonNode version = testbed.uploadModel(testbed.modelFolder("1"));
        byte[] dp = dp(testbed, version);
        for (SimulatedGateway sender : senders) {
            sender.install(dp);
            sender.line(
                    new Line(
                            "line-1",
                            Testbed.MODEL,
                            Map.of("open", 0.1, "short", 0.1),
                            digest -> Line.Sight.GOOD,
                            SEED));
        }
        List<Double> raw = new ArrayList<>();
        List<Double> stored = new ArrayList<>();
        int messages = options.messages() / senders.size();
        for (int round = 0; round <= ROUNDS; round++) {
            double rawRate = raw(senders, messages);
            double storedRate = stored(testbed, senders, messages);
            if (round > 0) { // the first is to warm up
                raw.add(rawRate);
                stored.add(storedRate);
            }
        }
        raw.sort(null);
        stored.sort(null);
        double rawMedian = raw.get(ROUNDS / 2);
        double storedMedian = stored.get(ROUNDS / 2);
        report.figure("raw QoS 1 messages", rawMedian, "1/s")
                .figure("verdict messages stored", storedMedian, "1/s")
                .figure("verdicts stored", storedMedian * PARTS_PER_MESSAGE, "1/s")
                .figure(
                        "verdict ingest to raw QoS 1",
                        storedMedian / rawMedian,
                        "",
                        Bound.atLeast(0.3),
                        Bound.atLeast(0.5))
                .note(
                        "verdict messages carry "
                                + PARTS_PER_MESSAGE
                                + " verdicts; raw ones have the same bytes on a topic that the aggregator receives, acknowledges and forgets");
    }

    private static byte[] dp(Testbed testbed, JsonNode version) throws IOException {
        Path file;
        try (var files = Files.walk(testbed.home().resolve("aggregator/packages"))) {
            String digest = version.path("digest").asText().replace("sha256:", "").substring(0, 12);
            file =
                    files.filter(f -> f.getFileName().toString().contains(digest))
                            .filter(Files::isRegularFile)
                            .findFirst()
                            .orElseThrow(() -> new IOException("no package of " + version));
        }
        return Files.readAllBytes(file);
    }

    private static double raw(List<SimulatedGateway> senders, int messages) throws Exception {
        Instant began = Instant.now();
        List<CompletableFuture<Void>> sent = new ArrayList<>();
        for (SimulatedGateway sender : senders) {
            sent.add(sender.sendRaw(messages, PARTS_PER_MESSAGE));
        }
        for (CompletableFuture<Void> one : sent) {
            one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        return rate((long) messages * senders.size(), began);
    }

    private static double stored(Testbed testbed, List<SimulatedGateway> senders, int messages)
            throws Exception {
        double before = verdicts(testbed);
        Instant began = Instant.now();
        List<CompletableFuture<Void>> sent = new ArrayList<>();
        for (SimulatedGateway sender : senders) {
            sent.add(sender.send(messages, PARTS_PER_MESSAGE));
        }
        for (CompletableFuture<Void> one : sent) {
            one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        double wanted = before + (double) messages * senders.size() * PARTS_PER_MESSAGE;
        await(
                "all verdicts stored",
                () -> verdicts(testbed) >= wanted ? Optional.of(true) : Optional.empty());
        return rate((long) messages * senders.size(), began);
    }

    static double verdicts(Testbed testbed) throws IOException, InterruptedException {
        return metric(testbed, "karu_verdicts_total");
    }

    /** Sum over the labels of a counter. */
    static double metric(Testbed testbed, String name) throws IOException, InterruptedException {
        Matcher lines =
                Pattern.compile("^" + name + "(?:\\{[^}]*})? (\\S+)$", Pattern.MULTILINE)
                        .matcher(testbed.rest().text("/metrics"));
        double sum = 0;
        while (lines.find()) {
            sum += Double.parseDouble(lines.group(1));
        }
        return sum;
    }

    private static void rollOut(
            Testbed testbed, List<SimulatedGateway> fleet, Options options, BenchReport report)
            throws Exception {
        JsonNode two = testbed.uploadModel(testbed.modelFolder("2"));
        long written = written(testbed.aggregator().pid());
        long processor = processorMillis(testbed.aggregator().pid());
        long messages = fleet.stream().mapToLong(SimulatedGateway::spoken).sum();
        Instant began = Instant.now();
        List<String> targets =
                fleet.stream().limit(options.rollout()).map(g -> g.identity().clientId()).toList();
        long id =
                testbed.rest()
                        .post(
                                "/api/v1/rollouts",
                                Map.of(
                                        "name", "bench",
                                        "artefact",
                                                Map.of(
                                                        "kind",
                                                        "model",
                                                        "name",
                                                        Testbed.MODEL,
                                                        "digest",
                                                        two.path("digest").asText()),
                                        "targets", Map.of("gateways", targets),
                                        "groups",
                                                List.of(
                                                        Map.of(
                                                                "name",
                                                                "tenth",
                                                                "size",
                                                                Map.of("percent", 10)),
                                                        Map.of("name", "rest")),
                                        "observeSeconds", 0))
                        .path("id")
                        .asLong();
        testbed.rest().post("/api/v1/rollouts/" + id + "/start", Map.of());
        JsonNode ended =
                await(
                        "the rollout ends",
                        () -> {
                            JsonNode now = testbed.rest().get("/api/v1/rollouts/" + id);
                            String state = now.path("state").asText();
                            return state.equals("FINISHED") || state.equals("HALTED")
                                    ? Optional.of(now)
                                    : Optional.empty();
                        });
        double seconds = seconds(began);
        long deciding =
                fleet.stream()
                        .filter(
                                g ->
                                        g.champion(Testbed.MODEL)
                                                .filter(two.path("digest").asText()::equals)
                                                .isPresent())
                        .count();
        report.figure("gateways rolled out to", deciding, "", Bound.atLeast(targets.size()))
                .figure("time of the rollout", seconds, "s")
                .figure(
                        "messages of a gateway in it",
                        (fleet.stream().mapToLong(SimulatedGateway::spoken).sum() - messages)
                                / (double) targets.size(),
                        "")
                .figure(
                        "written to disk for a gateway",
                        (written(testbed.aggregator().pid()) - written) / 1024.0 / targets.size(),
                        "KiB")
                .figure(
                        "processor time for a gateway",
                        (processorMillis(testbed.aggregator().pid()) - processor)
                                / (double) targets.size(),
                        "ms")
                .note("rollout: " + ended.path("reason").asText());
    }

    private static long written(long pid) throws IOException {
        Matcher bytes =
                Pattern.compile("^write_bytes: (\\d+)", Pattern.MULTILINE)
                        .matcher(Files.readString(Path.of("/proc", Long.toString(pid), "io")));
        return bytes.find() ? Long.parseLong(bytes.group(1)) : 0;
    }

    private static long processorMillis(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().totalCpuDuration())
                .map(Duration::toMillis)
                .orElse(0L);
    }

    static <T> T await(String what, Callable<Optional<T>> probe)
            throws IOException, InterruptedException {
        return Testbed.await(what, PATIENCE, probe);
    }

    static double rate(long count, Instant since) {
        return count / seconds(since);
    }

    static double seconds(Instant since) {
        return Duration.between(since, Instant.now()).toMillis() / 1000.0;
    }
}
