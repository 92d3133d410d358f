package io.karu.testbed.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.simulator.Identity;
import io.karu.simulator.Line;
import io.karu.simulator.SimulatedGateway;
import io.karu.simulator.Simulator;
import io.karu.testbed.Camera;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.GeneratedBoards;
import io.karu.testbed.Progress;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A version that installs perfectly but misses one defect class, on 12 simulated and 2 real
 * gateways: rules that look at installations let it through to all, gates on field evidence stop it
 * in the first group and bring back what was there.
 */
public final class RolloutDemo implements AutoCloseable {
    private static final String MODEL = Testbed.LEARNED_MODEL;
    private static final String MISSED = "open";
    private static final int SIMULATED = 12;
    private static final int REAL = 2;
    private static final String CANARY = "canary";
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final Map<String, Double> DEFECTS =
            Map.of(MISSED, 0.25, "short", 0.25, "mousebite", 0.2, "spur", 0.2);

    private final Testbed testbed;
    private final Progress progress;
    private final Simulator simulator = new Simulator();
    private final List<Camera> cameras = new ArrayList<>();
    private final List<String> all = new ArrayList<>();
    private String good = "";
    private String blind = "";

    /** How the two rollouts ended. */
    public record Outcome(JsonNode byInstallation, JsonNode byEvidence) {}

    public RolloutDemo(Testbed testbed, Progress progress) {
        this.testbed = testbed;
        this.progress = progress;
    }

    /** Plays both rollouts. */
    public Outcome play() throws Exception {
        progress.begin("aggregator");
        testbed.startAggregator("--set", "fleet.read.seconds=5");
        progress.done(testbed.rest().base());
        JsonNode one = testbed.uploadModel(testbed.learnedModelFolder());
        good = one.path("digest").asText();
        realGateways();
        simulatedGateways();
        install(one);
        inspect();
        JsonNode two =
                testbed.uploadModel(
                        BlindVersion.write(
                                testbed.learnedModelFolder(),
                                MISSED,
                                "2",
                                testbed.home().resolve("blind-version")));
        blind = two.path("digest").asText();
        progress.say(
                "\n"
                        + MODEL
                        + " 2 never finds \""
                        + MISSED
                        + "\"; its golden outputs say so, and every check of an installation passes.\n");
        JsonNode byInstallation = rollOut("rules that look at installations", false);
        progress.say("  → " + byInstallation.path("reason").asText() + "\n");
        progress.begin("back to version 1 everywhere");
        testbed.rest()
                .post(
                        "/api/v1/rollouts/" + byInstallation.path("id").asLong() + "/revert",
                        Map.of());
        await(byInstallation.path("id").asLong(), "REVERTED");
        awaitDeciding(good);
        progress.done("done");
        JsonNode byEvidence = rollOut("gates on field evidence", true);
        progress.say("  → " + byEvidence.path("reason").asText());
        awaitDeciding(good);
        return new Outcome(byInstallation, byEvidence);
    }

    private void realGateways() throws IOException, InterruptedException {
        for (int n = 1; n <= REAL; n++) {
            DevelopmentGateway gateway = testbed.gateway("gw-" + n);
            progress.begin("gateway " + gateway.id());
            gateway.start();
            gateway.awaitOnline(PATIENCE, "DEPLOY-V2", "CONF-V2", "INVENTORY-V1");
            all.add(gateway.id());
            progress.done("online");
        }
        for (String name : Testbed.packages()) {
            if (!name.startsWith("karu-page")) {
                progress.begin("package " + name);
                List<Long> jobs = new ArrayList<>();
                for (String id : all) {
                    jobs.add(testbed.gateway(id).deploy(name, false));
                }
                for (long job : jobs) {
                    succeeded(testbed.awaitDeployment(job, PATIENCE));
                }
                progress.done("installed");
            }
        }
    }

