package io.karu.bench.swap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.ProcessFacts;
import io.karu.testbed.Camera;
import io.karu.testbed.GeneratedBoards;
import io.karu.testbed.Testbed;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Replaces models and the station's bundle under running stations, breaks things on purpose, and
 * counts frames: (a) model upgrades, (b) upgrades of the station's package, (c) a package that
 * cannot resolve and a model whose golden check fails, (d) kill -9 of a gateway, also right after a
 * rollback, (e) 30 s without broker, (f) the service level of swaps under a saturated station.
 */
public final class SwapBench implements Measurement {
    private static final Duration INSTALL_DEADLINE = Duration.ofMinutes(3);
    private static final int MODEL_UPGRADES = 20;
    private static final int STATION_UPGRADES = 5;
    private static final int LEVEL_SWAPS = 100;
    private static final int SOAK_SWAPS = 10_000;
    private static final String NOWHERE = "io.karu.nowhere";
    private static final String STATION_CLASS = "io.karu.station.kura.StationComponent";

    @Override
    public String name() {
        return "swap";
    }

    @Override
    public String description() {
        return "replaces models and bundles under running stations; counts lost, duplicated and mixed frames";
    }

    /** What the command line asked for. */
    private record Options(
            double rate,
            int gateways,
            int modelUpgrades,
            int stationUpgrades,
            Duration outage,
            long seed,
            Path home,
            boolean levelOnly,
            int swaps,
            Duration longest) {
        static Options parse(List<String> words) {
            Map<String, String> given = new HashMap<>();
            boolean quick = false;
            boolean level = false;
            boolean soak = false;
            for (int i = 0; i < words.size(); i++) {
                if (words.get(i).equals("--quick")) {
                    quick = true;
                } else if (words.get(i).equals("--level")) {
                    level = true;
                } else if (words.get(i).equals("--soak")) {
                    soak = true;
                } else if (i + 1 < words.size()
                        && List.of("--rate", "--gateways", "--seed", "--home", "--minutes")
                                .contains(words.get(i))) {
                    given.put(words.get(i), words.get(++i));
                } else {
                    throw new IllegalArgumentException(
                            words.get(i)
                                    + ": expected --rate FRAMES_PER_SECOND, --gateways N, --seed N, --home DIR, --quick, --level (f alone), --soak (f with 10,000 swaps) or --minutes N (ends the soak earlier)");
                }
            }
            return new Options(
                    Double.parseDouble(given.getOrDefault("--rate", "8")),
                    Integer.parseInt(given.getOrDefault("--gateways", "2")),
                    quick ? 6 : MODEL_UPGRADES,
                    quick ? 1 : STATION_UPGRADES,
                    Duration.ofSeconds(quick ? 8 : 30),
                    Long.parseLong(given.getOrDefault("--seed", "1")),
                    Path.of(
                            given.getOrDefault(
                                    "--home",
                                    System.getenv().getOrDefault("KARU_ROOT", ".")
                                            + "/target/bench-swap")),
                    level || soak,
                    soak ? SOAK_SWAPS : LEVEL_SWAPS,
                    Duration.ofMinutes(Long.parseLong(given.getOrDefault("--minutes", "600"))));
        }
    }

    /** A span of time in which a model or a bundle was being replaced. */
    private record Span(String gateway, Instant from, Instant to) {
        /** As long, and right before: what the machine does without the change. */
        Span before() {
            return new Span(gateway, from.minus(Duration.between(from, to)), from);
        }
    }

    @Override
    public BenchReport measure(List<String> words) throws Exception {
        Options options = Options.parse(words);
        Path root = Path.of(System.getenv().getOrDefault("KARU_ROOT", "."));
        deleteTree(options.home());
        BenchReport report;
        if (options.levelOnly()) {
            report = new BenchReport("swap", "one saturated station", options.seed());
        } else {
            try (Testbed testbed = Testbed.open(root, options.home())) {
                report = new Run(testbed, options).measure();
            }
        }
        Run.say("(f) " + options.swaps() + " swaps under saturation");
        Path models = root.resolve("cloud-aggregator/golden-template/target/models");
        new ServiceLevel(options.home().resolve("level"), options.seed())
                .measure(
                        List.of(
                                models.resolve("golden-template-1"),
                                models.resolve("golden-template-2")),
                        options.swaps(),
                        options.longest(),
                        report);
        return report;
    }

