package io.karu.uplink;

import io.karu.api.uplink.Ledger.Departure;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the journal's entries, batch by batch, at least once: an entry counts as sent when the
 * broker has confirmed its message. A batch without confirmation is sent again after a deadline
 * that doubles, after a new sink, and after a restart. At most {@link Settings#unconfirmed()}
 * batches are under way. Runs on its own thread.
 */
public final class VerdictPublishing implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(VerdictPublishing.class);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int EARLY_CONFIRMATIONS = 64;

    /** Where batches go. */
    public interface Sink {
        /** Name for a person and for the ledger, without credentials. */
        String name();

        /**
         * Hands a batch over for delivery.
         *
         * @return the message's id, for its confirmation; empty when the sink never confirms
         * @throws IOException when the batch was not taken; the message says why
         */
        Optional<String> send(Batch batch) throws IOException;
    }

    /**
     * How batches are made.
     *
     * @param entries most entries per batch
     * @param bytes most bytes per body
     * @param linger how long a batch that is not full waits after the one before it
     * @param unconfirmed most batches under way
     * @param confirmation how long a confirmation may take before the batch is sent again
     */
    public record Settings(
            int entries, int bytes, Duration linger, int unconfirmed, Duration confirmation) {
        public static final Settings DEFAULT =
                new Settings(100, 128 << 10, Duration.ofMillis(200), 4, Duration.ofSeconds(60));
    }

    /**
     * What it does now.
     *
     * @param reason one sentence for a person
     */
    public record Status(boolean ok, String reason) {}

    private static final class Shipment {
        final Batch batch;
        final Set<String> ids = new HashSet<>();
        boolean confirmed;
        int sendings;
        long dueNanos;

        Shipment(Batch batch, long now) {
            this.batch = batch;
            dueNanos = now;
        }
    }

    private final SegmentedJournal journal;
    private final DurableLedger ledger;
    private final Settings settings;
    private final Thread thread;
    private final ArrayDeque<Shipment> shipments = new ArrayDeque<>();
    private final Set<String> early = new LinkedHashSet<>();
    private SegmentedJournal.Cursor cursor;
    private Optional<Sink> sink = Optional.empty();
    private boolean disconnected;
    private boolean closed;
    private boolean appended = true;
    private long partialNanos = System.nanoTime();
    private long retryNanos;
    private int failures;
    private String problem;
    private Instant lastConfirmed;
    private long progressNanos = System.nanoTime();

    public VerdictPublishing(SegmentedJournal journal, DurableLedger ledger, Settings settings) {
        this.journal = journal;
        this.ledger = ledger;
        this.settings = settings;
        cursor = journal.oldestUnconfirmed();
        journal.onAppend(this::wake);
        thread = new Thread(this::run, "karu-uplink-verdicts");
        thread.setDaemon(true);
        thread.start();
    }

    /** Sets or takes away where batches go; what a former sink did not confirm is sent again. */
    public synchronized void sink(Optional<Sink> next) {
        sink = next;
        early.clear();
        failures = 0;
        problem = null;
        retryNanos = System.nanoTime();
        for (Shipment shipment : shipments) {
            shipment.ids.clear();
            shipment.sendings = 0;
            shipment.dueNanos = retryNanos;
        }
        notifyAll();
    }

    /**
     * The connection was lost: what is under way is Kura's to deliver, nothing is sent again before
     * it is back.
     */
    public synchronized void disconnected() {
        disconnected = true;
        notifyAll();
    }

    /** The connection is back: confirmations have their full deadline from now on. */
    public synchronized void connected() {
        disconnected = false;
        long due = System.nanoTime() + settings.confirmation().toNanos();
        for (Shipment shipment : shipments) {
            if (shipment.sendings > 0) {
                shipment.dueNanos = due;
            }
        }
        notifyAll();
    }

    /** The broker has the message of that id. */
    public void confirmed(String id) {
        synchronized (this) {
            Optional<Shipment> known =
                    shipments.stream().filter(s -> s.ids.contains(id)).findFirst();
            if (known.isPresent()) {
                known.get().confirmed = true;
            } else {
                remember(id);
            }
            notifyAll();
        }
    }

    /** A confirmation may arrive before the sink has returned the message's id. */
    private void remember(String id) {
        early.add(id);
        Iterator<String> oldest = early.iterator();
        while (early.size() > EARLY_CONFIRMATIONS) {
            oldest.next();
            oldest.remove();
        }
    }

    private void wake() {
        boolean wasIdle = journal.backlog() <= 1;
        synchronized (this) {
            appended = true;
            if (wasIdle) {
                progressNanos = System.nanoTime();
            }
            notifyAll();
        }
    }

    /**
     * What it does now, from memory. Not ok when entries wait and none was confirmed for {@link
     * #PATIENCE}.
     */
    public Status status() {
        long backlog = journal.backlog();
        long dropped = journal.dropped();
        synchronized (this) {
            if (backlog == 0) {
                progressNanos = System.nanoTime();
            }
            boolean ok = System.nanoTime() - progressNanos < PATIENCE.toNanos();
            String waiting =
                    backlog
                            + " entries wait"
                            + (dropped > 0 ? ", " + dropped + " dropped by the bound" : "");
            String last = lastConfirmed == null ? "" : ", last confirmed at " + lastConfirmed;
            return new Status(ok, state() + "; " + waiting + last);
        }
    }

    private String state() {
        if (problem != null) {
            return problem;
        }
        if (sink.isEmpty()) {
            return "waits for the cloud publisher of verdicts";
        }
        if (disconnected) {
            return "waits for the connection to the cloud";
        }
        Optional<Shipment> late = shipments.stream().filter(s -> s.sendings > 1).findFirst();
        return late.isPresent()
                ? "waits for the broker's confirmation, sent " + late.get().sendings + " times"
                : "publishes through " + sink.get().name();
    }

    private void run() {
        while (true) {
            try {
                settle();
                if (!step()) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                LOG.warn("publishing verdicts failed, trying again", e);
                synchronized (this) {
                    problem = "the journal cannot be read: " + e.getMessage();
                    backOff();
                }
            }
        }
    }

    /** Takes what is confirmed from the front, in order. */
    private void settle() throws IOException {
        List<Shipment> done = new ArrayList<>();
        String to;
        synchronized (this) {
            while (!shipments.isEmpty() && shipments.peekFirst().confirmed) {
                done.add(shipments.removeFirst());
            }
            to = sink.map(Sink::name).orElse("the cloud");
            if (!done.isEmpty()) {
                lastConfirmed = Instant.now();
                progressNanos = System.nanoTime();
            }
        }
        for (Shipment shipment : done) {
            Batch batch = shipment.batch;
            journal.confirm(batch.last(), batch.count());
            ledger.add(
                    new Departure(
                            Instant.now(),
                            "verdicts",
                            batch.first() + " to " + batch.last(),
                            to,
                            batch.body().length));
        }
    }

    /** Sends one batch or waits for something to do; false when closed. */
    private boolean step() throws IOException, InterruptedException {
        Shipment due;
        Sink to;
        synchronized (this) {
            if (closed) {
                return false;
            }
            long now = System.nanoTime();
            if (sink.isEmpty()) {
                wait();
                return true;
            }
            if (failures > 0 && now - retryNanos < 0) {
                await(retryNanos - now);
                return true;
            }
            to = sink.get();
            due = due(now);
            if (due == null) {
                boolean room = shipments.size() < settings.unconfirmed();
                if (!room || !appended || now - partialNanos < 0) {
                    await(untilNext(now, room));
                    return true;
                }
                appended = false;
            }
        }
        if (due == null) {
            Batch batch = journal.next(cursor, settings.entries(), settings.bytes());
            synchronized (this) {
                cursor = batch.next();
                if (batch.count() == 0) {
                    return true;
                }
                appended = true;
                long now = System.nanoTime();
                boolean full = batch.count() >= settings.entries();
                partialNanos = full ? now : now + settings.linger().toNanos();
                due = new Shipment(batch, now);
                shipments.addLast(due);
            }
        }
        send(to, due);
        return true;
    }

    private Shipment due(long now) {
        for (Shipment shipment : shipments) {
            boolean again = shipment.sendings > 0;
            if (!shipment.confirmed && shipment.dueNanos - now <= 0 && !(again && disconnected)) {
                return shipment;
            }
        }
        return null;
    }

    private long untilNext(long now, boolean room) {
        long next = Duration.ofMinutes(1).toNanos();
        for (Shipment shipment : shipments) {
            if (!shipment.confirmed && !disconnected) {
                next = Math.min(next, shipment.dueNanos - now);
            }
        }
        if (room && appended) {
            next = Math.min(next, partialNanos - now);
        }
        return next;
    }

    private void await(long nanos) throws InterruptedException {
        if (!shipments.isEmpty() && shipments.peekFirst().confirmed) {
            return;
        }
        wait(Math.max(1, Math.min(nanos, Duration.ofMinutes(1).toNanos()) / 1_000_000 + 1));
    }

    private void send(Sink to, Shipment shipment) {
        try {
            Optional<String> id = to.send(shipment.batch);
            synchronized (this) {
                if (sink.filter(to::equals).isEmpty()) {
                    return;
                }
                shipment.sendings++;
                long deadline =
                        settings.confirmation().toNanos() << Math.min(shipment.sendings - 1, 6);
                shipment.dueNanos = System.nanoTime() + deadline;
                if (id.isEmpty()) {
                    problem = to.name() + " does not confirm: set its qos to 1";
                } else {
                    failures = 0;
                    problem = null;
                    shipment.ids.add(id.get());
                    if (early.remove(id.get())) {
                        shipment.confirmed = true;
                    }
                }
            }
        } catch (IOException e) {
            synchronized (this) {
                problem = to.name() + " refused a batch: " + e.getMessage();
                LOG.info("{}, trying again", problem);
                backOff();
            }
        }
    }

    private void backOff() {
        failures = Math.min(failures + 1, 7);
        retryNanos = System.nanoTime() + Duration.ofMillis(500L << failures).toNanos();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        Threads.join(thread);
    }
}
