package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.models.ModelView.Refusal;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.ModelVersionFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What arrives, from installed bundles and from this gateway itself: it comes into a store of
 * limited size as far as it is admitted. Confined to the worker's thread.
 */
final class Intake {
    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    /** A version that an installed bundle carries. */
    record Offer(String origin, ModelHeader header, ModelSource source) {}

    private final ModelStore store;
    private final Admission admission;
    private final Predicate<Digest> pinned;
    private final Consumer<Digest> evicted;
    private final Map<Digest, Offer> offers = new LinkedHashMap<>();
    private final Map<String, Refusal> refusals = new HashMap<>();
    private long storeBytes;

    /**
     * @param storeBytes how large the store may grow
     * @param pinned whether somebody asked for a version by its digest
     * @param evicted told of each version that leaves the store
     */
    Intake(
            ModelStore store,
            Admission admission,
            long storeBytes,
            Predicate<Digest> pinned,
            Consumer<Digest> evicted) {
        this.store = store;
        this.admission = admission;
        this.storeBytes = storeBytes;
        this.pinned = pinned;
        this.evicted = evicted;
    }

    // ---- what bundles carry

    void offered(Offer offer) {
        offers.put(offer.header().digest(), offer);
        refusals.remove(offer.origin());
    }

    /** The bundle is gone; its version stays in the store. */
    void withdrawn(String origin) {
        offers.values().removeIf(offer -> offer.origin().equals(origin));
        refusals.remove(origin);
    }

    boolean isOffered(Offer offer) {
        return offers.get(offer.header().digest()) == offer;
    }

    void refuse(String origin, Optional<ModelHeader> header, String reason) {
        LOG.warn("the model in {} is refused: {}", origin, reason);
        refusals.put(origin, new Refusal(header, reason));
    }

    /** Why a bundle's version was not taken over, by bundle. */
    Map<String, Refusal> refusals() {
        return refusals;
    }

    /** Offers that were refused and may now be tried again. */
    List<Offer> forgiven() {
        return List.copyOf(offers.values()).stream()
                .filter(offer -> refusals.remove(offer.origin()) != null)
                .toList();
    }

    /**
     * Takes over what a bundle carries, unless it is there.
     *
     * @return false when it stays off, since it was rejected
     */
    boolean take(Offer offer) throws ModelException, IOException {
        Digest digest = offer.header().digest();
        ModelRecord.Version known = store.record().versions().get(digest);
        if (known != null && known.rejected().isPresent()) {
            LOG.info(
                    "{} carries a version that stays off: {}",
                    offer.origin(),
                    known.rejected().get());
            return false;
        }
        admission.requireEntry(offer.header(), offer.source().release());
        if (known == null || !store.holds(digest)) {
            copy(offer);
        }
        return true;
    }

    /** A version whose bundle has just arrived may still wait for its copy. */
    void takePending(Digest digest) throws ModelException {
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

    // ---- what is made here

    Digest add(Path folder) throws ModelException {
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
                add(header, new FolderSource(version), "this gateway");
            }
            return version.digest();
        } catch (IOException e) {
            throw new ModelException(
                    Code.STORE_FAILED,
                    folder + " cannot be taken into the store: " + e.getMessage(),
                    e);
        }
    }

    // ---- the store

    /** A version's folder; one that is damaged is copied again from its bundle. */
    ModelVersionFolder read(Digest digest) throws ModelException {
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
                return store.add(offer.header(), offer.source(), storeBytes);
            } catch (IOException e) {
                damaged.addSuppressed(e);
                throw damaged;
            }
        }
    }

    /** Why a version is not in the store. */
    ModelException absent(String name, Digest digest) {
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

    /** The store may grow to another size from now on. */
    void limit(long bytes) {
        storeBytes = bytes;
    }

    void makeRoom() throws IOException {
        evict(null);
    }

    String label(Digest digest) {
        return store.record().label(digest);
    }

    private void copy(Offer offer) throws ModelException, IOException {
        add(offer.header(), offer.source(), offer.origin());
    }

    private void add(ModelHeader header, ModelSource source, String origin)
            throws ModelException, IOException {
        long kept =
                store.record().versions().entrySet().stream()
                        .filter(version -> isKept(version.getKey()))
                        .mapToLong(version -> version.getValue().bytes())
                        .sum();
        store.add(header, source, Math.max(0, storeBytes - kept));
        LOG.info("{} from {} is in the store", label(header.digest()), origin);
        evict(header.digest());
    }

    /** Oldest out first, never what {@link #isKept} or has just arrived. */
    private void evict(Digest arrived) throws IOException {
        Map<Digest, ModelRecord.Version> versions = store.record().versions();
        long bytes = versions.values().stream().mapToLong(ModelRecord.Version::bytes).sum();
        for (Map.Entry<Digest, ModelRecord.Version> oldest : versions.entrySet()) {
            Digest digest = oldest.getKey();
            if (bytes > storeBytes
                    && oldest.getValue().rejected().isEmpty()
                    && !digest.equals(arrived)
                    && !isKept(digest)) {
                LOG.info("{} leaves the store to make room", label(digest));
                store.commit(store.record().withoutVersion(digest));
                store.removeFiles(digest);
                evicted.accept(digest);
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
                || pinned.test(digest);
    }
}
