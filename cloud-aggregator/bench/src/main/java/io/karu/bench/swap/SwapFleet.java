package io.karu.bench.swap;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The gateways of a test bed, all of which are changed alike. */
final class SwapFleet {
    private static final Duration INSTALL_DEADLINE = Duration.ofMinutes(3);

    private final Testbed testbed;
    private final List<DevelopmentGateway> gateways = new ArrayList<>();

    SwapFleet(Testbed testbed) {
        this.testbed = testbed;
    }

    void add(DevelopmentGateway gateway) {
        gateways.add(gateway);
    }

    List<DevelopmentGateway> gateways() {
        return gateways;
    }

    long rollback(DevelopmentGateway gateway) throws IOException, InterruptedException {
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

    List<JsonNode> rows(DevelopmentGateway gateway) throws IOException, InterruptedException {
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

    void installEverywhere(JsonNode version) throws IOException, InterruptedException {
        List<Long> jobs = new ArrayList<>();
        for (DevelopmentGateway gateway : gateways) {
            jobs.add(gateway.installModel(version));
        }
        for (long job : jobs) {
            ended(job, "SUCCEEDED");
        }
    }

    void deployEverywhere(Path file, String expected) throws IOException, InterruptedException {
        JsonNode offered = testbed.offer(file);
        List<Long> jobs = new ArrayList<>();
        for (DevelopmentGateway gateway : gateways) {
            jobs.add(gateway.deploy(offered, false));
        }
        for (long job : jobs) {
            ended(job, expected);
        }
    }

    void activateEverywhere(JsonNode version) throws IOException, InterruptedException {
        List<Long> jobs = new ArrayList<>();
        for (DevelopmentGateway gateway : gateways) {
            jobs.add(activation(gateway, version));
        }
        for (long job : jobs) {
            ended(job, "SUCCEEDED");
        }
    }

    static long activation(DevelopmentGateway gateway, JsonNode version)
            throws IOException, InterruptedException {
        return gateway.activateModel(version).path("id").asLong();
    }

    /** Folder of an installed version in the gateway's own store. */
    static Path storedVersion(DevelopmentGateway gateway, JsonNode version) {
        return gateway.home()
                .resolve("data/karu/models/versions")
                .resolve(version.path("digest").asText().replace("sha256:", ""));
    }

    JsonNode ended(long job, String expected) throws IOException, InterruptedException {
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
    static String told(JsonNode ended) {
        JsonNode failure = ended.path("failure");
        return failure.isObject()
                ? failure.path("reason").asText() + "; " + failure.path("outcome").asText()
                : ended.path("step").asText();
    }

    String installed(DevelopmentGateway gateway, String name)
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

    String champion(DevelopmentGateway gateway) throws IOException, InterruptedException {
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
    void awaitVerdicts(int more) throws IOException, InterruptedException {
        for (DevelopmentGateway gateway : gateways) {
            long from = newest(gateway);
            Testbed.await(
                    more + " more verdicts of " + gateway.id(),
                    Duration.ofSeconds(120),
                    () -> newest(gateway) >= from + more ? Optional.of(true) : Optional.empty());
        }
    }

    private long newest(DevelopmentGateway gateway) throws IOException, InterruptedException {
        return testbed.rest()
                .get("/api/v1/verdicts?limit=1&gateway=" + gateway.id())
                .path("verdicts")
                .path(0)
                .path("sequence")
                .asLong();
    }
}
