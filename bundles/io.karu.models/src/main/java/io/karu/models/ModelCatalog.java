package io.karu.models;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.ModelLease;
import io.karu.api.model.ModelRef;
import io.karu.api.model.ModelStatus;
import io.karu.api.model.Models;
import io.karu.api.uplink.HealthCheck;
import io.karu.models.Intake.Offer;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.TrustAnchor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private final Publications publications = new Publications();
    private final Worker worker = new Worker(this::show);

    // the worker's own
    private final ModelStore store;
    private final Admission admission;
    private final Intake intake;
    private final Opener opener;
    private final Aliases aliases;
    private final String installation;

    private volatile ModelView view;
    private volatile Result trusted;
    private volatile Consumer<Swap> swaps = swap -> {};

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
        Trust trust = new Trust(root.resolve("trust.json"));
        this.installation = trust.installation();
        this.admission = new Admission(trust, store);
        GraphCheck graphs = new GraphCheck();
        this.intake =
                new Intake(
                        store,
                        admission,
                        settings.storeBytes(),
                        publications::isPinned,
                        graphs::forget);
        this.opener = new Opener(publications, intake, graphs, worker, steps, settings.sessions());
        this.aliases =
                new Aliases(
                        store,
                        publications,
                        intake,
                        admission,
                        opener,
                        steps,
                        swap -> {
                            show();
                            steps.reached(Step.PUBLISHED);
                            swaps.accept(swap);
                        });
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
            worker.submit("open " + reference, aliases::openMeant);
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
        view = new ModelView(store.record(), aliases.failures(), intake.refusals());
    }

    // ---- what comes and goes

    /** An installed bundle carries this version. */
    void offer(String origin, ModelHeader header, ModelSource source) {
        worker.submit(
                "take over " + origin,
                () -> {
                    Offer offer = new Offer(origin, header, source);
                    intake.offered(offer);
                    take(offer, RETRIES);
                });
    }

    /** An installed bundle claims to carry a model but cannot be read. */
    void refuse(String origin, String reason) {
        worker.submit("refuse " + origin, () -> intake.refuse(origin, Optional.empty(), reason));
    }

    /** The bundle is gone; its version stays in the store. */
    void withdraw(String origin) {
        worker.submit("withdraw " + origin, () -> intake.withdrawn(origin));
    }

    /** The engine is there; every version that an alias means is opened on it. */
    public void engineArrived(InferenceEngine engine) {
        publications.engineArrived(engine);
        worker.submit("open models on " + engine.name(), aliases::engineArrived);
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
                    boolean reopen = opener.use(next.sessions());
                    intake.limit(next.storeBytes());
                    trusted = admission.configure(next.trust(), next.trustStatements());
                    intake.forgiven().forEach(offer -> take(offer, 0));
                    intake.makeRoom();
                    if (reopen) {
                        aliases.reopen();
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
                    intake.takePending(digest);
                    aliases.activate(name, alias, digest, order);
                    return digest;
                });
    }

    @Override
    public Digest rollback(String name, String alias) throws ModelException {
        return worker.call(() -> aliases.rollback(name, alias));
    }

    @Override
    public Digest clear(String name, String alias) throws ModelException {
        return worker.call(() -> aliases.clear(name, alias));
    }

    // ---- versions made here

    @Override
    public Digest add(Path folder) throws ModelException {
        return worker.call(() -> intake.add(folder));
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
                                intake.label(digest) + " cannot be copied: " + e.getMessage(),
                                e);
                    }
                    return digest;
                });
    }

    // ---- taking over what bundles carry

    private void take(Offer offer, int attemptsLeft) {
        try {
            if (intake.take(offer)) {
                aliases.openMeant();
                aliases.promoteFirsts();
            }
        } catch (ModelException | IOException e) {
            boolean unsteady = e instanceof IOException || offer.source().changed();
            if (offer.source().obsolete()) {
                LOG.debug("{} carries something else now", offer.origin());
            } else if (unsteady && attemptsLeft > 0) {
                takeLater(offer, attemptsLeft - 1);
            } else {
                intake.refuse(offer.origin(), Optional.of(offer.header()), e.getMessage());
            }
        }
    }

    /** A framework that is replacing a bundle cannot read it for a moment. */
    private void takeLater(Offer offer, int attemptsLeft) {
        worker.submit(
                "take over " + offer.origin(),
                RETRY,
                () -> {
                    if (intake.isOffered(offer)) {
                        take(offer, attemptsLeft);
                    }
                });
    }
}