    /** One measurement. */
    private static final class Run {
        private final Testbed testbed;
        private final Options options;
        private final BenchReport report;
        private final List<Testbed.Gateway> gateways = new ArrayList<>();
        private final List<Camera> cameras = new ArrayList<>();
        private final List<BufferedWriter> lists = new ArrayList<>();
        private final List<Span> modelUpgrades = new ArrayList<>();
        private final List<Span> stationUpgrades = new ArrayList<>();
        private final Map<String, Path> folderByDigest = new HashMap<>();
        private final GeneratedBoards boards;

        Run(Testbed testbed, Options options) {
            this.testbed = testbed;
            this.options = options;
            this.boards = new GeneratedBoards(options.seed());
            this.report =
                    new BenchReport(
                            "swap",
                            options.gateways()
                                    + " gateways × "
                                    + options.rate()
                                    + " generated boards/s, pull sources",
                            options.seed());
        }

        BenchReport measure() throws Exception {
            bringUp();
            upgradeModels();
            upgradeStations();
            offerBroken();
            killGateways();
            stopBroker();
            for (Camera camera : cameras) {
                camera.close();
            }
            for (BufferedWriter list : lists) {
                list.close();
            }
            count();
            return report;
        }

        private void bringUp() throws Exception {
            say("bring-up");
            testbed.startAggregator();
            for (int n = 1; n <= options.gateways(); n++) {
                Testbed.Gateway gateway = testbed.gateway("gw-" + n);
                gateways.add(gateway);
                gateway.start();
                gateway.awaitOnline(Duration.ofSeconds(90), "DEPLOY-V2", "CONF-V2", "INVENTORY-V1");
            }
            for (String name : Testbed.packages()) {
                deployEverywhere(testbed.packageFile(name), "SUCCEEDED");
            }
            installEverywhere(register(testbed.modelFolder("1")));
            for (Testbed.Gateway gateway : gateways) {
                gateway.ensureStation(Map.of("publish", "all"));
                BufferedWriter list = Files.newBufferedWriter(offeredFile(gateway));
                lists.add(list);
                cameras.add(
                        Camera.start(
                                gateway.inbox(),
                                options.home().resolve(gateway.id() + ".camera"),
                                boards,
                                Duration.ofNanos((long) (1e9 / options.rate())),
                                frame -> write(list, frame)));
            }
            awaitVerdicts(20);
        }

        private void upgradeModels() throws Exception {
            Map<String, ProcessFacts> early = Map.of();
            for (int i = 1; i <= options.modelUpgrades(); i++) {
                say("(a) model upgrade " + i + " of " + options.modelUpgrades());
                Path original = testbed.modelFolder(i % 2 == 0 ? "1" : "2");
                JsonNode version =
                        register(
                                Variants.modelOf(
                                        original,
                                        "bench-" + i,
                                        options.home().resolve("variants")));
                installEverywhere(version);
                Instant from = Instant.now();
                activateEverywhere(version);
                awaitVerdicts(3);
                Instant to = Instant.now();
                gateways.forEach(g -> modelUpgrades.add(new Span(g.id(), from, to)));
                if (i == 5) {
                    early = facts();
                }
            }
            Map<String, ProcessFacts> late = facts();
            double growth = 0;
            double untrimmed = 0;
            int threads = 0;
            int descriptors = 0;
            int libraries = 0;
            for (Testbed.Gateway gateway : gateways) {
                ProcessFacts before = early.get(gateway.id());
                ProcessFacts after = late.get(gateway.id());
                growth = Math.max(growth, after.heldKiB() / (double) before.heldKiB());
                untrimmed =
                        Math.max(untrimmed, after.residentKiB() / (double) before.residentKiB());
                threads =
                        Math.max(
                                threads,
                                Math.abs(after.threads().size() - before.threads().size()));
                descriptors =
                        Math.max(
                                descriptors,
                                Math.abs(after.descriptors().size() - before.descriptors().size()));
                libraries += after.nativeLibraries().equals(before.nativeLibraries()) ? 0 : 1;
                report.note(compared(gateway.id(), before, after));
            }
            report.figure("(a) resident memory, last / upgrade 5", growth, "", Bound.atMost(1.05));
            report.figure("(a) the same with what malloc keeps free", untrimmed, "");
            report.figure("(a) threads changed by", threads, "", Bound.atMost(0));
            report.figure("(a) descriptors changed by", descriptors, "", Bound.atMost(0));
            report.figure(
                    "(a) gateways with other native libraries", libraries, "", Bound.atMost(0));
        }

