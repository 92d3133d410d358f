package io.karu.models;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import io.karu.models.format.ModelHeader;
import io.karu.models.format.ModelVersionFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's models. One worker thread does everything slow and everything that changes the
 * record; leases are taken from an immutable map that it replaces. Installing is not activating:
 * only the first version of a name becomes champion by itself.
 */
public final class ModelCatalog implements Models, HealthCheck, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCatalog.class);
    private static final Duration LEASES_END = Duration.ofSeconds(2);
    private static final Duration WORKER_ENDS = Duration.ofSeconds(30);
    private static final Duration CALL_ENDS = Duration.ofSeconds(55);
    private static final Duration RETRY = Duration.ofMillis(250);
    private static final int RETRIES = 20;
    private static final int MAX_PINS = 8;
    private static final int MAX_ALIASES = 4;

    /**
     * Options.
     *
     * @param sessions how sessions may use the machine
     * @param storeBytes how large the store may grow
     */
    public record Settings(SessionOptions sessions, long storeBytes) {}

    /** A version that an installed bundle carries. */
    private record Offer(String origin, ModelHeader header, ModelSource source) {}

    /** A bundle whose version was not taken over. */
    private record Refusal(Optional<ModelHeader> header, String reason) {}

    /** What readers see between two tasks of the worker. */
    private record View(
            ModelRecord record,
            Map<Digest, ModelException> failures,
            Map<String, Refusal> refusals) {}

    private final ScheduledExecutorService worker =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "karu-models");
                        thread.setDaemon(true);
                        return thread;
                    });

    // confined to the worker
    private final ModelStore store;
    private final Map<Digest, Offer> offers = new LinkedHashMap<>();
    private final Map<Digest, ModelException> failures = new HashMap<>();
    private final Map<String, Refusal> refusals = new TreeMap<>();
    private Settings settings;

    // guarded by this.open
    private final Map<Digest, Publication> open = new HashMap<>();
    private final Map<ModelRef, Digest> pins = new LinkedHashMap<>();
    private InferenceEngine engine;
    private boolean closed;

    private volatile Map<ModelRef, Publication> published = Map.of();
    private volatile View view;

    /**
     * Opens the store.
     *
     * @param root created when absent
     */
    public ModelCatalog(Path root, Settings settings) throws IOException {
        this(root, settings, Steps.NONE);
    }

    ModelCatalog(Path root, Settings settings, Steps steps) throws IOException {
        this.store = new ModelStore(root, steps);
        this.settings = settings;
        show();
    }

    // ---- leases

    @Override
    public ModelLease lease(ModelRef ref) throws ModelException {
        for (Publication p = published.get(ref); p != null; p = published.get(ref)) {
            ModelLease lease = p.lease();
            if (lease != null) {
                return lease;
            }
        }
        throw ref.selector() instanceof ModelRef.Pinned pinned
                ? pin(ref, pinned.hexPrefix())
                : missing(ref);
    }

    private ModelException missing(ModelRef ref) {
        View now = view;
        Optional<ModelRecord.Alias> meaning =
                ref.alias().flatMap(alias -> now.record().alias(ref.name(), alias));
        if (meaning.isPresent()) {
            return waiting(ref.toString(), meaning.get().digest(), now);
        }
        boolean stored =
                now.record().versions().values().stream()
                        .anyMatch(v -> v.name().equals(ref.name()) && v.rejected().isEmpty());
        if (!stored) {
            return new ModelException(
                    Code.NOT_FOUND,
                    "no model named "
                            + ref.name()
                            + " is installed; install a package karu-model-"
                            + ref.name());
        }
        return ref.alias().equals(Optional.of(ModelRef.CHAMPION))
                ? waiting(ref.toString(), null, now)
                : new ModelException(
                        Code.NOT_FOUND, ref + ": no version has that alias; activate one");
    }

    private ModelException waiting(String what, Digest digest, View now) {
        ModelException failure = digest == null ? null : now.failures().get(digest);
        if (failure != null) {
            return new ModelException(failure.code(), what + ": " + failure.getMessage());
        }
        return new ModelException(Code.NO_ENGINE, what + " " + awaited());
    }

    private String awaited() {
        synchronized (open) {
            if (closed) {
                return "cannot be used: the models component has stopped";
            }
            return engine == null
                    ? "waits for an inference engine (packages karu-base and karu-natives-onnx-<arch>; after an update of the latter, a restart)"
                    : "is being verified and warmed up";
        }
    }

    /** Has a version opened that no alias means; the caller tries again. */
    private ModelException pin(ModelRef ref, String prefix) {
        View now = view;
        List<Digest> fitting =
                now.record().versions().entrySet().stream()
                        .filter(v -> v.getValue().name().equals(ref.name()))
                        .map(Map.Entry::getKey)
                        .filter(digest -> digest.hex().startsWith(prefix))
                        .toList();
        if (fitting.isEmpty()) {
            return new ModelException(
                    Code.NOT_FOUND, ref + " is not in the store; install its package");
        }
        if (fitting.size() > 1) {
            return new ModelException(
                    Code.AMBIGUOUS,
                    ref + " fits " + fitting.size() + " versions; give more digits");
        }
        Digest digest = fitting.get(0);
        Optional<String> rejected = now.record().versions().get(digest).rejected();
        if (rejected.isPresent()) {
            return new ModelException(Code.REJECTED_BEFORE, ref + " stays off: " + rejected.get());
        }
        boolean known;
        synchronized (open) {
            known = pins.put(ref, digest) != null;
        }
        if (!known) {
            submit("open " + ref, this::openMeant);
        }
        return waiting(ref.toString(), digest, now);
    }

    /** Whether an engine is there. */
    public boolean isReady() {
        return hasEngine();
    }

    // ---- what comes and goes

    /** An installed bundle carries this version. */
    void offer(String origin, ModelHeader header, ModelSource source) {
        submit(
                "take over " + origin,
                () -> {
                    Offer offer = new Offer(origin, header, source);
                    offers.put(header.digest(), offer);
                    refusals.remove(origin);
                    take(offer, RETRIES);
                });
    }

    /** An installed bundle claims to carry a model but cannot be read. */
    void refuse(String origin, String reason) {
        submit("refuse " + origin, () -> refuse(origin, Optional.empty(), reason));
    }

    /** The bundle is gone; its version stays in the store. */
    void withdraw(String origin) {
        submit(
                "withdraw " + origin,
                () -> {
                    offers.values().removeIf(offer -> offer.origin().equals(origin));
                    refusals.remove(origin);
                });
    }

    /** The engine is there; every version that an alias means is opened on it. */
    public void engineArrived(InferenceEngine arrived) {
        List<Publication> retired;
        synchronized (open) {
            if (closed) {
                return;
            }
            engine = arrived;
            retired = takeAllOpen();
        }
        retired.forEach(Publication::retire);
        submit(
                "open models on " + arrived.name(),
                () -> {
                    failures.clear();
                    openMeant();
                    promoteFirsts();
                });
    }

    /**
     * The engine goes: no lease from now on; waits a moment for leases to end, before the engine
     * closes its sessions.
     */
    public void engineLeft(InferenceEngine left) {
        List<Publication> retired;
        synchronized (open) {
            if (engine != left) {
                return;
            }
            engine = null;
            retired = takeAllOpen();
        }
        endLeases(retired);
    }

    /** Applies other settings; sessions are opened again only when their options differ. */
    public void configure(Settings next) {
        submit(
                "configure",
                () -> {
                    boolean reopen = !next.sessions().equals(settings.sessions());
                    settings = next;
                    evict(null);
                    if (reopen) {
                        reopen();
                    }
                });
    }

    @Override
    public void close() {
        List<Publication> retired;
        synchronized (open) {
            if (closed) {
                return;
            }
            closed = true;
            retired = takeAllOpen();
        }
        endLeases(retired);
        worker.shutdown();
        try {
            if (!worker.awaitTermination(WORKER_ENDS.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.error("the models worker did not end within {} s", WORKER_ENDS.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Publication> takeAllOpen() {
        List<Publication> all = List.copyOf(open.values());
        open.clear();
        published = Map.of();
        return all;
    }

    private void endLeases(Collection<Publication> retired) {
        retired.forEach(Publication::retire);
        long end = System.nanoTime() + LEASES_END.toNanos();
        synchronized (open) {
            try {
                while (!retired.stream().allMatch(Publication::finished)) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) {
                        LOG.warn("a lease is still open; its next run will be refused");
                        return;
                    }
                    open.wait(left);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void unused(Publication publication) {
        synchronized (open) {
            open.notifyAll();
        }
        try {
            worker.execute(publication.session()::close);
        } catch (RejectedExecutionException e) {
            publication.session().close();
        }
    }

    // ---- activation

    @Override
    public void activate(String name, String alias, Digest digest) throws ModelException {
        call(
                () -> {
                    activateNow(name, alias, digest);
                    return digest;
                });
    }

    @Override
    public Digest rollback(String name, String alias) throws ModelException {
        return call(() -> rollbackNow(name, alias));
    }

    private void activateNow(String name, String alias, Digest digest) throws ModelException {
        copyPending(digest);
        ModelRecord record = store.record();
        requireActivatable(name, alias, digest);
        if (record.alias(name, alias).filter(a -> a.digest().equals(digest)).isPresent()
                && isOpen(digest)) {
            return;
        }
        try {
            Publication publication = opened(digest);
            boolean worked = record.alias(name, alias).filter(a -> isOpen(a.digest())).isPresent();
            publish(record.activated(name, alias, digest, worked), publication);
            failures.remove(digest);
            LOG.info("{}@{} is now {} ({})", name, alias, label(digest), digest.abbreviated());
        } catch (ModelException e) {
            failed(digest, e);
            throw e;
        }
    }

    /** A version whose bundle has just arrived may still wait for its copy. */
    private void copyPending(Digest digest) throws ModelException {
        Offer offer = offers.get(digest);
        if (offer != null
                && !store.record().versions().containsKey(digest)
                && !refusals.containsKey(offer.origin())) {
            try {
                copy(offer);
            } catch (IOException e) {
                throw new ModelException(
                        Code.BUSY,
                        offer.origin() + " is being copied; try again: " + e.getMessage(),
                        e);
            }
        }
    }

    private void requireActivatable(String name, String alias, Digest digest)
            throws ModelException {
        if (ModelRef.parse(name + "@" + alias).alias().isEmpty()) {
            throw new IllegalArgumentException("alias \"" + alias + "\"");
        }
        ModelRecord record = store.record();
        ModelRecord.Version version = record.versions().get(digest);
        if (version == null || !version.name().equals(name)) {
            throw absent(name, digest);
        }
        if (version.rejected().isPresent()) {
            throw new ModelException(
                    Code.REJECTED_BEFORE,
                    name
                            + " "
                            + version.version()
                            + " ("
                            + digest.abbreviated()
                            + ") stays off: "
                            + version.rejected().get());
        }
        ModelRecord.Name known = record.names().get(name);
        if (known != null
                && !known.aliases().containsKey(alias)
                && known.aliases().size() >= MAX_ALIASES) {
            throw new IllegalArgumentException(
                    name + " has " + MAX_ALIASES + " aliases already: " + known.aliases().keySet());
        }
    }

    private ModelException absent(String name, Digest digest) {
        return refusals.values().stream()
                .filter(r -> r.header().filter(h -> h.digest().equals(digest)).isPresent())
                .map(r -> new ModelException(Code.CORRUPT, r.reason()))
                .findFirst()
                .orElseGet(
                        () ->
                                new ModelException(
                                        Code.NOT_FOUND,
                                        "no version "
                                                + digest.abbreviated()
                                                + " of "
                                                + name
                                                + " is in the store; install its package first"));
    }

    private Digest rollbackNow(String name, String alias) throws ModelException {
        ModelRecord record = store.record();
        ModelRecord.Alias meaning =
                record.alias(name, alias)
                        .orElseThrow(
                                () ->
                                        new ModelException(
                                                Code.NOT_FOUND,
                                                name + "@" + alias + " is not active here"));
        Digest to =
                meaning.lastGood()
                        .orElseThrow(
                                () ->
                                        new ModelException(
                                                Code.NO_PREVIOUS,
                                                name
                                                        + "@"
                                                        + alias
                                                        + " has no version to go back to"));
        Publication publication = opened(to);
        ModelRecord next = record.rolledBack(name, alias);
        boolean stillChampion =
                next.alias(name, ModelRef.CHAMPION)
                        .filter(a -> a.digest().equals(meaning.digest()))
                        .isPresent();
        if (!stillChampion) {
            next = next.rejected(meaning.digest(), "rolled back");
        }
        publish(next, publication);
        if (!stillChampion) {
            store.removeFiles(meaning.digest());
        }
        LOG.info("{}@{} is rolled back to {} ({})", name, alias, label(to), to.abbreviated());
        return to;
    }

    // ---- the worker's own

    private void take(Offer offer, int attemptsLeft) {
        Digest digest = offer.header().digest();
        ModelRecord.Version known = store.record().versions().get(digest);
        if (known != null && known.rejected().isPresent()) {
            LOG.info(
                    "{} carries a version that stays off: {}",
                    offer.origin(),
                    known.rejected().get());
            return;
        }
        try {
            if (known == null || !store.holds(digest)) {
                copy(offer);
            }
            openMeant();
            promoteFirsts();
        } catch (ModelException | IOException e) {
            boolean unsteady = e instanceof IOException || offer.source().changed();
            if (offer.source().obsolete()) {
                LOG.debug("{} carries something else now", offer.origin());
            } else if (unsteady && attemptsLeft > 0) {
                takeLater(offer, attemptsLeft - 1);
            } else {
                refuse(offer.origin(), Optional.of(offer.header()), e.getMessage());
            }
        }
    }

    /** A framework that is replacing a bundle cannot read it for a moment. */
    private void takeLater(Offer offer, int attemptsLeft) {
        try {
            worker.schedule(
                    () ->
                            submit(
                                    "take over " + offer.origin(),
                                    () -> {
                                        if (offers.get(offer.header().digest()) == offer) {
                                            take(offer, attemptsLeft);
                                        }
                                    }),
                    RETRY.toMillis(),
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: stopped", offer.origin());
        }
    }

    private void copy(Offer offer) throws ModelException, IOException {
        long kept =
                store.record().versions().entrySet().stream()
                        .filter(v -> isKept(v.getKey()))
                        .mapToLong(v -> v.getValue().bytes())
                        .sum();
        store.add(offer.header(), offer.source(), Math.max(0, settings.storeBytes() - kept));
        LOG.info(
                "{} {} ({}) from {} is in the store",
                offer.header().name(),
                offer.header().version(),
                offer.header().digest().abbreviated(),
                offer.origin());
        evict(offer.header().digest());
    }

    private void refuse(String origin, Optional<ModelHeader> header, String reason) {
        LOG.warn("the model in {} is refused: {}", origin, reason);
        refusals.put(origin, new Refusal(header, reason));
    }

    /**
     * Oldest out first, never what an alias means or meant before, what is pinned, or what an
     * installed bundle carries.
     */
    private void evict(Digest arrived) throws IOException {
        long bytes =
                store.record().versions().values().stream()
                        .mapToLong(ModelRecord.Version::bytes)
                        .sum();
        Iterator<Map.Entry<Digest, ModelRecord.Version>> oldest =
                store.record().versions().entrySet().iterator();
        while (bytes > settings.storeBytes() && oldest.hasNext()) {
            Map.Entry<Digest, ModelRecord.Version> version = oldest.next();
            Digest digest = version.getKey();
            if (version.getValue().rejected().isEmpty()
                    && !digest.equals(arrived)
                    && !isKept(digest)) {
                store.commit(store.record().withoutVersion(digest));
                store.removeFiles(digest);
                bytes -= version.getValue().bytes();
                LOG.info("{} left the store to make room", digest.abbreviated());
            }
        }
    }

    private boolean isKept(Digest digest) {
        synchronized (open) {
            return store.record().meant().contains(digest)
                    || store.record().lastGood().contains(digest)
                    || offers.containsKey(digest)
                    || pins.containsValue(digest);
        }
    }

    /** The first version of a name becomes champion when the name has none. */
    private void promoteFirsts() {
        store.record().versions().forEach(this::promoteIfFirst);
    }

    private void promoteIfFirst(Digest digest, ModelRecord.Version version) {
        if (version.rejected().isPresent()
                || store.record().alias(version.name(), ModelRef.CHAMPION).isPresent()
                || !hasEngine()) {
            return;
        }
        try {
            activateNow(version.name(), ModelRef.CHAMPION, digest);
        } catch (ModelException e) {
            LOG.warn(
                    "{} {} ({}) cannot become champion: {}",
                    version.name(),
                    version.version(),
                    digest.abbreviated(),
                    e.getMessage());
        }
    }

    /**
     * Opens what the record and the pins mean and is not open; an alias whose version fails for
     * good goes back to last-good.
     */
    private void openMeant() {
        if (!hasEngine()) {
            return;
        }
        for (Digest digest : meant()) {
            if (isOpen(digest)) {
                continue;
            }
            try {
                publish(store.record(), opened(digest));
                failures.remove(digest);
            } catch (ModelException e) {
                if (e.code() == Code.NO_ENGINE) {
                    return;
                }
                LOG.error(
                        "{} ({}) cannot be used: {}",
                        label(digest),
                        digest.abbreviated(),
                        e.getMessage());
                failures.put(digest, e);
                fallBack(digest, e);
            }
        }
        synchronized (open) {
            republish();
        }
    }

    private void fallBack(Digest broken, ModelException cause) {
        ModelRecord before = store.record();
        before.names()
                .forEach(
                        (name, known) ->
                                known.aliases()
                                        .forEach(
                                                (alias, meaning) -> {
                                                    if (meaning.digest().equals(broken)
                                                            && meaning.lastGood().isPresent()) {
                                                        fallBack(name, alias, meaning, cause);
                                                    }
                                                }));
    }

    private void fallBack(
            String name, String alias, ModelRecord.Alias meaning, ModelException cause) {
        Digest to = meaning.lastGood().orElseThrow();
        try {
            Publication publication = opened(to);
            ModelRecord next = store.record().rolledBack(name, alias);
            if (!next.meant().contains(meaning.digest())) {
                next =
                        store.holds(meaning.digest())
                                ? next.rejected(meaning.digest(), cause.getMessage())
                                : next.withoutVersion(meaning.digest());
            }
            publish(next, publication);
            if (!next.meant().contains(meaning.digest())) {
                store.removeFiles(meaning.digest());
            }
            LOG.error(
                    "{}@{} fell back to {} ({}): {}",
                    name,
                    alias,
                    label(to),
                    to.abbreviated(),
                    cause.getMessage());
        } catch (ModelException e) {
            LOG.error(
                    "{}@{} cannot fall back to {}: {}",
                    name,
                    alias,
                    to.abbreviated(),
                    e.getMessage());
        }
    }

    private void reopen() {
        for (Digest digest : meant()) {
            Publication old;
            synchronized (open) {
                old = open.get(digest);
            }
            if (old != null) {
                try {
                    publish(store.record(), open(digest));
                } catch (ModelException e) {
                    LOG.error(
                            "{} stays open with its old options: {}",
                            digest.abbreviated(),
                            e.getMessage());
                }
            }
        }
    }

    /** The publication that is open, or a new one that is not published yet. */
    private Publication opened(Digest digest) throws ModelException {
        synchronized (open) {
            Publication known = open.get(digest);
            if (known != null) {
                return known;
            }
        }
        return open(digest);
    }

    private Publication open(Digest digest) throws ModelException {
        InferenceEngine on;
        synchronized (open) {
            on = engine;
        }
        if (on == null) {
            throw new ModelException(Code.NO_ENGINE, label(digest) + " " + awaited());
        }
        ModelVersionFolder version = readOrCopyAgain(digest);
        InferenceSession session = Verification.open(version, on, settings.sessions());
        synchronized (open) {
            if (engine == on && !closed) {
                return new Publication(digest, version.card(), session, this::unused);
            }
        }
        session.close();
        throw new ModelException(Code.NO_ENGINE, "the engine stopped while the model was opened");
    }

    private ModelVersionFolder readOrCopyAgain(Digest digest) throws ModelException {
        try {
            return store.read(digest);
        } catch (ModelException damaged) {
            store.removeFiles(digest);
            Offer offer = offers.get(digest);
            if (offer == null) {
                throw damaged;
            }
            LOG.warn("{}; copied again from {}", damaged.getMessage(), offer.origin());
            try {
                return store.add(offer.header(), offer.source(), settings.storeBytes());
            } catch (IOException e) {
                damaged.addSuppressed(e);
                throw damaged;
            }
        }
    }

    /** Makes the record durable, then publishes, then retires what nothing means any more. */
    private void publish(ModelRecord next, Publication publication) throws ModelException {
        boolean alreadyOpen;
        synchronized (open) {
            alreadyOpen = open.containsValue(publication);
        }
        if (next != store.record()) {
            try {
                store.commit(next);
            } catch (IOException e) {
                if (!alreadyOpen) {
                    publication.retire();
                }
                throw new ModelException(
                        Code.STORE_FAILED, "the record cannot be written: " + e.getMessage(), e);
            }
        }
        List<Publication> retired = new ArrayList<>();
        synchronized (open) {
            boolean current =
                    alreadyOpen ? open.containsValue(publication) : engine != null && !closed;
            if (current) {
                Publication replaced = open.put(publication.digest(), publication);
                if (replaced != null && replaced != publication) {
                    retired.add(replaced);
                }
            } else if (!alreadyOpen) {
                retired.add(publication);
            }
            Set<Digest> meant = meant();
            open.values()
                    .removeIf(
                            p -> {
                                boolean surplus = !meant.contains(p.digest());
                                if (surplus) {
                                    retired.add(p);
                                }
                                return surplus;
                            });
            republish();
        }
        show();
        retired.forEach(Publication::retire);
    }

    private void republish() {
        Map<ModelRef, Publication> next = new HashMap<>();
        store.record()
                .names()
                .forEach(
                        (name, known) ->
                                known.aliases()
                                        .forEach(
                                                (alias, meaning) ->
                                                        putIfOpen(
                                                                next,
                                                                new ModelRef(
                                                                        name,
                                                                        new ModelRef.Alias(alias)),
                                                                meaning.digest())));
        pins.forEach((ref, digest) -> putIfOpen(next, ref, digest));
        published = Map.copyOf(next);
    }

    private void putIfOpen(Map<ModelRef, Publication> map, ModelRef ref, Digest digest) {
        Publication publication = open.get(digest);
        if (publication != null) {
            map.put(ref, publication);
        }
    }

    /** Digests that aliases or pins mean; forgets pins that are rejected, gone or too many. */
    private Set<Digest> meant() {
        ModelRecord record = store.record();
        Set<Digest> meant = new HashSet<>(record.meant());
        synchronized (open) {
            pins.values()
                    .removeIf(
                            digest -> {
                                ModelRecord.Version version = record.versions().get(digest);
                                return version == null || version.rejected().isPresent();
                            });
            for (Iterator<Digest> oldest = pins.values().iterator();
                    pins.size() > MAX_PINS && oldest.hasNext(); ) {
                Publication publication = open.get(oldest.next());
                if (publication == null || publication.idle()) {
                    oldest.remove();
                }
            }
            meant.addAll(pins.values());
        }
        return meant;
    }

    /**
     * What failed its own proof is rejected for good; damaged files and a refusing engine are not
     * the version's fault.
     */
    private void failed(Digest digest, ModelException cause) {
        if (cause.code() != Code.NO_ENGINE) {
            failures.put(digest, cause);
        }
        boolean ownFault =
                cause.code() == Code.GOLDEN_MISMATCH
                        || cause.code() == Code.CORRUPT && store.holds(digest);
        if (ownFault && !store.record().meant().contains(digest)) {
            try {
                store.commit(store.record().rejected(digest, cause.getMessage()));
                store.removeFiles(digest);
            } catch (IOException e) {
                LOG.error(
                        "{} cannot be recorded as rejected: {}",
                        digest.abbreviated(),
                        e.getMessage());
            }
        }
    }

    private boolean hasEngine() {
        synchronized (open) {
            return engine != null && !closed;
        }
    }

    private boolean isClosed() {
        synchronized (open) {
            return closed;
        }
    }

    private boolean isOpen(Digest digest) {
        synchronized (open) {
            return open.containsKey(digest);
        }
    }

    private String label(Digest digest) {
        ModelRecord.Version version = store.record().versions().get(digest);
        return version == null ? digest.abbreviated() : version.name() + " " + version.version();
    }

    // ---- worker

    private interface Task {
        void run() throws Exception;
    }

    private void submit(String what, Task task) {
        try {
            worker.execute(
                    () -> {
                        try {
                            if (!isClosed()) {
                                task.run();
                            }
                        } catch (Exception | LinkageError e) {
                            LOG.error("{} failed: {}", what, e.getMessage(), e);
                        } finally {
                            show();
                        }
                    });
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: stopped", what);
        }
    }

    private <T> T call(Callable<T> task) throws ModelException {
        try {
            Future<T> result =
                    worker.submit(
                            () -> {
                                try {
                                    return task.call();
                                } finally {
                                    show();
                                }
                            });
            return result.get(CALL_ENDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ModelException(
                    Code.BUSY,
                    "not done after "
                            + CALL_ENDS.toSeconds()
                            + " s; it goes on, and the status will show the result");
        } catch (RejectedExecutionException e) {
            throw new ModelException(Code.NO_ENGINE, "the models component has stopped");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the models worker", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ModelException model) {
                throw model;
            }
            if (e.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void show() {
        view = new View(store.record(), Map.copyOf(failures), new TreeMap<>(refusals));
    }

    // ---- status

    @Override
    public List<ModelStatus> status() {
        View now = view;
        Map<ModelRef, Publication> leased = published;
        List<ModelStatus> list = new ArrayList<>();
        now.record()
                .versions()
                .forEach((digest, version) -> list.add(status(digest, version, now, leased)));
        now.refusals()
                .values()
                .forEach(
                        refusal ->
                                refusal.header()
                                        .filter(
                                                h ->
                                                        !now.record()
                                                                .versions()
                                                                .containsKey(h.digest()))
                                        .ifPresent(h -> list.add(status(h, refusal, now))));
        list.sort(Comparator.comparing(ModelStatus::name));
        return list;
    }

    private static ModelStatus status(ModelHeader header, Refusal refusal, View now) {
        return new ModelStatus(
                header.name(),
                header.version(),
                header.digest(),
                List.of(),
                ModelStatus.State.REJECTED,
                now.record().generation(header.name()),
                Optional.of(refusal.reason()));
    }

    private ModelStatus status(
            Digest digest,
            ModelRecord.Version version,
            View now,
            Map<ModelRef, Publication> leased) {
        List<String> aliases = now.record().aliasesOf(digest, version.name());
        boolean active =
                aliases.stream()
                        .anyMatch(
                                a ->
                                        leased.containsKey(
                                                new ModelRef(
                                                        version.name(), new ModelRef.Alias(a))));
        ModelStatus.State state;
        Optional<String> reason =
                Optional.ofNullable(now.failures().get(digest)).map(Throwable::getMessage);
        if (version.rejected().isPresent()) {
            state = ModelStatus.State.REJECTED;
            reason = version.rejected();
        } else if (active) {
            state = ModelStatus.State.ACTIVE;
            reason = Optional.empty();
        } else if (!aliases.isEmpty()) {
            state = ModelStatus.State.WAITING;
            reason = Optional.of(reason.orElseGet(this::awaited));
        } else if (now.record().lastGood().contains(digest)) {
            state = ModelStatus.State.LAST_GOOD;
        } else {
            state = ModelStatus.State.STORED;
        }
        return new ModelStatus(
                version.name(),
                version.version(),
                digest,
                aliases,
                state,
                now.record().generation(version.name()),
                reason);
    }

    @Override
    public List<Result> check() {
        Map<String, List<ModelStatus>> byName = new TreeMap<>();
        status().forEach(s -> byName.computeIfAbsent(s.name(), n -> new ArrayList<>()).add(s));
        List<Result> results = new ArrayList<>();
        byName.forEach((name, versions) -> results.add(check(name, versions)));
        view.refusals()
                .forEach(
                        (origin, refusal) -> {
                            if (refusal.header().isEmpty()) {
                                results.add(
                                        new Result("models." + origin, false, refusal.reason()));
                            }
                        });
        if (results.isEmpty()) {
            results.add(new Result("models", true, "no model is installed"));
        }
        return results;
    }

    private Result check(String name, List<ModelStatus> versions) {
        String check = "models." + name;
        for (ModelStatus version : versions) {
            if (version.aliases().contains(ModelRef.CHAMPION)) {
                String what = what(version) + " is champion";
                return version.state() == ModelStatus.State.ACTIVE
                        ? new Result(check, true, what)
                        : new Result(
                                check,
                                false,
                                what + " but cannot run: " + version.reason().orElse(""));
            }
        }
        ModelStatus newest = versions.get(versions.size() - 1);
        return new Result(
                check,
                false,
                "no version is champion; "
                        + what(newest)
                        + ": "
                        + newest.reason().orElseGet(this::awaited));
    }

    private static String what(ModelStatus version) {
        return version.name()
                + " "
                + version.version()
                + " ("
                + version.digest().abbreviated()
                + ")";
    }
}
