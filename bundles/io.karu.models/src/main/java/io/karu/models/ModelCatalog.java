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
import io.karu.models.ModelView.Refusal;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.modelversion.Verification;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.TrustAnchor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's models: which versions are there, which may decide, and what each alias means.
 * Everything that changes is done by one worker. Installing is not activating: only the first
 * version of a name becomes champion by itself.
 */
public final class ModelCatalog implements Models, HealthCheck, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelCatalog.class);
    private static final Duration RETRY = Duration.ofMillis(250);
    private static final int RETRIES = 20;

    /** What frees a session's memory holds up the first frames of the next. */
    private static final Duration CLOSE_AFTER = Duration.ofMillis(250);

    private static final int MAX_ALIASES = 4;

    /**
     * Options.
     *
     * @param sessions how sessions may use the machine
     * @param storeBytes how large the store may grow
     * @param trust whom to believe when nobody is believed yet; empty: anybody
     * @param trustStatements move on from the anchors of before, one after the other
     */
    public record Settings(
            SessionOptions sessions,
            long storeBytes,
            List<TrustAnchor> trust,
            List<Envelope> trustStatements) {
        public Settings {
            trust = List.copyOf(trust);
            trustStatements = List.copyOf(trustStatements);
        }

        /** Without trust anchors. */
        public Settings(SessionOptions sessions, long storeBytes) {
            this(sessions, storeBytes, List.of(), List.of());
        }
    }

    /** A version that an installed bundle carries. */
    private record Offer(String origin, ModelHeader header, ModelSource source) {}

    private final Publications publications = new Publications();
    private final Worker worker = new Worker(this::show);

    // the worker's own
    private final ModelStore store;
    private final Steps steps;
    private final GraphCheck graphs = new GraphCheck();
    private final UsedShapes shapes = new UsedShapes();
    private final Admission admission;
    private final String installation;
    private final Map<Digest, Offer> offers = new LinkedHashMap<>();
    private final Map<Digest, ModelException> failures = new HashMap<>();
    private final Map<String, Refusal> refusals = new HashMap<>();
    private Settings settings;

    private volatile ModelView view;
    private volatile Result trusted;
    private volatile Consumer<Swap> swaps = swap -> {};
    private Duration opening = Duration.ZERO;

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
        this.steps = steps;
        this.settings = settings;
        Trust trust = new Trust(root.resolve("trust.json"));
        this.installation = trust.installation();
        this.admission = new Admission(trust, store);
        this.trusted = admission.configure(settings.trust(), settings.trustStatements());
        show();
    }

    // ---- for readers

    @Override
    public ModelLease lease(ModelRef reference) throws ModelException {
        ModelLease lease = publications.lease(reference);
        if (lease != null) {
            return lease;
        }
        throw reference.selector() instanceof ModelRef.Pinned pinned
                ? pin(reference, pinned.hexPrefix())
                : view.missing(reference, publications.awaited());
    }

    /** Has a version opened that no alias means; the caller tries again. */
    private ModelException pin(ModelRef reference, String prefix) throws ModelException {
        Digest digest = view.pinned(reference, prefix);
        if (publications.pin(reference, digest)) {
            worker.submit("open " + reference, this::openMeant);
        }
        return view.waiting(reference, digest, publications.awaited());
    }

    @Override
    public List<ModelStatus> status() {
        return view.status(publications::isOpen, publications.awaited());
    }

    @Override
    public List<Result> check() {
        List<Result> results =
                new ArrayList<>(view.check(publications::isOpen, publications.awaited()));
        results.add(trusted);
        return results;
    }

    @Override
    public String installation() {
        return installation;
    }

    /** Whether an engine is there. */
    public boolean isReady() {
        return publications.engine().isPresent();
    }

    /** Told of each version that is published, on the worker's thread: must return at once. */
    public void onSwap(Consumer<Swap> listener) {
        swaps = listener;
    }

    private void show() {
        view = new ModelView(store.record(), failures, refusals);
    }

    // ---- what comes and goes

    /** An installed bundle carries this version. */
    void offer(String origin, ModelHeader header, ModelSource source) {
        worker.submit(
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
        worker.submit("refuse " + origin, () -> refuse(origin, Optional.empty(), reason));
    }

    /** The bundle is gone; its version stays in the store. */
    void withdraw(String origin) {
        worker.submit(
                "withdraw " + origin,
                () -> {
                    offers.values().removeIf(offer -> offer.origin().equals(origin));
                    refusals.remove(origin);
                });
    }

    /** The engine is there; every version that an alias means is opened on it. */
    public void engineArrived(InferenceEngine engine) {
        publications.engineArrived(engine);
        worker.submit(
                "open models on " + engine.name(),
                () -> {
                    failures.clear();
                    openMeant();
                    promoteFirsts();
                });
    }

    /** The engine goes: no lease from now on; waits a moment for open leases to end. */
    public void engineLeft(InferenceEngine engine) {
        publications.engineLeft(engine);
    }

    /** Applies other settings; sessions are opened again only when their options differ. */
    public void configure(Settings next) {
        worker.submit(
                "configure",
                () -> {
                    boolean reopen = !next.sessions().equals(settings.sessions());
                    settings = next;
                    trusted = admission.configure(next.trust(), next.trustStatements());
                    List.copyOf(offers.values()).stream()
                            .filter(offer -> refusals.remove(offer.origin()) != null)
                            .forEach(offer -> take(offer, 0));
                    evict(null);
                    if (reopen) {
                        reopen();
                    }
                });
    }

    @Override
    public void close() {
        if (publications.close()) {
            worker.close();
        }
    }

    // ---- moving an alias

    @Override
    public void activate(String name, String alias, Digest digest) throws ModelException {
        activate(name, alias, digest, Optional.empty());
    }

    @Override
    public void activate(String name, String alias, Digest digest, String order)
            throws ModelException {
        activate(name, alias, digest, Optional.of(order.getBytes(StandardCharsets.UTF_8)));
    }

    private void activate(String name, String alias, Digest digest, Optional<byte[]> order)
            throws ModelException {
        worker.call(
                () -> {
                    copyPending(digest);
                    activateNow(name, alias, digest, order);
                    return digest;
                });
    }

    @Override
    public Digest rollback(String name, String alias) throws ModelException {
        return worker.call(() -> rollbackNow(name, alias));
    }

    private void activateNow(String name, String alias, Digest digest, Optional<byte[]> order)
            throws ModelException {
        requireActivatable(name, alias, digest);
        long release = admission.requireDecision(name, digest, order);
        ModelRecord record = store.record();
        Optional<Digest> before = record.alias(name, alias).map(ModelRecord.Alias::digest);
        if (before.equals(Optional.of(digest)) && publications.isOpen(digest)) {
            return;
        }
        try {
            Publication publication = opened(digest);
            boolean worked = before.filter(publications::isOpen).isPresent();
            ModelRecord next = record.activated(name, alias, digest, worked);
            publish(
                    alias.equals(ModelRef.CHALLENGER) ? next : next.released(name, release),
                    publication);
            failures.remove(digest);
            LOG.info("{}@{} is now {}", name, alias, label(digest));
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
                admission.requireEntry(offer.header(), offer.source().release());
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
        ModelRef.parse(name + "@" + alias);
        ModelRecord record = store.record();
        ModelRecord.Version version = record.versions().get(digest);
        if (version == null || !version.name().equals(name)) {
            throw absent(name, digest);
        }
        if (version.rejected().isPresent()) {
            throw new ModelException(
                    Code.REJECTED_BEFORE,
                    label(digest) + " stays off: " + version.rejected().get());
        }
        requireOther(record, name, alias, digest);
        ModelRecord.Name known = record.names().get(name);
        if (known != null
                && !known.aliases().containsKey(alias)
                && known.aliases().size() >= MAX_ALIASES) {
            throw new IllegalArgumentException(
                    name + " has " + MAX_ALIASES + " aliases already: " + known.aliases().keySet());
        }
    }

    private static void requireOther(ModelRecord record, String name, String alias, Digest digest) {
        if (alias.equals(ModelRef.CHALLENGER) && record.isChampion(name, digest)) {
            throw new IllegalArgumentException(
                    record.label(digest) + " is the champion: it cannot challenge itself");
        }
    }

    private ModelException absent(String name, Digest digest) {
        for (Refusal refusal : refusals.values()) {
            if (refusal.header().filter(header -> header.digest().equals(digest)).isPresent()) {
                return new ModelException(Code.CORRUPT, refusal.reason());
            }
        }
        return new ModelException(
                Code.NOT_FOUND,
                "no version "
                        + digest.abbreviated()
                        + " of "
                        + name
                        + " is in the store; install its package first");
    }

    @Override
    public Digest clear(String name, String alias) throws ModelException {
        return worker.call(() -> clearNow(name, alias));
    }

    private Digest clearNow(String name, String alias) throws ModelException {
        if (alias.equals(ModelRef.CHAMPION)) {
            throw new IllegalArgumentException(
                    "the champion of " + name + " cannot be cleared; activate another version");
        }
        ModelRecord record = store.record();
        Digest meant = meaning(record, name, alias).digest();
        ModelRecord next = record.cleared(name, alias);
        commit(next);
        publications.publish(next);
        LOG.info("{}@{} has ended; it was {}", name, alias, label(meant));
        return meant;
    }

    private static ModelRecord.Alias meaning(ModelRecord record, String name, String alias)
            throws ModelException {
        return record.alias(name, alias)
                .orElseThrow(
                        () ->
                                new ModelException(
                                        Code.NOT_FOUND,
                                        name + "@" + alias + " is not active here"));
    }

    private Digest rollbackNow(String name, String alias) throws ModelException {
        ModelRecord record = store.record();
        ModelRecord.Alias meaning = meaning(record, name, alias);
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
        Digest from = meaning.digest();
        if (!next.isChampion(name, from)) {
            next = next.rejected(from, "rolled back");
        }
        publish(next, publication);
        removeFilesOfRejected(from);
        steps.reached(Step.FILES_REMOVED);
        LOG.info("{}@{} is rolled back to {}", name, alias, label(to));
        return to;
    }

    /**
     * What failed its own proof is rejected for good; damaged files and a refusing engine are not
     * the version's fault.
     */
    private void failed(Digest digest, ModelException cause) {
        if (cause.code() == Code.NO_ENGINE) {
            return;
        }
        failures.put(digest, cause);
        boolean ownFault =
                cause.code() == Code.GOLDEN_MISMATCH
                        || cause.code() == Code.CORRUPT && store.holds(digest);
        if (ownFault && !store.record().meant().contains(digest)) {
            try {
                store.commit(store.record().rejected(digest, cause.getMessage()));
                removeFilesOfRejected(digest);
            } catch (IOException e) {
                LOG.error("{} cannot be recorded as rejected: {}", label(digest), e.getMessage());
            }
        }
    }

    private void removeFilesOfRejected(Digest digest) {
        ModelRecord.Version version = store.record().versions().get(digest);
        if (version == null || version.rejected().isPresent()) {
            store.removeFiles(digest);
        }
    }

    // ---- versions made here

    @Override
    public Digest add(Path folder) throws ModelException {
        return worker.call(() -> addNow(folder));
    }

    private Digest addNow(Path folder) throws ModelException {
        try {
            ModelVersionFolder version = ModelVersionFolder.read(folder);
            ModelHeader header =
                    new ModelHeader(
                            version.card().name(), version.card().version(), version.digest());
            ModelRecord.Version known = store.record().versions().get(version.digest());
            if (known != null && known.rejected().isPresent()) {
                throw new ModelException(
                        Code.REJECTED_BEFORE,
                        label(version.digest()) + " stays off: " + known.rejected().get());
            }
            if (known == null || !store.holds(version.digest())) {
                take(header, new FolderSource(version), "this gateway");
            }
            return version.digest();
        } catch (IOException e) {
            throw new ModelException(
                    Code.STORE_FAILED,
                    folder + " cannot be taken into the store: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public void copy(Digest digest, Path folder) throws ModelException {
        worker.call(
                () -> {
                    if (!store.record().versions().containsKey(digest) || !store.holds(digest)) {
                        throw new ModelException(
                                Code.NOT_FOUND,
                                "no version " + digest.abbreviated() + " is in the store");
                    }
                    try {
                        store.copyOut(digest, folder);
                    } catch (IOException e) {
                        throw new ModelException(
                                Code.STORE_FAILED,
                                label(digest) + " cannot be copied: " + e.getMessage(),
                                e);
                    }
                    return digest;
                });
    }

    // ---- taking over what bundles carry

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
            admission.requireEntry(offer.header(), offer.source().release());
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
        worker.submit(
                "take over " + offer.origin(),
                RETRY,
                () -> {
                    if (offers.get(offer.header().digest()) == offer) {
                        take(offer, attemptsLeft);
                    }
                });
    }

    private void copy(Offer offer) throws ModelException, IOException {
        take(offer.header(), offer.source(), offer.origin());
    }

    private void take(ModelHeader header, ModelSource source, String origin)
            throws ModelException, IOException {
        long kept =
                store.record().versions().entrySet().stream()
                        .filter(version -> isKept(version.getKey()))
                        .mapToLong(version -> version.getValue().bytes())
                        .sum();
        store.add(header, source, Math.max(0, settings.storeBytes() - kept));
        LOG.info("{} from {} is in the store", label(header.digest()), origin);
        evict(header.digest());
    }

    private void refuse(String origin, Optional<ModelHeader> header, String reason) {
        LOG.warn("the model in {} is refused: {}", origin, reason);
        refusals.put(origin, new Refusal(header, reason));
    }

    /** Oldest out first, never what {@link #isKept} or has just arrived. */
    private void evict(Digest arrived) throws IOException {
        Map<Digest, ModelRecord.Version> versions = store.record().versions();
        long bytes = versions.values().stream().mapToLong(ModelRecord.Version::bytes).sum();
        for (Map.Entry<Digest, ModelRecord.Version> oldest : versions.entrySet()) {
            Digest digest = oldest.getKey();
            if (bytes > settings.storeBytes()
                    && oldest.getValue().rejected().isEmpty()
                    && !digest.equals(arrived)
                    && !isKept(digest)) {
                LOG.info("{} leaves the store to make room", label(digest));
                store.commit(store.record().withoutVersion(digest));
                store.removeFiles(digest);
                graphs.forget(digest);
                bytes -= oldest.getValue().bytes();
            }
        }
    }

    /**
     * What an alias means or meant before, what is pinned, and what an installed bundle carries.
     */
    private boolean isKept(Digest digest) {
        return store.record().meant().contains(digest)
                || store.record().lastGood().contains(digest)
                || offers.containsKey(digest)
                || publications.isPinned(digest);
    }

    /** The first version of a name becomes champion when the name has none. */
    private void promoteFirsts() {
        store.record().versions().forEach(this::promoteIfFirst);
    }

    private void promoteIfFirst(Digest digest, ModelRecord.Version version) {
        if (version.rejected().isPresent()
                || store.record().alias(version.name(), ModelRef.CHAMPION).isPresent()
                || !isReady()) {
            return;
        }
        try {
            activateNow(version.name(), ModelRef.CHAMPION, digest, Optional.empty());
        } catch (ModelException e) {
            LOG.warn("{} cannot become champion: {}", label(digest), e.getMessage());
        }
    }

    // ---- opening

    /**
     * Opens what the record and the pins mean and is not open; an alias whose version fails goes
     * back to last-good.
     */
    private void openMeant() {
        for (Digest digest : publications.meant(store.record())) {
            if (!isReady()) {
                return;
            }
            try {
                if (!publications.isOpen(digest)) {
                    publish(store.record(), opened(digest));
                    failures.remove(digest);
                    LOG.info("{} is open", label(digest));
                }
            } catch (ModelException e) {
                if (e.code() != Code.NO_ENGINE) {
                    LOG.error("{} cannot be used: {}", label(digest), e.getMessage());
                    failures.put(digest, e);
                    fallBack(digest, e);
                }
            }
        }
        publications.refer(store.record());
    }

    private void fallBack(Digest broken, ModelException cause) {
        store.record()
                .names()
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
        Digest broken = meaning.digest();
        Digest to = meaning.lastGood().orElseThrow();
        try {
            Publication publication = opened(to);
            ModelRecord next = store.record().rolledBack(name, alias);
            if (!next.meant().contains(broken)) {
                next =
                        store.holds(broken)
                                ? next.rejected(broken, cause.getMessage())
                                : next.withoutVersion(broken);
            }
            publish(next, publication);
            removeFilesOfRejected(broken);
            LOG.error("{}@{} fell back to {}: {}", name, alias, label(to), cause.getMessage());
        } catch (ModelException e) {
            LOG.error("{}@{} cannot fall back to {}: {}", name, alias, label(to), e.getMessage());
        }
    }

    /** Opens again, with the present settings, what is open. */
    private void reopen() {
        for (Digest digest : publications.meant(store.record())) {
            if (publications.isOpen(digest)) {
                try {
                    publish(store.record(), open(digest));
                } catch (ModelException e) {
                    if (e.code() != Code.NO_ENGINE) {
                        LOG.error(
                                "{} stays open with its old options: {}",
                                label(digest),
                                e.getMessage());
                    }
                }
            }
        }
    }

    /** The publication that is open, or a new one that is not published yet. */
    private Publication opened(Digest digest) throws ModelException {
        opening = Duration.ZERO;
        Optional<Publication> known = publications.find(digest);
        Publication publication = known.isPresent() ? known.get() : open(digest);
        steps.reached(Step.OPENED);
        return publication;
    }

    private Publication open(Digest digest) throws ModelException {
        InferenceEngine engine =
                publications
                        .engine()
                        .orElseThrow(
                                () ->
                                        new ModelException(
                                                Code.NO_ENGINE,
                                                label(digest) + " " + publications.awaited()));
        long start = System.nanoTime();
        long resident = ResidentMemory.bytes();
        ModelVersionFolder version = readOrCopyAgain(digest);
        graphs.require(version);
        InferenceSession session = Verification.open(version, engine, settings.sessions());
        String name = version.card().name();
        shapes.warmUp(name, session);
        long added = Math.max(0, ResidentMemory.bytes() - resident);
        opening = Duration.ofNanos(System.nanoTime() - start);
        return new Publication(
                digest,
                version.card(),
                new Publication.Opened(engine, shapes.noting(name, session), added),
                this::unused);
    }

    private void unused(Publication publication) {
        publications.ended();
        worker.runAnyway(CLOSE_AFTER, publication.session()::close);
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

    /**
     * Makes the record durable and then publishes it. When it cannot be written nothing changes.
     */
    private void publish(ModelRecord next, Publication publication) throws ModelException {
        try {
            commit(next);
        } catch (ModelException e) {
            if (publications.find(publication.digest()).filter(publication::equals).isEmpty()) {
                publication.retire();
            }
            throw e;
        }
        Duration step = publications.publish(next, publication);
        show();
        steps.reached(Step.PUBLISHED);
        swaps.accept(new Swap(publication.digest(), opening, step));
    }

    private void commit(ModelRecord next) throws ModelException {
        if (next != store.record()) {
            try {
                store.commit(next);
            } catch (IOException e) {
                throw new ModelException(
                        Code.STORE_FAILED, "the record cannot be written: " + e.getMessage(), e);
            }
        }
    }

    private String label(Digest digest) {
        return store.record().label(digest);
    }
}
