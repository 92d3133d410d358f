package io.karu.uplink.kura;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.karu.api.evidence.Evidence;
import io.karu.api.inspection.Decision;
import io.karu.api.inspection.FrameId;
import io.karu.api.inspection.Overrule;
import io.karu.api.inspection.StationId;
import io.karu.api.model.Digest;
import io.karu.api.uplink.HealthCheck;
import io.karu.api.uplink.UplinkException;
import io.karu.api.uplink.UplinkResource;
import io.karu.uplink.Await;
import io.karu.uplink.Capabilities;
import io.karu.uplink.DurableLedger;
import io.karu.uplink.EvidencePublishing;
import io.karu.uplink.OwnResources;
import io.karu.uplink.Requests;
import io.karu.uplink.SegmentedJournal;
import io.karu.uplink.VerdictPublishing;
import io.karu.uplink.Verdicts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.listener.CloudConnectionListener;
import org.eclipse.kura.cloudconnection.listener.CloudDeliveryListener;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.eclipse.kura.cloudconnection.publisher.CloudPublisher;
import org.eclipse.kura.message.KuraPayload;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KuraMessagesTest {
    @TempDir Path folder;

    /** Kura's publisher, as {@code api.md} §3.3 says it behaves. */
    private static final class Publisher implements CloudPublisher {
        final List<KuraMessage> messages = new CopyOnWriteArrayList<>();
        final List<CloudDeliveryListener> deliveries = new CopyOnWriteArrayList<>();
        final List<CloudConnectionListener> connections = new CopyOnWriteArrayList<>();
        volatile boolean refuses;

        @Override
        public String publish(KuraMessage message) throws KuraException {
            if (refuses) {
                throw new KuraException(KuraErrorCode.STORE_ERROR, "capacity reached");
            }
            messages.add(message);
            String id = "m" + messages.size();
            deliveries.forEach(listener -> listener.onMessageConfirmed(id));
            return id;
        }

        @Override
        public void registerCloudConnectionListener(CloudConnectionListener listener) {
            connections.add(listener);
        }

        @Override
        public void unregisterCloudConnectionListener(CloudConnectionListener listener) {
            connections.remove(listener);
        }

        @Override
        public void registerCloudDeliveryListener(CloudDeliveryListener listener) {
            deliveries.add(listener);
        }

        @Override
        public void unregisterCloudDeliveryListener(CloudDeliveryListener listener) {
            deliveries.remove(listener);
        }
    }

    private static Map<String, Object> metrics(Object... pairs) {
        Map<String, Object> metrics = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            metrics.put((String) pairs[i], pairs[i + 1]);
        }
        return metrics;
    }

    @Test
    void aBatchIsTheMessageThatTheContractDescribes() throws Exception {
        Publisher publisher = new Publisher();
        try (SegmentedJournal journal = new SegmentedJournal(folder.resolve("journal"), 1 << 20);
                DurableLedger ledger = new DurableLedger(folder.resolve("ledger"), 1 << 20);
                VerdictPublishing publishing =
                        new VerdictPublishing(journal, ledger, VerdictPublishing.Settings.DEFAULT);
                EvidencePublishing evidence = new EvidencePublishing(List.of(), ledger)) {
            FrameId first = Verdicts.frame("line-1", 41000);
            journal.append(Verdicts.reject(first));
            journal.append(Verdicts.accept(new FrameId(new StationId("line-2"), "ü \"7\" 线.png")));
            journal.append(
                    new Overrule(
                            first,
                            Decision.ACCEPT,
                            "admin",
                            Instant.parse("2026-01-01T00:01:00Z"),
                            ""));
            PublisherSink sink =
                    new PublisherSink(publisher, "karu-verdicts", publishing, evidence);
            sink.open();
            Await.until("the confirmation", () -> journal.confirmed() == 3);
            sink.close();
            assertTrue(publisher.deliveries.isEmpty() && publisher.connections.isEmpty());
        }
        KuraPayload payload = publisher.messages.get(0).getPayload();
        assertEquals(
                metrics(
                        "karu.contract",
                        1,
                        "karu.kind",
                        "verdicts",
                        "station",
                        "line-2",
                        "count",
                        3,
                        "sequence.first",
                        1L,
                        "sequence.last",
                        3L,
                        "dropped",
                        0L,
                        "decision",
                        "ACCEPT",
                        "score",
                        0.1,
                        "label",
                        "",
                        "findings",
                        0),
                payload.metrics());
        String golden =
                new String(
                        KuraMessagesTest.class
                                .getResourceAsStream("/golden/verdicts.json")
                                .readAllBytes(),
                        StandardCharsets.UTF_8);
        assertEquals(golden.trim(), new String(payload.getBody(), StandardCharsets.UTF_8));
    }

    @Test
    void whatThePublisherRefusesIsSentLater() throws Exception {
        Publisher publisher = new Publisher();
        publisher.refuses = true;
        try (SegmentedJournal journal = new SegmentedJournal(folder.resolve("journal"), 1 << 20);
                DurableLedger ledger = new DurableLedger(folder.resolve("ledger"), 1 << 20);
                VerdictPublishing publishing =
                        new VerdictPublishing(journal, ledger, VerdictPublishing.Settings.DEFAULT);
                EvidencePublishing evidence = new EvidencePublishing(List.of(), ledger)) {
            journal.append(Verdicts.reject(Verdicts.frame("line-1", 1)));
            new PublisherSink(publisher, "karu-verdicts", publishing, evidence).open();
            Await.until(
                    "the reason",
                    () -> publishing.status().reason().contains("karu-verdicts refused a batch"));
            publisher.refuses = false;
            Await.until("the confirmation", () -> journal.confirmed() == 1);
        }
    }

    @Test
    void evidenceIsTheMessageThatTheContractDescribesAndIsSentOnlyWhenItChanges() throws Exception {
        Publisher publisher = new Publisher();
        AtomicLong accepted = new AtomicLong(14);
        try (SegmentedJournal journal = new SegmentedJournal(folder.resolve("journal"), 1 << 20);
                DurableLedger ledger = new DurableLedger(folder.resolve("ledger"), 1 << 20);
                VerdictPublishing publishing =
                        new VerdictPublishing(journal, ledger, VerdictPublishing.Settings.DEFAULT);
                EvidencePublishing evidence =
                        new EvidencePublishing(
                                List.of(
                                        () ->
                                                List.of(
                                                        evidence(accepted.get(), false),
                                                        evidence(14, true))),
                                ledger)) {
            evidence.every(Duration.ofMillis(20));
            new PublisherSink(publisher, "karu-verdicts", publishing, evidence).open();
            Await.until("a message", () -> !publisher.messages.isEmpty());
            accepted.set(15);
            Await.until("another message", () -> publisher.messages.size() > 1);
            Await.until(
                    "the ledger says so",
                    () -> ledger.newest(1).get(0).what().equals("1 model versions"));
        }
        KuraPayload first = publisher.messages.get(0).getPayload();
        assertEquals(
                metrics("karu.contract", 1, "karu.kind", "evidence", "count", 2), first.metrics());
        JsonArray body = json(first).getAsJsonArray();
        body.forEach(one -> one.getAsJsonObject().remove("residentBytes"));
        String golden =
                new String(
                        KuraMessagesTest.class
                                .getResourceAsStream("/golden/evidence.json")
                                .readAllBytes(),
                        StandardCharsets.UTF_8);
        assertEquals(JsonParser.parseString(golden), body);
        assertEquals(2, publisher.messages.size(), "what did not change is not sent again");
        JsonArray second = json(publisher.messages.get(1).getPayload()).getAsJsonArray();
        assertEquals(1, second.size());
        assertEquals(15, second.get(0).getAsJsonObject().get("accepted").getAsInt());
    }

    private static JsonElement json(KuraPayload payload) {
        return JsonParser.parseString(new String(payload.getBody(), StandardCharsets.UTF_8));
    }

    private static Evidence evidence(long accepted, boolean challenger) {
        Evidence.Latency latency =
                new Evidence.Latency(Duration.ofMillis(13), Duration.ofMillis(18));
        Digest digest = new Digest("sha256:" + (challenger ? "b" : "a").repeat(64));
        return new Evidence(
                new StationId("line-1"),
                new Evidence.Subject(digest, "golden-template", challenger ? "3" : "2"),
                Instant.parse("2026-01-01T00:00:00Z"),
                Instant.parse("2026-01-01T01:00:00.123456Z"),
                new Evidence.Judged(accepted, 2, 1, 0, Map.of("defect", 2L)),
                latency,
                challenger
                        ? Optional.of(
                                new Evidence.Comparison(
                                        new Digest("sha256:" + "a".repeat(64)),
                                        List.of(
                                                List.of(14L, 0L, 0L),
                                                List.of(0L, 1L, 0L),
                                                List.of(1L, 0L, 1L)),
                                        7,
                                        latency,
                                        new Evidence.Shift(-0.004, 0.021),
                                        new Evidence.Cost(31_000_000, 0.08),
                                        1))
                        : Optional.empty());
    }

    private static KuraMessage request(String path, String body) {
        KuraPayload payload = new KuraPayload();
        if (body != null) {
            payload.setBody(body.getBytes(StandardCharsets.UTF_8));
        }
        return new KuraMessage(payload, Map.of("args", List.of(path.split("/"))));
    }

    private static JsonObject body(KuraMessage reply) {
        return JsonParser.parseString(
                        new String(reply.getPayload().getBody(), StandardCharsets.UTF_8))
                .getAsJsonObject();
    }

    private static UplinkResource activate(CountDownLatch release) {
        return new UplinkResource() {
            @Override
            public Method method() {
                return Method.EXEC;
            }

            @Override
            public String path() {
                return "models/activate";
            }

            @Override
            public String handle(String body) throws UplinkException {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new UplinkException(500, "GOLDEN_MISMATCH", "case 1 differs by 0.2");
            }
        };
    }

    @Test
    void healthGathersWhatEveryCheckSays() {
        try (Requests requests = new Requests(Requests.Deadlines.DEFAULT)) {
            HealthCheck station =
                    () ->
                            List.of(
                                    new HealthCheck.Result(
                                            "station.line-1", true, "inspecting, 4.0 frames/s"));
            HealthCheck broken =
                    () -> {
                        throw new IllegalStateException("no state");
                    };
            requests.add(OwnResources.health(() -> List.of(station, broken)));
            KuraMessage reply = new KaruApp(requests).doGet(null, request("health", null));
            assertEquals(200, reply.getPayload().getMetric("response.code"));
            assertEquals(1, reply.getPayload().getMetric("karu.contract"));
            JsonObject health = body(reply);
            assertEquals(1, health.get("contract").getAsInt());
            assertFalse(health.get("ok").getAsBoolean());
            assertEquals(
                    "inspecting, 4.0 frames/s",
                    health.getAsJsonArray("checks")
                            .get(0)
                            .getAsJsonObject()
                            .get("reason")
                            .getAsString());
            assertTrue(
                    health.getAsJsonArray("checks")
                            .get(1)
                            .getAsJsonObject()
                            .get("reason")
                            .getAsString()
                            .contains("no state"));
        }
    }

    @Test
    void capabilitiesNameTheMachineAndTheResources() {
        try (Requests requests = new Requests(Requests.Deadlines.DEFAULT)) {
            requests.add(
                    OwnResources.capabilities(
                            () ->
                                    new Capabilities(
                                            "0.1.0",
                                            "KURA_5.6.0",
                                            List.of(
                                                    new Capabilities.Engine(
                                                            "onnxruntime", "1.29.0")),
                                            requests.names())));
            JsonObject capabilities =
                    body(new KaruApp(requests).doGet(null, request("capabilities", "{}")));
            assertEquals("[\"GET/capabilities\"]", capabilities.get("resources").toString());
            assertTrue(capabilities.get("memoryBytes").getAsLong() > 0);
            assertEquals(
                    "[{\"name\":\"onnxruntime\",\"version\":\"1.29.0\"}]",
                    capabilities.get("engines").toString());
        }
    }

    @Test
    void aRequestThatFailsSaysWhyInCodeMessageAndBody() {
        try (Requests requests = new Requests(Requests.Deadlines.DEFAULT)) {
            requests.add(activate(new CountDownLatch(0)));
            KuraMessage reply =
                    new KaruApp(requests).doExec(null, request("models/activate", "{}"));
            assertEquals(500, reply.getPayload().getMetric("response.code"));
            assertEquals(
                    "case 1 differs by 0.2",
                    reply.getPayload().getMetric("response.exception.message"));
            assertEquals("GOLDEN_MISMATCH", body(reply).get("code").getAsString());
        }
    }

    @Test
    void unknownResourcesNewerContractsAndBadBodiesAreRefused() {
        try (Requests requests = new Requests(Requests.Deadlines.DEFAULT)) {
            KaruApp app = new KaruApp(requests);
            requests.add(OwnResources.health(List::of));
            assertEquals(
                    404,
                    app.doGet(null, request("nothing", null))
                            .getPayload()
                            .getMetric("response.code"));
            assertEquals(
                    404,
                    app.doPost(null, request("health", null))
                            .getPayload()
                            .getMetric("response.code"));
            KuraMessage newer = app.doGet(null, request("health", "{\"contract\":2}"));
            assertEquals(400, newer.getPayload().getMetric("response.code"));
            assertEquals("CONTRACT_TOO_NEW", body(newer).get("code").getAsString());
            assertEquals(
                    400,
                    app.doGet(null, request("health", "{"))
                            .getPayload()
                            .getMetric("response.code"));
        }
    }

    @Test
    void aSlowRequestEndsAtItsDeadlineAndASecondOneIsTurnedAway() {
        CountDownLatch release = new CountDownLatch(1);
        try (Requests requests =
                new Requests(
                        new Requests.Deadlines(Duration.ofMillis(200), Duration.ofMillis(200)))) {
            requests.add(activate(release));
            KaruApp app = new KaruApp(requests);
            assertEquals(
                    "TIMEOUT",
                    body(app.doExec(null, request("models/activate", "{}")))
                            .get("code")
                            .getAsString());
            assertEquals(
                    "BUSY",
                    body(app.doExec(null, request("models/activate", "{}")))
                            .get("code")
                            .getAsString());
        } finally {
            release.countDown();
        }
    }
}