        /** All gateways at once, so that they stay comparable. */
        private Map<String, ProcessFacts> facts() throws Exception {
            Map<String, CompletableFuture<ProcessFacts>> asked = new LinkedHashMap<>();
            for (Testbed.Gateway gateway : gateways) {
                asked.put(gateway.id(), CompletableFuture.supplyAsync(() -> factsOf(gateway)));
            }
            Map<String, ProcessFacts> facts = new HashMap<>();
            for (Map.Entry<String, CompletableFuture<ProcessFacts>> one : asked.entrySet()) {
                facts.put(one.getKey(), one.getValue().get());
            }
            return facts;
        }

        private static ProcessFacts factsOf(Testbed.Gateway gateway) {
            try {
                return ProcessFacts.afterCollection(gateway.process().pid());
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(gateway.id() + ": " + e.getMessage(), e);
            }
        }

        private static String compared(String gateway, ProcessFacts before, ProcessFacts after) {
            return gateway
                    + ": resident "
                    + before.heldKiB() / 1024
                    + " → "
                    + after.heldKiB() / 1024
                    + " MiB (with malloc's free pages "
                    + before.residentKiB() / 1024
                    + " → "
                    + after.residentKiB() / 1024
                    + "); threads "
                    + before.threads().size()
                    + " → "
                    + after.threads().size()
                    + ", new "
                    + ProcessFacts.beyond(after.threads(), before.threads())
                    + ", gone "
                    + ProcessFacts.beyond(before.threads(), after.threads())
                    + "; descriptors "
                    + before.descriptors().size()
                    + " → "
                    + after.descriptors().size()
                    + ", new "
                    + ProcessFacts.beyond(after.descriptors(), before.descriptors())
                    + ", gone "
                    + ProcessFacts.beyond(before.descriptors(), after.descriptors());
        }

        private void upgradeStations() throws Exception {
            Path original = testbed.packageFile("karu-station");
            for (int i = 1; i <= options.stationUpgrades(); i++) {
                say("(b) station upgrade " + i + " of " + options.stationUpgrades());
                JsonNode offered =
                        testbed.offer(
                                Variants.packageOf(
                                        original, i, options.home().resolve("variants")));
                for (Testbed.Gateway gateway : gateways) {
                    Instant from = Instant.now();
                    ended(gateway.deploy(offered, false), "SUCCEEDED");
                    awaitVerdicts(3);
                    stationUpgrades.add(new Span(gateway.id(), from, Instant.now()));
                }
            }
            int loaders = 0;
            for (Testbed.Gateway gateway : gateways) {
                ProcessFacts.collect(gateway.process().pid());
                loaders =
                        Math.max(
                                loaders,
                                ProcessFacts.loadersOf(gateway.process().pid(), STATION_CLASS));
            }
            report.figure("(b) live loaders of the station's bundle", loaders, "", Bound.atMost(1));
        }

