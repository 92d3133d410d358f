package io.karu.models;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Versions that are open on the present engine, and what refers to them. Leases are taken without a
 * lock: everything that changes is prepared beside and replaces what was in one step. Thread-safe.
 */
final class Publications {
    private static final Logger LOG = LoggerFactory.getLogger(Publications.class);
    private static final Duration LEASES_END = Duration.ofSeconds(2);
    private static final int MAX_PINS = 8;

    private final AtomicReference<Open> current = new AtomicReference<>(Open.NOTHING);
    private final Object ends = new Object();

    /**
     * What is open at one moment; never changed.
     *
     * @param engine null when none is there
     * @param pins versions that somebody asked for by digest, oldest first
     */
    private record Open(
            InferenceEngine engine,
            boolean closed,
            Map<Digest, Publication> versions,
            Map<ModelRef, Digest> pins,
            Map<ModelRef, Publication> references) {
        static final Open NOTHING = new Open(null, false, Map.of(), Map.of(), Map.of());

        /** Nothing is open on an engine that has just come, or gone. */
        Open on(InferenceEngine next) {
            return new Open(next, closed, Map.of(), pins, Map.of());
        }

        Open end() {
            return new Open(engine, true, Map.of(), pins, Map.of());
        }

        boolean takes(Publication publication) {
            return publication.engine() == engine && !closed;
        }

        Open pinned(ModelRef reference, Digest digest) {
            Map<ModelRef, Digest> more = new LinkedHashMap<>(pins);
            more.put(reference, digest);
            return new Open(engine, closed, versions, more, references);
        }

        /** Without pins that are rejected, gone or too many. */
        Open withoutOldPins(ModelRecord record) {
            if (pins.isEmpty()) {
                return this;
            }
            Map<ModelRef, Digest> kept = new LinkedHashMap<>(pins);
            kept.values()
                    .removeIf(
                            digest -> {
                                ModelRecord.Version version = record.versions().get(digest);
                                return version == null || version.rejected().isPresent();
                            });
            Iterator<Digest> oldest = kept.values().iterator();
            while (kept.size() > MAX_PINS && oldest.hasNext()) {
                Publication publication = versions.get(oldest.next());
                if (publication == null || publication.idle()) {
                    oldest.remove();
                }
            }
            return new Open(engine, closed, versions, kept, references);
        }

        Set<Digest> meant(ModelRecord record) {
            Set<Digest> meant = new HashSet<>(record.meant());
            meant.addAll(pins.values());
            return meant;
        }

        /** With one more version when it is open on the present engine. */
        Open with(Publication publication) {
            if (!takes(publication)) {
                return this;
            }
            Map<Digest, Publication> more = new HashMap<>(versions);
            more.put(publication.digest(), publication);
            return new Open(engine, closed, more, pins, references);
        }

        /** Only what the record or a pin means. */
        Open only(ModelRecord record) {
            Open kept = withoutOldPins(record);
            Map<Digest, Publication> meant = new HashMap<>(versions);
            meant.keySet().retainAll(kept.meant(record));
            return new Open(engine, closed, meant, kept.pins, references);
        }

        /** The record's aliases and the pins refer to what is open. */
        Open referred(ModelRecord record) {
            Map<ModelRef, Publication> next = new HashMap<>();
            record.names()
                    .forEach(
                            (name, known) ->
                                    known.aliases()
                                            .forEach(
                                                    (alias, meaning) ->
                                                            refer(
                                                                    next,
                                                                    new ModelRef(
                                                                            name,
                                                                            new ModelRef.Alias(
                                                                                    alias)),
                                                                    meaning.digest())));
            pins.forEach((reference, digest) -> refer(next, reference, digest));
            return new Open(engine, closed, versions, pins, next);
        }

        private void refer(Map<ModelRef, Publication> next, ModelRef reference, Digest digest) {
            Publication publication = versions.get(digest);
            if (publication != null) {
                next.put(reference, publication);
            }
        }

        /** What is open here and not, as the same session, there. */
        List<Publication> beyond(Open there) {
            List<Publication> gone = new ArrayList<>(versions.values());
            gone.removeAll(there.versions.values());
            return gone;
        }
    }

