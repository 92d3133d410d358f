package io.karu.uplink;

import static io.karu.uplink.Verdicts.frame;
import static io.karu.uplink.Verdicts.reject;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerdictPublishingTest {
    private static final VerdictPublishing.Settings SETTINGS =
            new VerdictPublishing.Settings(
                    10, 100_000, Duration.ofMillis(20), 2, Duration.ofMillis(300));

    @TempDir Path folder;
    private SegmentedJournal journal;
    private DurableLedger ledger;
    private VerdictPublishing publishing;
    private final Broker broker = new Broker();

    /** Takes batches and remembers them; confirms when told to. */
    private static final class Broker implements VerdictPublishing.Sink {
        final List<Batch> batches = new CopyOnWriteArrayList<>();
        volatile String refusal;
        volatile VerdictPublishing confirmsAtOnce;

        @Override
        public String name() {
            return "karu-verdicts";
        }

        @Override
        public Optional<String> send(Batch batch) throws IOException {
            if (refusal != null) {
                throw new IOException(refusal);
            }
            batches.add(batch);
            String id = "m" + batches.size();
            if (confirmsAtOnce != null) {
                confirmsAtOnce.confirmed(id);
            }
            return Optional.of(id);
        }
    }

    @BeforeEach
    void open() throws IOException {
        journal = new SegmentedJournal(folder.resolve("journal"), 1 << 20);
        ledger = new DurableLedger(folder.resolve("ledger"), 1 << 20);
        publishing = new VerdictPublishing(journal, ledger, SETTINGS);
    }

    @AfterEach
    void close() throws IOException {
        publishing.close();
        journal.close();
        ledger.close();
    }

    private void journal(int from, int to) throws IOException {
        for (int i = from; i <= to; i++) {
            journal.append(reject(frame("line-1", i)));
        }
    }

    @Test
    void anEntryIsSentUntilItsMessageIsConfirmed() throws Exception {
        publishing.sink(Optional.of(broker));
        journal(1, 1);
        Await.until("the first sending", () -> broker.batches.size() == 1);
        assertEquals(1, journal.backlog());
        Await.until("a second sending without confirmation", () -> broker.batches.size() == 2);
        publishing.confirmed("m1");
        Await.until("the confirmation", () -> journal.confirmed() == 1);
        Await.until("the ledger", () -> ledger.newest(1).size() == 1);
        assertEquals("1 to 1", ledger.newest(1).get(0).what());
        assertEquals(0, journal.backlog());
    }

    @Test
    void aConfirmationThatComesBeforeTheMessageIdCounts() throws Exception {
        broker.confirmsAtOnce = publishing;
        publishing.sink(Optional.of(broker));
        journal(1, 35);
        Await.until("all confirmed", () -> journal.confirmed() == 35);
        assertEquals(35, broker.batches.stream().mapToInt(Batch::count).sum());
        assertTrue(
                broker.batches.size() < 35, "entries travel in batches: " + broker.batches.size());
    }

    @Test
    void onlySoManyBatchesAreUnderWay() throws Exception {
        journal(1, 50);
        publishing.sink(Optional.of(broker));
        Await.until("two batches", () -> broker.batches.size() >= 2);
        publishing.disconnected();
        journal(51, 60);
        assertEquals(20, broker.batches.stream().mapToLong(Batch::last).max().orElseThrow());
        publishing.confirmed("m1");
        Await.until("the third batch", () -> broker.batches.stream().anyMatch(b -> b.last() == 30));
    }

    @Test
    void batchesAreConfirmedInOrderHoweverConfirmationsArrive() throws Exception {
        journal(1, 20);
        publishing.sink(Optional.of(broker));
        Await.until("two batches", () -> broker.batches.size() >= 2);
        publishing.confirmed("m2");
        assertEquals(0, journal.confirmed());
        publishing.confirmed("m1");
        Await.until("both confirmed", () -> journal.confirmed() == 20);
    }

    @Test
    void nothingIsSentAgainWhileDisconnected() throws Exception {
        publishing.sink(Optional.of(broker));
        publishing.disconnected();
        journal(1, 1);
        Await.until("handed to Kura", () -> broker.batches.size() == 1);
        long end = System.nanoTime() + 2 * SETTINGS.confirmation().toNanos();
        Await.until("two deadlines to pass", () -> System.nanoTime() > end);
        assertEquals(1, broker.batches.size());
        publishing.connected();
        Await.until("sent again after the connection", () -> broker.batches.size() == 2);
    }

    @Test
    void aNewPublisherGetsWhatTheFormerDidNotConfirm() throws Exception {
        journal(1, 3);
        publishing.sink(Optional.of(broker));
        Await.until("sent", () -> !broker.batches.isEmpty());
        publishing.sink(Optional.empty());
        Broker next = new Broker();
        next.confirmsAtOnce = publishing;
        publishing.sink(Optional.of(next));
        Await.until("confirmed", () -> journal.confirmed() == 3);
    }

    @Test
    void aRestartSendsWhatWasNotConfirmed() throws Exception {
        journal(1, 3);
        publishing.sink(Optional.of(broker));
        Await.until(
                "sent", () -> broker.batches.stream().mapToLong(Batch::last).max().orElse(0) == 3);
        close();
        open();
        Broker next = new Broker();
        next.confirmsAtOnce = publishing;
        publishing.sink(Optional.of(next));
        Await.until("confirmed", () -> journal.confirmed() == 3);
        assertEquals(1, next.batches.get(0).first());
    }

    @Test
    void aRefusalIsTriedAgainAndShown() throws Exception {
        broker.refusal = "the store is full";
        publishing.sink(Optional.of(broker));
        journal(1, 1);
        Await.until("the reason", () -> publishing.status().reason().contains("the store is full"));
        broker.refusal = null;
        Await.until("sent", () -> broker.batches.size() == 1);
    }
}
