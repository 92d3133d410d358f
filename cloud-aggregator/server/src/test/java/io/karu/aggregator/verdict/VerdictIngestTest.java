package io.karu.aggregator.verdict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.mqtt.Inbound;
import io.karu.aggregator.store.Database;
import io.karu.aggregator.store.DatabaseAddress;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Payload;
import io.karu.kura.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages that wait are stored together and acknowledged afterwards. */
class VerdictIngestTest {
    private static final GatewayId ONE = new GatewayId("acme", "gateway-1");
    private static final GatewayId OTHER = new GatewayId("acme", "gateway-2");

    @TempDir Path folder;
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final BlockingQueue<String> acknowledged = new LinkedBlockingQueue<>();
    private final CountDownLatch open = new CountDownLatch(1);
    private EventBus events;
    private Database database;
    private DatabaseVerdictStore store;
    private VerdictIngest ingest;

    @BeforeEach
    void start() throws Exception {
        database = Database.open(new DatabaseAddress(Database.h2Url(folder), "", ""));
        events = new EventBus();
        store = new DatabaseVerdictStore(database);
        ingest = new VerdictIngest(store, events, metrics);
        // while the first message is being acknowledged, the others gather
        CountDownLatch busy = new CountDownLatch(1);
        receive(
                ONE,
                verdict("first", ""),
                () -> {
                    busy.countDown();
                    await(open);
                });
        await(busy);
    }

    @AfterEach
    void stop() {
        ingest.close();
        events.close();
        database.close();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String verdict(String frame, String reason) {
        return """
                {"sequence":1,"kind":"verdict","station":"line-1","frame":"%s","capturedAt":"2026-01-01T00:00:00Z",
                 "decidedAt":"2026-01-01T00:00:00Z","decision":"ACCEPT","reason":"%s","score":0.1,"findings":[]}"""
                .formatted(frame, reason);
    }

    private void receive(GatewayId gateway, String entry, Runnable acknowledge) {
        byte[] payload =
                KuraProtobuf.encode(
                        Payload.builder()
                                .metric("karu.contract", 1)
                                .body(("[" + entry + "]").getBytes(StandardCharsets.UTF_8))
                                .build());
        receive(gateway, payload, acknowledge);
    }

    private void receive(GatewayId gateway, byte[] payload, Runnable acknowledge) {
        ingest.receive(
                gateway,
                new Inbound(
                        new Topics().parse(gateway + "/KARU-V1/verdicts").orElseThrow(),
                        payload,
                        acknowledge));
    }

    /** Remembers the acknowledgement, and whether what it is for was stored before. */
    private void receive(GatewayId gateway, String frame) {
        receive(
                gateway,
                verdict(frame, ""),
                () ->
                        acknowledged.add(
                                frame
                                        + (store.find(gateway, "line-1", frame).isPresent()
                                                ? ""
                                                : " is not stored")));
    }

    private List<String> acknowledged(int count) throws InterruptedException {
        List<String> list = new CopyOnWriteArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(acknowledged.poll(60, TimeUnit.SECONDS));
        }
        return list;
    }

    @Test
    void messagesAreAcknowledgedInTheirOrderWhenTheyAreStored() throws Exception {
        for (int i = 0; i < 1000; i++) {
            receive(i % 2 == 0 ? ONE : OTHER, "f" + i);
        }
        assertEquals(1000, metrics.get("karu.verdict.messages.waiting").gauge().value());
        open.countDown();
        List<String> all = acknowledged(1000);
        for (int i = 0; i < 1000; i++) {
            assertEquals("f" + i, all.get(i));
        }
        assertEquals(1001, store.ingested().verdicts());
        assertEquals(1001, store.ingested().messages());
    }

    @Test
    void theFirstOfAFrameThatCameTwiceIsKept() throws Exception {
        List<StoredVerdict> told = new CopyOnWriteArrayList<>();
        CountDownLatch both = new CountDownLatch(2);
        events.subscribe(
                event -> {
                    if (event instanceof Event.VerdictsStored stored) {
                        told.addAll(stored.verdicts());
                        both.countDown();
                    }
                });
        receive(ONE, verdict("f", "came first"), () -> acknowledged.add("1"));
        receive(ONE, verdict("f", "came second"), () -> acknowledged.add("2"));
        receive(ONE, verdict("first", "was stored before"), () -> acknowledged.add("3"));
        receive(OTHER, verdict("f", "is another gateway's"), () -> acknowledged.add("4"));
        open.countDown();
        assertEquals(List.of("1", "2", "3", "4"), acknowledged(4));
        assertEquals(2, store.ingested().duplicates());
        StoredVerdict kept = store.find(ONE, "line-1", "f").orElseThrow();
        assertEquals("came first", kept.reason());
        await(both);
        assertTrue(told.contains(kept), told::toString);
        assertTrue(told.contains(store.find(OTHER, "line-1", "f").orElseThrow()));
    }

    @Test
    void aMessageThatIsRefusedDoesNotKeepTheOthersOut() throws Exception {
        database.jdbi()
                .useHandle(
                        handle ->
                                handle.execute(
                                        "alter table verdict add constraint refusal check (frame <> 'refused')"));
        receive(ONE, "before");
        receive(ONE, verdict("refused", ""), () -> acknowledged.add("refused"));
        receive(ONE, new byte[] {1, 2, 3}, () -> acknowledged.add("no verdicts"));
        receive(OTHER, "after");
        open.countDown();
        assertEquals(List.of("before", "refused", "no verdicts", "after"), acknowledged(4));
        assertEquals(3, store.ingested().verdicts());
        assertEquals(2, store.ingested().refused());
    }
}