    /** A lease on what the reference means now, or null when that is not open. */
    ModelLease lease(ModelRef reference) {
        // a publication that ended between look-up and lease is no longer referred to by then
        for (Publication p = current.get().references().get(reference);
                p != null;
                p = current.get().references().get(reference)) {
            ModelLease lease = p.lease();
            if (lease != null) {
                return lease;
            }
        }
        return null;
    }

    /** Whether a lease on the reference would be one on this version. */
    boolean isOpen(ModelRef reference, Digest digest) {
        Publication publication = current.get().references().get(reference);
        return publication != null && publication.digest().equals(digest);
    }

    boolean isOpen(Digest digest) {
        return current.get().versions().containsKey(digest);
    }

    Optional<Publication> find(Digest digest) {
        return Optional.ofNullable(current.get().versions().get(digest));
    }

    Optional<InferenceEngine> engine() {
        Open now = current.get();
        return now.closed() ? Optional.empty() : Optional.ofNullable(now.engine());
    }

    /** What a version waits for that is not open. */
    String awaited() {
        Open now = current.get();
        if (now.closed()) {
            return "cannot be used: the models component has stopped";
        }
        return now.engine() == null
                ? "waits for an inference engine (packages karu-base and karu-natives-onnx-<arch>;"
                        + " after an update of the latter, a restart)"
                : "is being verified and warmed up";
    }

    /** From now on versions are opened on this engine. */
    void engineArrived(InferenceEngine arrived) {
        Open before = current.getAndUpdate(now -> now.on(arrived));
        before.versions().values().forEach(Publication::retire);
    }

    /**
     * No lease from now on; waits a moment for leases to end, before the engine closes its
     * sessions.
     */
    void engineLeft(InferenceEngine left) {
        Open before = current.getAndUpdate(now -> now.engine() == left ? now.on(null) : now);
        if (before.engine() == left) {
            endLeases(before.versions().values());
        }
    }

    /** Ends everything; false when it was ended before. */
    boolean close() {
        Open before = current.getAndUpdate(Open::end);
        endLeases(before.versions().values());
        return !before.closed();
    }

    /** A session has ended. */
    void ended() {
        synchronized (ends) {
            ends.notifyAll();
        }
    }

    /** Has a version kept open that no alias means; true when it was not yet. */
    boolean pin(ModelRef reference, Digest digest) {
        return !current.getAndUpdate(now -> now.pinned(reference, digest))
                .pins()
                .containsKey(reference);
    }

    boolean isPinned(Digest digest) {
        return current.get().pins().containsValue(digest);
    }

    /** Digests that aliases or pins mean; forgets pins that are rejected, gone or too many. */
    Set<Digest> meant(ModelRecord record) {
        return current.updateAndGet(now -> now.withoutOldPins(record)).meant(record);
    }

    /**
     * Publishes what the record means, with this version among it, in one step; then retires what
     * nothing means any more.
     *
     * @return how long the step took, from when all was prepared
     */
    Duration publish(ModelRecord record, Publication publication) {
        Open before;
        Open with;
        Open next;
        long start;
        do {
            before = current.get();
            with = before.with(publication);
            next = with.only(record).referred(record);
            start = System.nanoTime();
        } while (!current.compareAndSet(before, next));
        long end = System.nanoTime();
        before.beyond(with).forEach(Publication::retire);
        with.beyond(next).forEach(Publication::retire);
        if (!with.versions().containsValue(publication)) {
            publication.retire();
        }
        return Duration.ofNanos(end - start);
    }

    /** Publishes what the record means and is open; retires what nothing means any more. */
    void publish(ModelRecord record) {
        Open before;
        Open next;
        do {
            before = current.get();
            next = before.only(record).referred(record);
        } while (!current.compareAndSet(before, next));
        before.beyond(next).forEach(Publication::retire);
    }

    /** Lets the record's aliases and the pins refer to what is open. */
    void refer(ModelRecord record) {
        current.updateAndGet(now -> now.referred(record));
    }

    private void endLeases(Collection<Publication> retired) {
        retired.forEach(Publication::retire);
        long end = System.nanoTime() + LEASES_END.toNanos();
        synchronized (ends) {
            try {
                while (!retired.stream().allMatch(Publication::finished)) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        LOG.warn("a lease is still open; its next run will be refused");
                        return;
                    }
                    ends.wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
