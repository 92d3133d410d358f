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
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes verdict messages in, in order, on its own thread. A message is acknowledged only when it is
 * in the database; while the database does not answer, nothing is taken and the broker keeps what
 * arrives.
 */
public final class VerdictIngest implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerdictIngest.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final int MAXIMUM_REFUSALS = 5;
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(5);

    private final DatabaseVerdictStore store;
    private final EventBus events;
    private final MeterRegistry metrics;
    private final Timer storing;
    private final AtomicInteger waiting = new AtomicInteger();
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(work -> new Thread(work, "verdict-ingest"));

    public VerdictIngest(DatabaseVerdictStore store, EventBus events, MeterRegistry metrics) {
        this.store = store;
        this.events = events;
        this.metrics = metrics;
        this.storing = metrics.timer("karu.verdict.messages");
        metrics.gauge("karu.verdict.messages.waiting", waiting);
        List.of("ACCEPT", "REJECT", "REVIEW").forEach(this::counted);
        count("karu.verdicts.duplicates", VerdictStore.Ingested::duplicates);
        count("karu.verdicts.refused", VerdictStore.Ingested::refused);
        count("karu.verdicts.overruled", VerdictStore.Ingested::overrules);
    }

    private Counter counted(String decision) {
        return metrics.counter("karu.verdicts", "decision", decision);
    }

    private void count(String name, ToDoubleFunction<VerdictStore.Ingested> value) {
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
        waiting.incrementAndGet();
        thread.execute(
                () -> {
                    waiting.decrementAndGet();
                    storing.record(() -> ingest(gateway, message));
                });
    }

    private void ingest(GatewayId gateway, Inbound message) {
        try {
            Batch batch =
                    Batch.read(gateway, KuraProtobuf.decode(message.payload()), Instant.now());
            batch.refusals()
                    .forEach(
                            refusal ->
                                    LOG.warn("An entry of {} was refused: {}", gateway, refusal));
            DatabaseVerdictStore.Added added = store(gateway, batch);
            message.acknowledge().run();
            added.verdicts().forEach(verdict -> counted(verdict.decision()).increment());
            if (!added.verdicts().isEmpty()) {
                events.publish(new Event.VerdictsStored(added.verdicts()));
            }
            added.overrules()
                    .forEach(overrule -> events.publish(new Event.VerdictOverruled(overrule)));
        } catch (Batch.RefusedException e) {
            LOG.warn("A verdict message of {} was refused: {}", gateway, e.getMessage());
            store.countRefusedMessage();
            message.acknowledge().run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits for a database that does not answer; a message that an answering one refuses is
     * refused.
     */
    private DatabaseVerdictStore.Added store(GatewayId gateway, Batch batch)
            throws InterruptedException, Batch.RefusedException {
        Duration pause = FIRST_PAUSE;
        int refusals = 0;
        while (true) {
            try {
                return store.add(gateway, batch);
            } catch (RuntimeException e) {
                refusals += store.answers() ? 1 : 0;
                if (refusals == MAXIMUM_REFUSALS) {
                    throw new Batch.RefusedException("the database refuses it: " + e.getMessage());
                }
                LOG.warn(
                        "Verdicts of {} cannot be stored now; trying again in {} ms",
                        gateway,
                        pause.toMillis(),
                        e);
                TimeUnit.MILLISECONDS.sleep(pause.toMillis());
                pause =
                        pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
                                ? LONGEST_PAUSE
                                : pause.multipliedBy(2);
            }
        }
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
        }
    }
}