        private void offerBroken() throws Exception {
            say("(c) a package that cannot resolve");
            JsonNode unresolvable =
                    testbed.offer(
                            Variants.unresolvablePackageOf(
                                    testbed.packageFile("karu-station"),
                                    options.home().resolve("variants")));
            int unsaid = 0;
            Map<Testbed.Gateway, String> worked = new LinkedHashMap<>();
            Map<Testbed.Gateway, Long> jobs = new LinkedHashMap<>();
            for (Testbed.Gateway gateway : gateways) {
                worked.put(gateway, installed(gateway, "karu-station"));
                jobs.put(gateway, gateway.deploy(unresolvable, false));
            }
            for (Testbed.Gateway gateway : gateways) {
                JsonNode ended = ended(jobs.get(gateway), "FAILED");
                JsonNode failure = ended.path("failure");
                report.note("(c) " + gateway.id() + ": " + told(ended));
                unsaid +=
                        failure.path("bundle").asText().equals("io.karu.station")
                                        && failure.path("reason").asText().contains(NOWHERE)
                                        && failure.path("outcome").asText().contains("re-installed")
                                        && installed(gateway, "karu-station")
                                                .equals(worked.get(gateway))
                                ? 0
                                : 1;
            }
            awaitVerdicts(3);
            say("(c) a model whose golden check fails");
            JsonNode wrong =
                    register(
                            Variants.modelWithWrongGolden(
                                    testbed.modelFolder("2"), options.home().resolve("variants")));
            for (Testbed.Gateway gateway : gateways) {
                ended(gateway.installModel(wrong), "SUCCEEDED");
                String before = champion(gateway);
                JsonNode ended = ended(activation(gateway, wrong), "FAILED");
                report.note("(c) " + gateway.id() + ": " + told(ended));
                unsaid += ended.path("failure").path("reason").asText().contains("golden") ? 0 : 1;
                unsaid += champion(gateway).equals(before) ? 0 : 1;
            }
            awaitVerdicts(3);
            report.figure(
                    "(c) broken versions not refused with their reason",
                    unsaid,
                    "",
                    Bound.atMost(0));
        }

        /** The version that is rolled back is the one whose bundle Kura installs again at boot. */
        private void killGateways() throws Exception {
            JsonNode unloved =
                    register(
                            Variants.modelOf(
                                    testbed.modelFolder("1"),
                                    "bench-rolled-back",
                                    options.home().resolve("variants")));
            installEverywhere(unloved);
            activateEverywhere(unloved);
            awaitVerdicts(3);
            int cameBack = 0;
            for (Testbed.Gateway gateway : gateways) {
                say("(d) kill -9 " + gateway.id());
                gateway.process().kill();
                gateway.start();
                awaitVerdicts(3);
                gateway.awaitOnline(Duration.ofSeconds(120), "KARU-V1");
                say("(d) rollback, then kill -9 " + gateway.id());
                ended(rollback(gateway), "SUCCEEDED");
                gateway.process().kill();
                gateway.start();
                awaitVerdicts(3);
                gateway.awaitOnline(Duration.ofSeconds(120), "KARU-V1");
                cameBack += champion(gateway).equals(unloved.path("digest").asText()) ? 1 : 0;
            }
            report.figure("(d) rolled-back versions that came back", cameBack, "", Bound.atMost(0));
        }

        private long rollback(Testbed.Gateway gateway) throws IOException, InterruptedException {
            return testbed.rest()
                    .post(
                            "/api/v1/gateways/"
                                    + gateway.id()
                                    + "/models/"
                                    + Testbed.MODEL
                                    + "/rollback",
                            Map.of())
                    .path("id")
                    .asLong();
        }

        private void stopBroker() throws Exception {
            say("(e) " + options.outage().toSeconds() + " s without broker");
            testbed.aggregator().stop(Duration.ofSeconds(20));
            TimeUnit.MILLISECONDS.sleep(options.outage().toMillis());
            testbed.startAggregator();
            for (Testbed.Gateway gateway : gateways) {
                gateway.awaitOnline(Duration.ofSeconds(120), "KARU-V1");
            }
            awaitVerdicts(3);
        }

