package io.karu.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.testbed.Camera;
import io.karu.testbed.DevelopmentGateway;
import io.karu.testbed.GeneratedBoards;
import io.karu.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One gateway of a test bed that inspects generated boards; everything on it came over the air. */
final class Line implements AutoCloseable {
    static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
    static final Duration LONG = Duration.ofMinutes(5);

    private final Testbed testbed;
    private final DevelopmentGateway gateway;
    private final Camera camera;

    private Line(Testbed testbed, DevelopmentGateway gateway, Camera camera) {
        this.testbed = testbed;
        this.gateway = gateway;
        this.camera = camera;
    }

    /** Starts gateway, packages, model and station; the aggregator runs already. */
    static Line start(Testbed testbed) throws IOException, InterruptedException {
        return start(testbed, testbed.modelFolder("1"), Testbed.MODEL, List.of());
    }

    /** The same with another model and further packages. */
    static Line start(Testbed testbed, Path modelFolder, String modelName, List<String> further)
            throws IOException, InterruptedException {
        return start(testbed, modelFolder, modelName, further, new GeneratedBoards(7));
    }

    /** The same with other boards. */
    static Line start(
            Testbed testbed,
            Path modelFolder,
            String modelName,
            List<String> further,
            Camera.Boards boards)
            throws IOException, InterruptedException {
        DevelopmentGateway gateway = testbed.gateway("gw-1");
        gateway.start();
        gateway.awaitOnline(LONG, "DEPLOY-V2", "CONF-V2", "INVENTORY-V1");
        List<String> packages = new ArrayList<>(Testbed.packages());
        packages.addAll(further);
        for (String name : packages) {
            if (!name.startsWith("karu-page")) {
                succeed(testbed, gateway.deploy(name, false));
            }
        }
        JsonNode model = testbed.uploadModel(modelFolder);
        succeed(testbed, gateway.installModel(model));
        gateway.ensureStation(Map.of("model", modelName));
        Camera camera =
                Camera.start(
                        gateway.inbox(),
                        testbed.home().resolve("camera"),
                        boards,
                        Duration.ofMillis(500),
                        frame -> {});
        return new Line(testbed, gateway, camera);
    }

    /** Waits for a deployment's end, which must be success. */
    static JsonNode succeed(Testbed testbed, long deployment)
            throws IOException, InterruptedException {
        JsonNode ended = testbed.awaitDeployment(deployment, LONG);
        if (!ended.path("state").asText().equals("SUCCEEDED")) {
            throw new AssertionError("deployment " + deployment + " " + Testbed.outcome(ended));
        }
        return ended;
    }

    DevelopmentGateway gateway() {
        return gateway;
    }

    /** Waits until the aggregator has a verdict that was decided after that time. */
    JsonNode awaitVerdictAfter(Instant time) throws IOException, InterruptedException {
        return Testbed.await(
                "a verdict decided after " + time,
                LONG,
                () ->
                        newest().filter(
                                        verdict ->
                                                Instant.parse(verdict.path("decidedAt").asText())
                                                        .isAfter(time)));
    }

    private Optional<JsonNode> newest() throws IOException, InterruptedException {
        List<JsonNode> verdicts = new ArrayList<>();
        testbed.rest()
                .get("/api/v1/verdicts?gateway=" + gateway.id() + "&limit=1")
                .path("verdicts")
                .forEach(verdicts::add);
        return verdicts.stream().findFirst();
    }

    @Override
    public void close() throws InterruptedException {
        camera.close();
    }
}
