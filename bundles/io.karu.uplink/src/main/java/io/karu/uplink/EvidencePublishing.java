package io.karu.uplink;

import io.karu.api.evidence.Evidence;
import io.karu.api.evidence.EvidenceSource;
import io.karu.api.uplink.Ledger.Departure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what model versions have done, at an interval, as far as it has changed. Counts only grow,
 * so a message that is lost is made up for by the next. Runs on its own thread.
 */
public final class EvidencePublishing implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(EvidencePublishing.class);

    /** Where evidence goes. */
    public interface Sink {
        /** Name for the ledger. */
        String name();

        /**
         * Hands a JSON array over for delivery.
         *
         * @throws IOException when it was not taken; the message says why
         */
        void send(int count, byte[] evidence) throws IOException;
    }

    private record Key(Object station, Object model, Object since, boolean challenger) {
        Key(Evidence evidence) {
            this(
                    evidence.station(),
                    evidence.model().digest(),
                    evidence.since(),
                    evidence.comparison().isPresent());
        }
    }

    private final List<EvidenceSource> sources;
    private final DurableLedger ledger;
    private final Thread thread;
    private volatile Map<Key, Long> told = Map.of();
    private Optional<Sink> sink = Optional.empty();
    private Duration every = Duration.ofMinutes(1);
    private boolean closed;

    /**
     * @param sources may change at any time
     */
    public EvidencePublishing(List<EvidenceSource> sources, DurableLedger ledger) {
        this.sources = sources;
        this.ledger = ledger;
        thread = new Thread(this::run, "karu-uplink-evidence");
        thread.setDaemon(true);
        thread.start();
    }

    /** How long to wait between two messages. */
    public synchronized void every(Duration interval) {
        every = interval;
        notifyAll();
    }

    /** Sets or takes away where evidence goes. */
    public synchronized void sink(Optional<Sink> next) {
        sink = next;
        told = Map.of();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        Threads.join(thread);
    }

    /** What all sources know; one that fails is left out. */
    static List<Evidence> collect(List<EvidenceSource> sources) {
        List<Evidence> all = new ArrayList<>();
        for (EvidenceSource source : sources) {
            try {
                all.addAll(source.evidence());
            } catch (RuntimeException | LinkageError e) {
                LOG.warn("a source of evidence failed", e);
            }
        }
        return all;
    }

    private void run() {
        try {
            while (pause()) {
                publish();
            }
        } catch (InterruptedException e) {
            LOG.debug("the publishing of evidence was interrupted");
        }
    }

    /** Waits for the interval, also when that changes; false when closed. */
    private synchronized boolean pause() throws InterruptedException {
        long start = System.nanoTime();
        for (long left = every.toMillis(); !closed && left > 0; ) {
            wait(left);
            left = every.toMillis() - (System.nanoTime() - start) / 1_000_000;
        }
        return !closed;
    }

    private void publish() {
        Optional<Sink> to;
        synchronized (this) {
            to = sink;
        }
        if (to.isEmpty()) {
            return;
        }
        Map<Key, Long> telling = new HashMap<>();
        List<Evidence> changed = new ArrayList<>();
        for (Evidence evidence : collect(sources)) {
            Key key = new Key(evidence);
            telling.put(key, evidence.judged().frames());
            if (!Long.valueOf(evidence.judged().frames()).equals(told.get(key))) {
                changed.add(evidence);
            }
        }
        if (changed.isEmpty()) {
            return;
        }
        byte[] body = EvidenceJson.of(changed).toString().getBytes(StandardCharsets.UTF_8);
        try {
            to.get().send(changed.size(), body);
            told = telling;
            ledger.add(
                    new Departure(
                            Instant.now(),
                            "evidence",
                            changed.size() + " model versions",
                            to.get().name(),
                            body.length));
        } catch (IOException | RuntimeException e) {
            LOG.info("evidence was not sent and will be with the next: {}", e.getMessage());
        }
    }
}
