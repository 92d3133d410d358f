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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Versions that are open on the present engine, and what refers to them. Leases are taken without a
 * lock. Thread-safe.
 */
final class Publications {
    private static final Logger LOG = LoggerFactory.getLogger(Publications.class);
    private static final Duration LEASES_END = Duration.ofSeconds(2);
    private static final int MAX_PINS = 8;

    private final Map<Digest, Publication> open = new HashMap<>();
    private final Map<ModelRef, Digest> pins = new LinkedHashMap<>();
    private InferenceEngine engine;
    private boolean closed;

    /** Replaced as a whole, never changed. */
    private volatile Map<ModelRef, Publication> byReference = Map.of();

    /** A lease on what the reference means now, or null when that is not open. */
    ModelLease lease(ModelRef reference) {
        // a publication that ended between look-up and lease has left the map by then
        for (Publication p = byReference.get(reference);
                p != null;
                p = byReference.get(reference)) {
            ModelLease lease = p.lease();
            if (lease != null) {
                return lease;
            }
        }
        return null;
    }

    /** Whether a lease on the reference would be one on this version. */
    boolean isOpen(ModelRef reference, Digest digest) {
        Publication publication = byReference.get(reference);
        return publication != null && publication.digest().equals(digest);
    }

    synchronized boolean isOpen(Digest digest) {
        return open.containsKey(digest);
    }

    synchronized Optional<Publication> find(Digest digest) {
        return Optional.ofNullable(open.get(digest));
    }

    synchronized Optional<InferenceEngine> engine() {
        return closed ? Optional.empty() : Optional.ofNullable(engine);
    }

    /** What a version waits for that is not open. */
    synchronized String awaited() {
        if (closed) {
            return "cannot be used: the models component has stopped";
        }
        return engine == null
                ? "waits for an inference engine (packages karu-base and karu-natives-onnx-<arch>;"
                        + " after an update of the latter, a restart)"
                : "is being verified and warmed up";
    }

    /** From now on versions are opened on this engine. */
    void engineArrived(InferenceEngine arrived) {
        List<Publication> retired;
        synchronized (this) {
            engine = arrived;
            retired = takeAll();
        }
        retired.forEach(Publication::retire);
    }

    /**
     * No lease from now on; waits a moment for leases to end, before the engine closes its
     * sessions.
     */
    void engineLeft(InferenceEngine left) {
        List<Publication> retired = List.of();
        synchronized (this) {
            if (engine == left) {
                engine = null;
                retired = takeAll();
            }
        }
        endLeases(retired);
    }

    /** Ends everything; false when it was ended before. */
    boolean close() {
        List<Publication> retired;
        synchronized (this) {
            if (closed) {
                return false;
            }
            closed = true;
            retired = takeAll();
        }
        endLeases(retired);
        return true;
    }

    /** A session has ended. */
    synchronized void ended() {
        notifyAll();
    }

    /** Has a version kept open that no alias means; true when it was not yet. */
    synchronized boolean pin(ModelRef reference, Digest digest) {
        return pins.put(reference, digest) == null;
    }

    synchronized boolean isPinned(Digest digest) {
        return pins.containsValue(digest);
    }

    /** Digests that aliases or pins mean; forgets pins that are rejected, gone or too many. */
    synchronized Set<Digest> meant(ModelRecord record) {
        return meant(record, record.meant());
    }

    private Set<Digest> meant(ModelRecord record, Set<Digest> byAliases) {
        if (pins.isEmpty()) {
            return byAliases;
        }
        pins.values()
                .removeIf(
                        digest -> {
                            ModelRecord.Version version = record.versions().get(digest);
                            return version == null || version.rejected().isPresent();
                        });
        Iterator<Digest> oldest = pins.values().iterator();
        while (pins.size() > MAX_PINS && oldest.hasNext()) {
            Publication publication = open.get(oldest.next());
            if (publication == null || publication.idle()) {
                oldest.remove();
            }
        }
        Set<Digest> meant = new HashSet<>(byAliases);
        meant.addAll(pins.values());
        return meant;
    }

    /**
     * Publishes what the record means, with this version among it, in one step; then retires what
     * nothing means any more.
     *
     * @return how long the step took
     */
    Duration publish(ModelRecord record, Publication publication) {
        Map<ModelRef, Digest> aliases = aliases(record);
        Set<Digest> meant = record.meant();
        List<Publication> retired = new ArrayList<>();
        long start;
        long end;
        synchronized (this) {
            start = System.nanoTime();
            if (publication.engine() == engine && !closed) {
                Publication replaced = open.put(publication.digest(), publication);
                if (replaced != null && replaced != publication) {
                    retired.add(replaced);
                }
            } else if (!open.containsValue(publication)) {
                retired.add(publication);
            }
            keepOnly(meant(record, meant), retired);
            refer(aliases);
            end = System.nanoTime();
        }
        retired.forEach(Publication::retire);
        return Duration.ofNanos(end - start);
    }

    /** Publishes what the record means and is open; retires what nothing means any more. */
    void publish(ModelRecord record) {
        List<Publication> retired = new ArrayList<>();
        synchronized (this) {
            keepOnly(meant(record), retired);
            refer(aliases(record));
        }
        retired.forEach(Publication::retire);
    }

    private void keepOnly(Set<Digest> meant, List<Publication> leaving) {
        for (Iterator<Publication> each = open.values().iterator(); each.hasNext(); ) {
            Publication one = each.next();
            if (!meant.contains(one.digest())) {
                each.remove();
                leaving.add(one);
            }
        }
    }

    /** Lets the record's aliases and the pins refer to what is open. */
    void refer(ModelRecord record) {
        Map<ModelRef, Digest> aliases = aliases(record);
        synchronized (this) {
            refer(aliases);
        }
    }

    private void refer(Map<ModelRef, Digest> aliases) {
        Map<ModelRef, Publication> next = new HashMap<>();
        refer(next, aliases);
        refer(next, pins);
        byReference = next;
    }

    private void refer(Map<ModelRef, Publication> next, Map<ModelRef, Digest> meanings) {
        for (Map.Entry<ModelRef, Digest> meaning : meanings.entrySet()) {
            Publication publication = open.get(meaning.getValue());
            if (publication != null) {
                next.put(meaning.getKey(), publication);
            }
        }
    }

    private static Map<ModelRef, Digest> aliases(ModelRecord record) {
        Map<ModelRef, Digest> aliases = new HashMap<>();
        record.names()
                .forEach(
                        (name, known) ->
                                known.aliases()
                                        .forEach(
                                                (alias, meaning) ->
                                                        aliases.put(
                                                                new ModelRef(
                                                                        name,
                                                                        new ModelRef.Alias(alias)),
                                                                meaning.digest())));
        return aliases;
    }

    private List<Publication> takeAll() {
        List<Publication> all = List.copyOf(open.values());
        open.clear();
        byReference = Map.of();
        return all;
    }

    private void endLeases(Collection<Publication> retired) {
        retired.forEach(Publication::retire);
        long end = System.nanoTime() + LEASES_END.toNanos();
        synchronized (this) {
            try {
                while (!retired.stream().allMatch(Publication::finished)) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        LOG.warn("a lease is still open; its next run will be refused");
                        return;
                    }
                    wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