    private void simulatedGateways()
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        progress.begin(SIMULATED + " simulated gateways");
        for (int n = 1; n <= SIMULATED; n++) {
            JsonNode login =
                    testbed.rest()
                            .post(
                                    "/api/v1/gateways",
                                    Map.of(
                                            "clientId",
                                            "sim-" + n,
                                            "tags",
                                            n <= REAL ? List.of(CANARY) : List.of()));
            URI broker = URI.create(login.path("broker").asText());
            SimulatedGateway gateway =
                    simulator.gateway(
                            new Identity(
                                    login.path("account").asText(),
                                    login.path("clientId").asText(),
                                    broker,
                                    login.path("username").asText(),
                                    login.path("password").asText()));
            gateway.connect().get(60, TimeUnit.SECONDS);
            all.add("sim-" + n);
        }
        for (int n = 1; n <= REAL; n++) {
            testbed.rest()
                    .put("/api/v1/gateways/gw-" + n, Map.of("site", "", "tags", List.of(CANARY)));
        }
        Testbed.await(
                "all gateways online",
                PATIENCE,
                () -> {
                    int online = 0;
                    for (JsonNode gateway :
                            testbed.rest().get("/api/v1/gateways").path("gateways")) {
                        online += gateway.path("state").asText().equals("ONLINE") ? 1 : 0;
                    }
                    return online == SIMULATED + REAL ? Optional.of(online) : Optional.empty();
                });
        progress.done("online");
    }

    /** The first version of a model decides as soon as it is there. */
    private void install(JsonNode version) throws IOException, InterruptedException {
        progress.begin(MODEL + " 1 on all " + all.size());
        JsonNode created =
                testbed.rest()
                        .post(
                                "/api/v1/models/"
                                        + MODEL
                                        + "/versions/"
                                        + version.path("digest").asText()
                                        + "/install",
                                Map.of("gateways", all));
        for (JsonNode job : created.path("deployments")) {
            succeeded(testbed.awaitDeployment(job.path("id").asLong(), PATIENCE));
        }
        progress.done("decides");
    }

    private void inspect() throws IOException, InterruptedException {
        progress.begin("lines");
        for (int n = 1; n <= REAL; n++) {
            DevelopmentGateway gateway = testbed.gateway("gw-" + n);
            testbed.rest()
                    .put(
                            "/api/v1/gateways/gw-" + n + "/configurations/io.karu.uplink.Uplink",
                            Map.of("properties", Map.of("evidence.seconds", Testbed.value(5))));
            gateway.ensureStation(Map.of("model", MODEL));
            cameras.add(
                    Camera.start(
                            gateway.inbox(),
                            testbed.home().resolve(gateway.id()).resolve("camera"),
                            new GeneratedBoards(n),
                            Duration.ofMillis(100),
                            frame -> {}));
        }
        for (SimulatedGateway gateway : simulator.gateways()) {
            gateway.run(
                    new Line(
                            "line-1",
                            MODEL,
                            DEFECTS,
                            digest ->
                                    digest.equals(blind)
                                            ? Line.Sight.GOOD.blindTo(MISSED)
                                            : Line.Sight.GOOD,
                            gateway.identity().clientId().hashCode()),
                    20,
                    Duration.ofSeconds(1),
                    false);
        }
        Testbed.await(
                "200 boards on each real line",
                PATIENCE,
                () -> {
                    for (int n = 1; n <= REAL; n++) {
                        if (frames("gw-" + n) < 200) {
                            return Optional.empty();
                        }
                    }
                    return Optional.of(true);
                });
        // what was counted has to have been told
        TimeUnit.SECONDS.sleep(10);
        progress.done("inspecting");
    }

    private long frames(String gateway) throws IOException, InterruptedException {
        long frames = 0;
        for (JsonNode station :
                testbed.rest().get("/api/v1/gateways/" + gateway + "/stations").path("stations")) {
            frames += station.path("frames").asLong();
        }
        return frames;
    }

    private JsonNode rollOut(String rules, boolean evidence)
            throws IOException, InterruptedException {
        progress.begin("rollout of " + MODEL + " 2 with " + rules);
        List<Map<String, Object>> gates =
                new ArrayList<>(List.of(Map.of("kind", "install"), Map.of("kind", "health")));
        if (evidence) {
            gates.add(Map.of("kind", "classes", "frames", 300));
            gates.add(Map.of("kind", "reject-rate", "frames", 300));
            gates.add(Map.of("kind", "latency", "ratioAtMost", 5, "frames", 300));
        }
        Map<String, Object> plan = new LinkedHashMap<>();
        plan.put("name", MODEL + " 2, " + rules);
        plan.put("artefact", Map.of("kind", "model", "name", MODEL, "digest", blind));
        plan.put(
                "groups",
                List.of(
                        Map.of("name", CANARY, "filter", Map.of("tags", List.of(CANARY))),
                        Map.of("name", "a third", "size", Map.of("percent", 33)),
                        Map.of("name", "all others")));
        plan.put("gates", gates);
        plan.put("observeSeconds", 5);
        plan.put("whenHalted", "REVERT");
        long id = testbed.rest().post("/api/v1/rollouts", plan).path("id").asLong();
        testbed.rest().post("/api/v1/rollouts/" + id + "/start", Map.of());
        JsonNode ended = await(id, "FINISHED", "REVERTED", "HALTED");
        progress.done(ended.path("state").asText());
        return ended;
    }

    private JsonNode await(long rollout, String... states)
            throws IOException, InterruptedException {
        return Testbed.await(
                "rollout " + rollout + " is " + String.join(" or ", states),
                PATIENCE,
                () -> {
                    JsonNode now = testbed.rest().get("/api/v1/rollouts/" + rollout);
                    return Stream.of(states).anyMatch(now.path("state").asText()::equals)
                            ? Optional.of(now)
                            : Optional.empty();
                });
    }

    /** Waits until this version decides on every gateway. */
    private void awaitDeciding(String digest) throws IOException, InterruptedException {
        Testbed.await(
                digest + " decides everywhere",
                PATIENCE,
                () -> {
                    for (String id : all) {
                        if (!champion(id).equals(digest)) {
                            return Optional.empty();
                        }
                    }
                    return Optional.of(true);
                });
    }

    private String champion(String gateway) throws IOException, InterruptedException {
        for (JsonNode model :
                testbed.rest().get("/api/v1/gateways/" + gateway + "/models").path("models")) {
            for (JsonNode alias : model.path("aliases")) {
                if (alias.asText().equals("champion")
                        && model.path("name").asText().equals(MODEL)) {
                    return model.path("digest").asText();
                }
            }
        }
        return "";
    }

    private static void succeeded(JsonNode job) throws IOException {
        if (!job.path("state").asText().equals("SUCCEEDED")) {
            throw new IOException("deployment " + job.path("id") + " " + Testbed.outcome(job));
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (Camera camera : cameras) {
            camera.close();
        }
        simulator.close();
    }
}
