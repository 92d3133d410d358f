package io.karu.aggregator.verdict;

import io.karu.aggregator.event.Event;
import io.karu.aggregator.event.EventBus;
import io.karu.aggregator.fleet.GatewayId;
import io.karu.aggregator.mqtt.Inbound;
import io.karu.kura.KuraProtobuf;
import io.karu.kura.Topic;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes verdict messages in, in order: one thread reads them while another stores what was read
 * before. What has arrived meanwhile is stored in one transaction, and a message is acknowledged
 * only when it is in the database; while the database does not answer, nothing is taken and the
 * broker keeps what arrives.
 */
public final class VerdictIngest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerdictIngest.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final int MAXIMUM_REFUSALS = 5;

    /** Messages in one transaction; the embedded broker has twice as many on their way. */
    private static final int MAXIMUM_TOGETHER = 500;

    private static final Duration STOP_DEADLINE = Duration.ofSeconds(5);

    private final DatabaseVerdictStore store;
    private final EventBus events;
    private final Timer storing;
    private final Map<String, Counter> counters;
    private final BlockingQueue<Received> waiting = new LinkedBlockingQueue<>();
    private final ExecutorService reader =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "verdict-reader"));
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "verdict-ingest"));

    private record Received(Inbound message, CompletableFuture<Optional<Batch>> read) {}

    /**
     * A message that was looked at.
     *
     * @param batch absent when it is refused as a whole
     */
    private record Read(Inbound message, Optional<Batch> batch) {}

    public VerdictIngest(DatabaseVerdictStore store, EventBus events, MeterRegistry metrics) {
        this.store = store;
        this.events = events;
        this.storing = metrics.timer("karu.verdict.messages");
        metrics.gauge("karu.verdict.messages.waiting", waiting, BlockingQueue::size);
        counters =
                Batch.DECISIONS.stream()
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        decision -> decision,
                                        decision ->
                                                metrics.counter(
                                                        "karu.verdicts", "decision", decision)));
        count(metrics, "karu.verdicts.duplicates", VerdictStore.Ingested::duplicates);
        count(metrics, "karu.verdicts.refused", VerdictStore.Ingested::refused);
        count(metrics, "karu.verdicts.overruled", VerdictStore.Ingested::overrules);
    }

    private void count(
            MeterRegistry metrics, String name, ToDoubleFunction<VerdictStore.Ingested> value) {
        FunctionCounter.builder(name, store, s -> value.applyAsDouble(s.ingested()))
                .register(metrics);
    }

    /** Whether a data topic carries verdicts. */
    public static boolean takes(Topic.Data topic) {
        return topic.appId().equals("KARU-V1")
                && topic.resource().size() == 1
                && topic.resource().get(0).equals("verdicts");
    }

    /** Takes a message; returns at once. */
    public void receive(GatewayId gateway, Inbound message) {
        waiting.add(
                new Received(
                        message,
                        CompletableFuture.supplyAsync(() -> read(gateway, message), reader)));
        thread.execute(this::ingestWaiting);
    }

    private void ingestWaiting() {
        List<Received> together = new ArrayList<>();
        waiting.drainTo(together, MAXIMUM_TOGETHER);
        if (together.isEmpty()) {
            return;
        }
        Timer.Sample sample = Timer.start();
        try {
            store(
                    together.stream()
                            .map(one -> new Read(one.message(), one.read().join()))
                            .toList());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        long nanos = sample.stop(storing);
        for (int i = 1; i < together.size(); i++) {
            storing.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    /** What a message says; absent when it is refused as a whole. */
    private Optional<Batch> read(GatewayId gateway, Inbound message) {
        try {
            Batch batch =
                    Batch.read(
                            gateway,
                            KuraProtobuf.decode(message.payload()),
                            Instant.now().truncatedTo(ChronoUnit.MICROS));
            batch.refusals()
                    .forEach(
                            refusal ->
                                    LOG.warn("An entry of {} was refused: {}", gateway, refusal));
            return Optional.of(batch);
        } catch (Batch.RefusedException | IllegalArgumentException e) {
            refuse(gateway, e.getMessage());
            return Optional.empty();
        } catch (RuntimeException e) {
            // whatever it was, the messages beside it are stored
            LOG.error("A verdict message of {} could not be read", gateway, e);
            refuse(gateway, e.toString());
            return Optional.empty();
        }
    }

    private void refuse(GatewayId gateway, String reason) {
        LOG.warn("A verdict message of {} was refused: {}", gateway, reason);
        store.countRefusedMessage();
    }

    /**
     * Stores messages and then acknowledges them. Waits for a database that does not answer. Where
     * an answering one refuses several messages, each is tried by itself; one that it refuses again
     * and again is given up.
     */
    private void store(List<Read> together) throws InterruptedException {
        List<Batch> batches = together.stream().flatMap(read -> read.batch().stream()).toList();
        Optional<DatabaseVerdictStore.Added> added = Optional.empty();
        Duration pause = FIRST_PAUSE;
        int refusals = 0;
        while (!batches.isEmpty()) {
            try {
                added = Optional.of(store.add(batches));
                break;
            } catch (RuntimeException e) {
                boolean refused = store.answers();
                if (refused && batches.size() > 1) {
                    for (Read read : together) {
                        store(List.of(read));
                    }
                    return;
                }
                refusals += refused ? 1 : 0;
                if (refusals == MAXIMUM_REFUSALS) {
                    refuse(batches.get(0).gateway(), "the database refuses it: " + e.getMessage());
                    break;
                }
                LOG.warn(
                        "{} verdict messages cannot be stored now; trying again in {} ms",
                        batches.size(),
                        pause.toMillis(),
                        e);
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
                pause =
                        pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
                                ? LONGEST_PAUSE
                                : pause.multipliedBy(2);
            }
        }
        together.forEach(read -> read.message().acknowledge().run());
        added.ifPresent(this::tell);
    }

    private void tell(DatabaseVerdictStore.Added added) {
        added.verdicts().forEach(verdict -> counters.get(verdict.decision()).increment());
        if (!added.verdicts().isEmpty()) {
            events.publish(new Event.VerdictsStored(added.verdicts()));
        }
        added.overrules().forEach(overrule -> events.publish(new Event.VerdictOverruled(overrule)));
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(STOP_DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            reader.shutdownNow();
        }
    }
}
