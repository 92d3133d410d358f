package io.karu.aggregator;

import static io.karu.aggregator.Workbench.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.JobState;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An aggregator's process is killed while gateways stand at every state of an installation. */
class KilledAggregatorTest {
    @TempDir Path folder;

    /** Where a gateway's job stands when the process is killed. */
    enum Moment {
        QUEUED,
        SENDING,
        TRANSFERRING,
        INSTALLING,
        VERIFYING,
        RESTORING
    }

    private final Map<Moment, FakeGateway> gateways = new EnumMap<>(Moment.class);
    private final Map<Moment, Long> jobs = new EnumMap<>(Moment.class);

    @Test
    void everyJobEndsTrulyAfterTheProcessWasKilled() throws Exception {
        try (Workbench bench = new Workbench(folder)) {
            Path data = folder.resolve("process");
            AggregatorProcess killed = AggregatorProcess.start(data, settings(bench));
            try {
                install(bench, killed);
                upgrade(killed);
            } finally {
                killed.kill();
            }
            goOn();
            try (AggregatorProcess aggregator = AggregatorProcess.start(data, settings(bench))) {
                bench.connect(gateways.get(Moment.QUEUED));
                for (Moment moment : Moment.values()) {
                    endsTruly(aggregator, moment);
                }
            } finally {
                gateways.values().forEach(FakeGateway::close);
            }
        }
    }

    private static Map<String, String> settings(Workbench bench) {
        Map<String, String> settings = new TreeMap<>(bench.brokerSettings());
        settings.put("requester.id", "aggregator-process");
        settings.put("deployment.silence.seconds", "2");
        settings.put("deployment.starting.seconds", "0");
        return settings;
    }

    private void install(Workbench bench, AggregatorProcess aggregator) throws Exception {
        aggregator.upload("/api/v1/packages", Workbench.dp("edge", "1.0.0"));
        aggregator.upload("/api/v1/packages", Workbench.dp("edge", "2.0.0"));
        aggregator.upload(
                "/api/v1/packages",
                Workbench.dp(
                        "edge", "3.0.0", "Import-Package", "io.karu.nowhere;version=\"[1,2)\""));
        for (Moment moment : Moment.values()) {
            FakeGateway gateway = bench.gateway("gw-" + moment.name().toLowerCase());
            gateways.put(moment, gateway.applications("DEPLOY-V2,INVENTORY-V1"));
            bench.connect(gateway);
        }
        Workbench.await(
                "the gateways are online",
                PATIENCE,
                () ->
                        aggregator.get("/api/v1/gateways").path("gateways").size()
                                == gateways.size());
        for (Moment moment : Moment.values()) {
            jobs.put(moment, order(aggregator, moment, "1.0.0"));
        }
        for (Moment moment : Moment.values()) {
            Workbench.await(
                    moment + " has version 1",
                    PATIENCE,
                    () -> state(aggregator, moment).equals("SUCCEEDED"));
        }
    }

    /** Brings each gateway's second job to where the aggregator is to be killed. */
    private void upgrade(AggregatorProcess aggregator) throws Exception {
        gateways.get(Moment.QUEUED).disconnect();
        Workbench.await(
                "a gateway is gone",
                PATIENCE,
                () ->
                        aggregator
                                .get("/api/v1/gateways/gw-queued")
                                .at("/gateway/state")
                                .asText()
                                .equals("DISCONNECTED"));
        gateways.get(Moment.SENDING).leaveDownloadUnanswered();
        reaction(
                Moment.TRANSFERRING,
                (gateway, d) -> gateway.notifyDownload(d, 10, "IN_PROGRESS", null));
        reaction(
                Moment.INSTALLING,
                (gateway, d) -> gateway.notifyDownload(d, 100, "COMPLETED", null));
        reaction(
                Moment.VERIFYING,
                (gateway, d) -> {
                    gateway.putInPlace(d, "STARTING");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        reaction(
                Moment.RESTORING,
                (gateway, d) -> {
                    gateway.putInPlace(d, "INSTALLED");
                    gateway.notifyInstall(d, "COMPLETED", null);
                });
        reaction(
                Moment.RESTORING,
                (gateway, d) -> gateway.notifyDownload(d, 10, "IN_PROGRESS", null));
        for (Moment moment : Moment.values()) {
            String version = moment == Moment.RESTORING ? "3.0.0" : "2.0.0";
            jobs.put(moment, order(aggregator, moment, version));
        }
        for (Moment moment : Moment.values()) {
            Workbench.await("it is " + moment, PATIENCE, () -> stands(aggregator, moment));
        }
    }

    private interface Reaction {
        void of(FakeGateway gateway, FakeGateway.Download download) throws Exception;
    }

    private void reaction(Moment moment, Reaction reaction) {
        FakeGateway gateway = gateways.get(moment);
        gateway.reactToDownload(d -> reaction.of(gateway, d));
    }

    private long order(AggregatorProcess aggregator, Moment moment, String version) {
        return aggregator
                .post(
                        "/api/v1/deployments",
                        Map.of(
                                "gateways",
                                List.of(gateways.get(moment).id().clientId()),
                                "package",
                                "edge",
                                "version",
                                version,
                                "restart",
                                false))
                .at("/deployments/0/id")
                .asLong();
    }

    private boolean stands(AggregatorProcess aggregator, Moment moment) {
        JsonNode job = job(aggregator, moment);
        FakeGateway gateway = gateways.get(moment);
        return switch (moment) {
            case QUEUED -> job.path("step").asText().contains("waiting");
            case SENDING -> gateway.downloads().size() == 2;
            case RESTORING -> job.path("restoring").asBoolean() && gateway.downloads().size() == 3;
            default -> job.path("state").asText().equals(moment.name());
        };
    }

    private JsonNode job(AggregatorProcess aggregator, Moment moment) {
        return aggregator.get("/api/v1/deployments/" + jobs.get(moment));
    }

    private String state(AggregatorProcess aggregator, Moment moment) {
        return job(aggregator, moment).path("state").asText();
    }

    /** What the gateways finish while nobody listens. */
    private void goOn() throws Exception {
        for (Moment moment : Moment.values()) {
            FakeGateway gateway = gateways.get(moment);
            if (moment != Moment.QUEUED) {
                FakeGateway.Download last = gateway.downloads().get(gateway.downloads().size() - 1);
                gateway.putInPlace(last, "ACTIVE");
                gateway.notifyInstall(last, "COMPLETED", null);
            }
        }
    }

    private void endsTruly(AggregatorProcess aggregator, Moment moment) throws Exception {
        try {
            Workbench.await(
                    moment + " ends",
                    PATIENCE,
                    () -> JobState.valueOf(state(aggregator, moment)).ended());
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + ": " + job(aggregator, moment), e);
        }
        JsonNode job = job(aggregator, moment);
        FakeGateway gateway = gateways.get(moment);
        boolean restored = moment == Moment.RESTORING;
        assertEquals(restored ? "FAILED" : "SUCCEEDED", job.path("state").asText(), job::toString);
        assertEquals(
                restored ? "1.0.0" : "2.0.0",
                gateway.packages().get("edge").version(),
                moment::toString);
        assertEquals(restored ? 3 : 2, gateway.downloads().size(), moment + " downloads");
        if (restored) {
            assertEquals(
                    "edge 1.0.0 was re-installed and works", job.at("/failure/outcome").asText());
        }
    }
}