        private void count() throws Exception {
            say("counting");
            long offered = 0;
            long verdicts = 0;
            long lost = 0;
            long duplicated = 0;
            List<Long> modelGaps = new ArrayList<>();
            List<Long> stationGaps = new ArrayList<>();
            List<Long> undisturbed = new ArrayList<>();
            List<Span> quiet = stationUpgrades.stream().map(Span::before).toList();
            MixedStateCheck mixed = new MixedStateCheck(folderByDigest, boards);
            for (Testbed.Gateway gateway : gateways) {
                JsonNode counted = settled(gateway);
                offered += counted.path("offered").asLong();
                verdicts += counted.path("verdicts").asLong();
                lost += counted.path("lost").asLong();
                duplicated +=
                        counted.path("duplicated").asLong() + counted.path("unknown").asLong();
                counted.path("lostFrames")
                        .forEach(frame -> report.note(gateway.id() + " lost " + frame.asText()));
                List<JsonNode> rows = rows(gateway);
                modelGaps.addAll(gaps(modelUpgrades, gateway.id(), rows));
                stationGaps.addAll(gaps(stationUpgrades, gateway.id(), rows));
                undisturbed.addAll(gaps(quiet, gateway.id(), rows));
                mixed.check(rows);
            }
            report.figure("frames offered", offered, "");
            report.figure("verdicts", verdicts, "");
            report.figure("lost", lost, "", Bound.atMost(0));
            report.figure("duplicated", duplicated, "", Bound.atMost(0));
            report.figure("of mixed model state", mixed.mixed(), "", Bound.atMost(0));
            report.note(
                    mixed.checked()
                            + " verdicts were computed again with the version that they name");
            Collections.sort(modelGaps);
            Collections.sort(stationGaps);
            Collections.sort(undisturbed);
            report.figure("(a) gap p50", median(modelGaps), "ms");
            report.figure("(a) gap max", modelGaps.get(modelGaps.size() - 1), "ms");
            report.aim("(b) gap p50", median(stationGaps), "ms", Bound.atMost(250));
            report.figure("(b) gap max", stationGaps.get(stationGaps.size() - 1), "ms");
            report.figure("as long right before (b), gap p50", median(undisturbed), "ms");
            report.figure(
                    "as long right before (b), gap max",
                    undisturbed.get(undisturbed.size() - 1),
                    "ms");
            report.note(
                    "a gap is the longest time between two verdicts from the order of a change to the third verdict after it; boards arrive every "
                            + Math.round(1000 / options.rate())
                            + " ms");
        }

        private static long median(List<Long> sorted) {
            return sorted.get((sorted.size() - 1) / 2);
        }

        /**
         * The count of the separate program, once nothing is on its way any more or two minutes
         * have passed.
         */
        private JsonNode settled(Testbed.Gateway gateway) throws Exception {
            JsonNode counted = null;
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
            do {
                counted = runFrameCount(gateway);
                if (counted.path("lost").asLong() == 0) {
                    break;
                }
                TimeUnit.SECONDS.sleep(3);
            } while (System.nanoTime() < end);
            return counted;
        }

        private JsonNode runFrameCount(Testbed.Gateway gateway)
                throws IOException, InterruptedException {
            Process program =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-XX:TieredStopAtLevel=1",
                                    "-Xmx128m",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    FrameCount.class.getName(),
                                    testbed.rest().base(),
                                    testbed.tokenFile().toString(),
                                    gateway.id(),
                                    offeredFile(gateway).toString())
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            JsonNode counted = new ObjectMapper().readTree(program.getInputStream().readAllBytes());
            if (program.waitFor() != 0) {
                throw new IOException("the counting program failed");
            }
            return counted;
        }

        private List<JsonNode> rows(Testbed.Gateway gateway)
                throws IOException, InterruptedException {
            List<JsonNode> rows = new ArrayList<>();
            long before = Long.MAX_VALUE;
            JsonNode page;
            do {
                page =
                        testbed.rest()
                                .get(
                                        "/api/v1/verdicts?gateway="
                                                + gateway.id()
                                                + "&limit=500&before="
                                                + before)
                                .path("verdicts");
                for (JsonNode row : page) {
                    rows.add(row);
                    before = Math.min(before, row.path("id").asLong());
                }
            } while (page.size() == 500);
            return rows;
        }

        /** Per change, the longest time without a verdict in ms. */
        private static List<Long> gaps(List<Span> changes, String gateway, List<JsonNode> rows) {
            List<Instant> decided =
                    rows.stream()
                            .map(row -> Instant.parse(row.path("decidedAt").asText()))
                            .sorted()
                            .toList();
            List<Long> gaps = new ArrayList<>();
            for (Span span : changes) {
                if (!span.gateway().equals(gateway)) {
                    continue;
                }
                long longest = 0;
                for (int i = 1; i < decided.size(); i++) {
                    if (decided.get(i).isAfter(span.from())
                            && decided.get(i - 1).isBefore(span.to())) {
                        longest =
                                Math.max(
                                        longest,
                                        Duration.between(decided.get(i - 1), decided.get(i))
                                                .toMillis());
                    }
                }
                gaps.add(longest);
            }
            return gaps;
        }

        private JsonNode register(Path folder) throws IOException, InterruptedException {
            JsonNode version = testbed.uploadModel(folder);
            folderByDigest.put(version.path("digest").asText(), folder);
            return version;
        }

