package io.karu.bench.swap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.karu.bench.BenchReport;
import io.karu.bench.BenchReport.Bound;
import io.karu.bench.Measurement;
import io.karu.bench.ProcessFacts;
import io.karu.testbed.Camera;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.GeneratedBoards;
import io.karu.testbed.RestClient;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Replaces models and the station's bundle under running stations, breaks things on purpose, and
 * counts frames: (a) model upgrades, (b) upgrades of the station's package, (c) a package that
 * cannot resolve and a model whose golden check fails, (d) kill -9 of a gateway, also right after a
 * rollback, (e) 30 s without broker, (f) the service level of swaps under a saturated station.
 */
public final class SwapBench implements Measurement {
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

    @Override
    public BenchReport measure(List<String> words) throws Exception {
        SwapOptions options = SwapOptions.parse(words);
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
        private final SwapOptions options;
        private final BenchReport report;
        private final SwapFleet fleet;
        private final List<Camera> cameras = new ArrayList<>();
        private final List<BufferedWriter> lists = new ArrayList<>();
        private final List<Span> modelUpgrades = new ArrayList<>();
        private final List<Span> stationUpgrades = new ArrayList<>();
        private final Map<String, Path> folderByDigest = new HashMap<>();
        private final GeneratedBoards boards;

        Run(Testbed testbed, SwapOptions options) {
            this.testbed = testbed;
            this.fleet = new SwapFleet(testbed);
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
                DevelopmentGateway gateway = testbed.gateway("gw-" + n);
                fleet.add(gateway);
                gateway.start();
                gateway.awaitOnline(Duration.ofSeconds(90), "DEPLOY-V2", "CONF-V2", "INVENTORY-V1");
            }
            for (String name : Testbed.packages()) {
                fleet.deployEverywhere(testbed.packageFile(name), "SUCCEEDED");
            }
            fleet.installEverywhere(register(testbed.modelFolder("1")));
            for (DevelopmentGateway gateway : fleet.gateways()) {
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
            fleet.awaitVerdicts(20);
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
                fleet.installEverywhere(version);
                Instant from = Instant.now();
                fleet.activateEverywhere(version);
                fleet.awaitVerdicts(3);
                Instant to = Instant.now();
                fleet.gateways().forEach(g -> modelUpgrades.add(new Span(g.id(), from, to)));
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
            for (DevelopmentGateway gateway : fleet.gateways()) {
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
            for (DevelopmentGateway gateway : fleet.gateways()) {
                asked.put(gateway.id(), CompletableFuture.supplyAsync(() -> factsOf(gateway)));
            }
            Map<String, ProcessFacts> facts = new HashMap<>();
            for (Map.Entry<String, CompletableFuture<ProcessFacts>> one : asked.entrySet()) {
                facts.put(one.getKey(), one.getValue().get());
            }
            return facts;
        }

        private static ProcessFacts factsOf(DevelopmentGateway gateway) {
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
                for (DevelopmentGateway gateway : fleet.gateways()) {
                    Instant from = Instant.now();
                    fleet.ended(gateway.deploy(offered, false), "SUCCEEDED");
                    fleet.awaitVerdicts(3);
                    stationUpgrades.add(new Span(gateway.id(), from, Instant.now()));
                }
            }
            int loaders = 0;
            for (DevelopmentGateway gateway : fleet.gateways()) {
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
            Map<DevelopmentGateway, String> worked = new LinkedHashMap<>();
            Map<DevelopmentGateway, Long> jobs = new LinkedHashMap<>();
            for (DevelopmentGateway gateway : fleet.gateways()) {
                worked.put(gateway, fleet.installed(gateway, "karu-station"));
                jobs.put(gateway, gateway.deploy(unresolvable, false));
            }
            for (DevelopmentGateway gateway : fleet.gateways()) {
                JsonNode ended = fleet.ended(jobs.get(gateway), "FAILED");
                JsonNode failure = ended.path("failure");
                report.note("(c) " + gateway.id() + ": " + SwapFleet.told(ended));
                unsaid +=
                        failure.path("bundle").asText().equals("io.karu.station")
                                        && failure.path("reason").asText().contains(NOWHERE)
                                        && failure.path("outcome").asText().contains("re-installed")
                                        && fleet.installed(gateway, "karu-station")
                                                .equals(worked.get(gateway))
                                ? 0
                                : 1;
            }
            fleet.awaitVerdicts(3);
            say("(c) a model whose golden output is wrong");
            Path variants = options.home().resolve("variants");
            unsaid +=
                    refusedByAggregator(Variants.modelWithWrongGolden(original(), variants))
                            ? 0
                            : 1;
            say("(c) a version whose golden output is altered on the gateway's disk");
            JsonNode altered = register(Variants.modelOf(original(), "bench-altered", variants));
            fleet.installEverywhere(altered);
            fleet.installEverywhere(
                    register(Variants.modelOf(original(), "bench-instead", variants)));
            for (DevelopmentGateway gateway : fleet.gateways()) {
                Variants.alterGolden(SwapFleet.storedVersion(gateway, altered));
                String before = fleet.champion(gateway);
                JsonNode ended = fleet.ended(SwapFleet.activation(gateway, altered), "FAILED");
                report.note("(c) " + gateway.id() + ": " + SwapFleet.told(ended));
                unsaid += ended.path("failure").path("reason").asText().contains("damaged") ? 0 : 1;
                unsaid += fleet.champion(gateway).equals(before) ? 0 : 1;
            }
            fleet.awaitVerdicts(3);
            report.figure(
                    "(c) broken versions not refused with their reason",
                    unsaid,
                    "",
                    Bound.atMost(0));
        }

        private Path original() {
            return testbed.modelFolder("2");
        }

        private boolean refusedByAggregator(Path version) throws Exception {
            try {
                testbed.uploadModel(version);
                return false;
            } catch (RestClient.ProblemException e) {
                report.note("(c) aggregator: " + e.getMessage());
                return e.getMessage().contains("golden case");
            }
        }

        /** The version that is rolled back is the one whose bundle Kura installs again at boot. */
        private void killGateways() throws Exception {
            JsonNode unloved =
                    register(
                            Variants.modelOf(
                                    testbed.modelFolder("1"),
                                    "bench-rolled-back",
                                    options.home().resolve("variants")));
            fleet.installEverywhere(unloved);
            fleet.activateEverywhere(unloved);
            fleet.awaitVerdicts(3);
            int cameBack = 0;
            for (DevelopmentGateway gateway : fleet.gateways()) {
                say("(d) kill -9 " + gateway.id());
                gateway.process().kill();
                gateway.start();
                fleet.awaitVerdicts(3);
                gateway.awaitOnline(Duration.ofSeconds(120), "KARU-V1");
                say("(d) rollback, then kill -9 " + gateway.id());
                fleet.ended(fleet.rollback(gateway), "SUCCEEDED");
                gateway.process().kill();
                gateway.start();
                fleet.awaitVerdicts(3);
                gateway.awaitOnline(Duration.ofSeconds(120), "KARU-V1");
                cameBack += fleet.champion(gateway).equals(unloved.path("digest").asText()) ? 1 : 0;
            }
            report.figure("(d) rolled-back versions that came back", cameBack, "", Bound.atMost(0));
        }

        private void stopBroker() throws Exception {
            say("(e) " + options.outage().toSeconds() + " s without broker");
            testbed.aggregator().stop(Duration.ofSeconds(20));
            TimeUnit.MILLISECONDS.sleep(options.outage().toMillis());
            testbed.startAggregator();
            for (DevelopmentGateway gateway : fleet.gateways()) {
                gateway.awaitOnline(Duration.ofSeconds(120), "KARU-V1");
            }
            fleet.awaitVerdicts(3);
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
            for (DevelopmentGateway gateway : fleet.gateways()) {
                JsonNode counted = settled(gateway);
                offered += counted.path("offered").asLong();
                verdicts += counted.path("verdicts").asLong();
                lost += counted.path("lost").asLong();
                duplicated +=
                        counted.path("duplicated").asLong() + counted.path("unknown").asLong();
                counted.path("lostFrames")
                        .forEach(frame -> report.note(gateway.id() + " lost " + frame.asText()));
                List<JsonNode> rows = fleet.rows(gateway);
                modelGaps.addAll(Span.gaps(modelUpgrades, gateway.id(), rows));
                stationGaps.addAll(Span.gaps(stationUpgrades, gateway.id(), rows));
                undisturbed.addAll(Span.gaps(quiet, gateway.id(), rows));
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
            report.figure("(a) gap p50", Span.median(modelGaps), "ms");
            report.figure("(a) gap max", modelGaps.get(modelGaps.size() - 1), "ms");
            report.aim("(b) gap p50", Span.median(stationGaps), "ms", Bound.atMost(250));
            report.figure("(b) gap max", stationGaps.get(stationGaps.size() - 1), "ms");
            report.figure("as long right before (b), gap p50", Span.median(undisturbed), "ms");
            report.figure(
                    "as long right before (b), gap max",
                    undisturbed.get(undisturbed.size() - 1),
                    "ms");
            report.note(
                    "a gap is the longest time between two verdicts from the order of a change to the third verdict after it; boards arrive every "
                            + Math.round(1000 / options.rate())
                            + " ms");
        }

        /**
         * The count of the separate program, once nothing is on its way any more or two minutes
         * have passed.
         */
        private JsonNode settled(DevelopmentGateway gateway) throws Exception {
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

        private JsonNode runFrameCount(DevelopmentGateway gateway)
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

        private JsonNode register(Path folder) throws IOException, InterruptedException {
            JsonNode version = testbed.uploadModel(folder);
            folderByDigest.put(version.path("digest").asText(), folder);
            return version;
        }

        private Path offeredFile(DevelopmentGateway gateway) {
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
