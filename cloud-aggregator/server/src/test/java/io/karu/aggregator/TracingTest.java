package io.karu.aggregator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.deployment.JobState;
import io.karu.aggregator.http.HttpServer;
import io.karu.aggregator.http.HttpSettings;
import io.karu.aggregator.registry.ModelVersion;
import io.karu.aggregator.rollout.RolloutState;
import io.karu.aggregator.rollout.RolloutTimes;
import io.karu.aggregator.rollout.Verb;
import io.karu.aggregator.security.People;
import io.karu.aggregator.store.Json;
import io.karu.aggregator.trace.Tracing;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One trace from a REST call to the gateway and back. */
class TracingTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String CALLER = "00-" + TRACE + "-b7ad6b7169203331-01";
    private static final String CALL = "POST /api/v1/deployments";
    private static final String DOWNLOAD = "DEPLOY-V2 EXEC/download";
    private static final String JOB = "job InstallPackage";

    @TempDir Path folder;
    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void aDeploymentIsOneTraceFromTheCallToTheGatewayAndBackAlsoOverARestart() throws Exception {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        Path token = folder.resolve("api-token");
        try (Workbench bench = new Workbench(folder);
                FakeGateway gateway = bench.gateway("gw-1")) {
            gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
            gateway.check("station.line-1", true, "inspecting");
            String name = bench.newName();
            long job;
            try (Aggregator first = open(bench, name, spans)) {
                People people = new People(first.database().jdbi());
                people.createFirst();
                people.provideLocalToken(token);
                bench.connect(gateway);
                Workbench.await(
                        "it is online",
                        Workbench.PATIENCE,
                        () -> first.fleet().find(gateway.id()).filter(g -> g.online()).isPresent());
                Workbench.add(first, "edge", "1.0.0");
                gateway.reactToDownload(d -> gateway.notifyDownload(d, 10, "IN_PROGRESS", null));
                try (HttpServer http =
                        HttpServer.start(HttpSettings.loopback(0), Main.services(first, people))) {
                    job = deploy(http.url(), Files.readString(token).strip());
                }
                Workbench.awaitState(first, job, JobState.TRANSFERRING);
                Workbench.await(
                        "the gateway's answer is in the trace",
                        () -> names(ofTrace(spans)).containsAll(Set.of(CALL, DOWNLOAD)));
            }
            gateway.putInPlace(gateway.downloads().get(0), "ACTIVE");
            gateway.notifyInstall(gateway.downloads().get(0), "COMPLETED", null);
            try (Aggregator second = open(bench, name, spans)) {
                Workbench.await(
                        "the job's span has ended",
                        Workbench.PATIENCE,
                        () -> names(ofTrace(spans)).contains(JOB));
            }
        }
        List<SpanData> trace = ofTrace(spans);
        SpanData call = named(trace, CALL);
        assertEquals("b7ad6b7169203331", call.getParentSpanId());
        SpanData job = named(trace, JOB);
        assertEquals(call.getSpanId(), job.getParentSpanId());
        assertEquals(StatusCode.UNSET, job.getStatus().getStatusCode(), job::toString);
        assertTrue(
                job.getEvents().stream()
                        .map(EventData::getName)
                        .anyMatch(step -> step.startsWith("ordered by")),
                job::toString);
        assertEquals(call.getSpanId(), named(trace, DOWNLOAD).getParentSpanId());
        SpanData health = named(trace, "KARU-V1 GET/health");
        SpanData onGateway = named(trace, "KARU-V1 GET/health on the gateway");
        assertEquals(health.getSpanId(), onGateway.getParentSpanId());
        long micros = (onGateway.getEndEpochNanos() - onGateway.getStartEpochNanos()) / 1000;
        assertEquals(1500, micros, 1);
        assertFalse(
                spans.getFinishedSpanItems().stream().anyMatch(s -> !s.getTraceId().equals(TRACE)),
                "readings of the fleet are not traced");
    }

    @Test
    void aRolloutIsOneTraceFromTheCallToItsGatewaysAndBack() throws Exception {
        InMemorySpanExporter spans = InMemorySpanExporter.create();
        Path token = folder.resolve("api-token");
        try (Workbench bench = new Workbench(folder);
                SimulatedFleet fleet =
                        new SimulatedFleet(
                                bench, bench.settings(bench.newName()), Tracing.to(kept(spans)))) {
            fleet.people.provideLocalToken(token);
            fleet.connect(2, fleet.register("1"));
            ModelVersion two = fleet.register("2");
            String rollouts = fleet.http.url() + "/api/v1/rollouts";
            String secret = Files.readString(token).strip();
            Map<String, Object> plan =
                    Map.of(
                            "name",
                            "board 2",
                            "observeSeconds",
                            0,
                            "artefact",
                            Map.of(
                                    "kind",
                                    "model",
                                    "name",
                                    SimulatedFleet.MODEL,
                                    "digest",
                                    two.digest()));
            long id = post(rollouts, secret, plan).path("id").asLong();
            fleet.act(id, Verb.START);
            fleet.awaitState(id, RolloutState.FINISHED);
            Workbench.await(
                    "the rollout's span has ended",
                    Workbench.PATIENCE,
                    () -> ofTrace(spans).stream().anyMatch(s -> s.getName().equals("rollout")));
        }
        List<SpanData> trace = ofTrace(spans);
        SpanData call = named(trace, "POST /api/v1/rollouts");
        SpanData rollout = named(trace, "rollout");
        assertEquals(call.getSpanId(), rollout.getParentSpanId());
        assertTrue(
                rollout.getEvents().stream()
                        .map(EventData::getName)
                        .anyMatch("group all began"::equals),
                rollout::toString);
        for (String each :
                List.of(
                        "job InstallPackage",
                        "DEPLOY-V2 EXEC/download",
                        "DEPLOY-V2 NOTIFY install",
                        "job ActivateModel",
                        "KARU-V1 EXEC/models/activate",
                        "KARU-V1 EXEC/models/activate on the gateway")) {
            assertEquals(2, trace.stream().filter(s -> s.getName().equals(each)).count(), each);
        }
    }

    @Test
    void spansArriveAtACollector() throws Exception {
        Path token = folder.resolve("api-token");
        try (OtlpCollector collector = new OtlpCollector();
                Workbench bench = new Workbench(folder);
                FakeGateway gateway = bench.gateway("gw-1")) {
            gateway.applications("DEPLOY-V2,INVENTORY-V1,KARU-V1");
            String name = bench.newName();
            Settings settings =
                    bench.settings(
                            name, Map.of("traces.otlp.endpoint", collector.endpoint().toString()));
            try (Aggregator aggregator = Aggregator.open(settings, Workbench.TIMES)) {
                aggregator.start("http://127.0.0.1:1");
                People people = new People(aggregator.database().jdbi());
                people.createFirst();
                people.provideLocalToken(token);
                bench.connect(gateway);
                Workbench.await(
                        "it is online",
                        () ->
                                aggregator
                                        .fleet()
                                        .find(gateway.id())
                                        .filter(g -> g.online())
                                        .isPresent());
                Workbench.add(aggregator, "edge", "1.0.0");
                try (HttpServer http =
                        HttpServer.start(
                                HttpSettings.loopback(0), Main.services(aggregator, people))) {
                    long job = deploy(http.url(), Files.readString(token).strip());
                    Workbench.awaitEnd(aggregator, job);
                }
                Workbench.await(
                        "the spans of the deployment",
                        () ->
                                collector.spans().stream()
                                        .filter(span -> span.trace().equals(TRACE))
                                        .map(OtlpCollector.Span::name)
                                        .toList()
                                        .containsAll(List.of(CALL, JOB, DOWNLOAD)));
            }
            for (OtlpCollector.Span span : collector.spans()) {
                assertEquals("karu-aggregator", span.resource().get("service.name"));
                assertEquals(name, span.resource().get("service.instance.id"));
            }
        }
    }

    private static Aggregator open(Workbench bench, String name, InMemorySpanExporter spans)
            throws Exception {
        Aggregator aggregator =
                Aggregator.open(
                        bench.settings(name),
                        Workbench.TIMES,
                        RolloutTimes.DEFAULT,
                        Tracing.to(kept(spans)));
        aggregator.start("http://127.0.0.1:1");
        return aggregator;
    }

    /** The exporter, which the end of an aggregator does not empty. */
    private static SpanExporter kept(InMemorySpanExporter spans) {
        return new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> ended) {
                return spans.export(ended);
            }

            @Override
            public CompletableResultCode flush() {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode shutdown() {
                return CompletableResultCode.ofSuccess();
            }
        };
    }

    private long deploy(String url, String token) throws Exception {
        return post(
                        url + "/api/v1/deployments",
                        token,
                        Map.of("gateways", List.of("gw-1"), "package", "edge", "version", "1.0.0"))
                .at("/deployments/0/id")
                .asLong();
    }

    /** The answer to a call that belongs to the trace. */
    private JsonNode post(String address, String token, Map<String, Object> body) throws Exception {
        HttpResponse<String> answer =
                client.send(
                        HttpRequest.newBuilder(URI.create(address))
                                .header("Authorization", "Bearer " + token)
                                .header("Content-Type", "application/json")
                                .header("traceparent", CALLER)
                                .POST(BodyPublishers.ofString(Json.write(body)))
                                .build(),
                        BodyHandlers.ofString());
        assertEquals(201, answer.statusCode(), answer::body);
        return Json.tree(answer.body());
    }

    private static List<SpanData> ofTrace(InMemorySpanExporter spans) {
        return spans.getFinishedSpanItems().stream()
                .filter(span -> span.getTraceId().equals(TRACE))
                .toList();
    }

    private static SpanData named(List<SpanData> trace, String name) {
        return trace.stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no span " + name + " in " + names(trace)));
    }

    private static List<String> names(List<SpanData> trace) {
        return trace.stream().map(SpanData::getName).toList();
    }
}