        private void installEverywhere(JsonNode version) throws IOException, InterruptedException {
            List<Long> jobs = new ArrayList<>();
            for (Testbed.Gateway gateway : gateways) {
                jobs.add(gateway.installModel(version));
            }
            for (long job : jobs) {
                ended(job, "SUCCEEDED");
            }
        }

        private void deployEverywhere(Path file, String expected)
                throws IOException, InterruptedException {
            JsonNode offered = testbed.offer(file);
            List<Long> jobs = new ArrayList<>();
            for (Testbed.Gateway gateway : gateways) {
                jobs.add(gateway.deploy(offered, false));
            }
            for (long job : jobs) {
                ended(job, expected);
            }
        }

        private void activateEverywhere(JsonNode version) throws IOException, InterruptedException {
            List<Long> jobs = new ArrayList<>();
            for (Testbed.Gateway gateway : gateways) {
                jobs.add(activation(gateway, version));
            }
            for (long job : jobs) {
                ended(job, "SUCCEEDED");
            }
        }

        private static long activation(Testbed.Gateway gateway, JsonNode version)
                throws IOException, InterruptedException {
            return gateway.activateModel(version).path("id").asLong();
        }

        private JsonNode ended(long job, String expected) throws IOException, InterruptedException {
            JsonNode ended = testbed.awaitDeployment(job, INSTALL_DEADLINE);
            String state = ended.path("state").asText();
            if (!state.equals(expected)) {
                throw new IOException(
                        "deployment "
                                + job
                                + " of "
                                + ended.path("subject").asText()
                                + " on "
                                + ended.path("gateway").asText()
                                + " ended "
                                + state
                                + " instead of "
                                + expected
                                + ": "
                                + told(ended));
            }
            return ended;
        }

        /** What the console says of an ended deployment. */
        private static String told(JsonNode ended) {
            JsonNode failure = ended.path("failure");
            return failure.isObject()
                    ? failure.path("reason").asText() + "; " + failure.path("outcome").asText()
                    : ended.path("step").asText();
        }

        private String installed(Testbed.Gateway gateway, String name)
                throws IOException, InterruptedException {
            JsonNode detail =
                    testbed.rest().post("/api/v1/gateways/" + gateway.id() + "/refresh", Map.of());
            for (JsonNode installed : detail.path("packages")) {
                if (installed.path("name").asText().equals(name)) {
                    return installed.path("version").asText();
                }
            }
            return "";
        }

        private String champion(Testbed.Gateway gateway) throws IOException, InterruptedException {
            return Testbed.await(
                    "champion of " + gateway.id(),
                    Duration.ofSeconds(90),
                    () -> {
                        JsonNode detail =
                                testbed.rest().get("/api/v1/gateways/" + gateway.id() + "/models");
                        for (JsonNode model : detail.path("models")) {
                            for (JsonNode alias : model.path("aliases")) {
                                if (alias.asText().equals("champion")) {
                                    return Optional.of(model.path("digest").asText());
                                }
                            }
                        }
                        return Optional.empty();
                    });
        }

        /** Waits until each gateway has decided this many more frames. */
        private void awaitVerdicts(int more) throws IOException, InterruptedException {
            for (Testbed.Gateway gateway : gateways) {
                long from = newest(gateway);
                Testbed.await(
                        more + " more verdicts of " + gateway.id(),
                        Duration.ofSeconds(120),
                        () ->
                                newest(gateway) >= from + more
                                        ? Optional.of(true)
                                        : Optional.empty());
            }
        }

        private long newest(Testbed.Gateway gateway) throws IOException, InterruptedException {
            return testbed.rest()
                    .get("/api/v1/verdicts?limit=1&gateway=" + gateway.id())
                    .path("verdicts")
                    .path(0)
                    .path("sequence")
                    .asLong();
        }

        private Path offeredFile(Testbed.Gateway gateway) {
            return options.home().resolve(gateway.id() + ".offered");
        }

        private static void write(BufferedWriter list, String frame) {
            try {
                list.write(frame);
                list.newLine();
                list.flush();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        private static void say(String step) {
            System.err.println("bench swap: " + step);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var files = Files.walk(folder)) {
            for (Path file :
                    (Iterable<Path>) files.sorted(java.util.Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        }
    }
}
