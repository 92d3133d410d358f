package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.model.ModelRef;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each alias means, made durable before it is published. A version is open and proved before
 * an alias means it; one that fails leaves the alias where it was. Confined to the worker's thread.
 */
final class Aliases {
    private static final Logger LOG = LoggerFactory.getLogger(Aliases.class);
    private static final int MOST = 4;

    private final ModelStore store;
    private final Publications publications;
    private final Intake intake;
    private final Admission admission;
    private final Opener opener;
    private final Steps steps;
    private final Consumer<Swap> published;
    private final Map<Digest, ModelException> failures = new HashMap<>();

    /**
     * @param published told of each version when it is published
     */
    Aliases(
            ModelStore store,
            Publications publications,
            Intake intake,
            Admission admission,
            Opener opener,
            Steps steps,
            Consumer<Swap> published) {
        this.store = store;
        this.publications = publications;
        this.intake = intake;
        this.admission = admission;
        this.opener = opener;
        this.steps = steps;
        this.published = published;
    }

    /** Why a version could not be opened the last time. */
    Map<Digest, ModelException> failures() {
        return failures;
    }

    // ---- by order

    void activate(String name, String alias, Digest digest, Optional<byte[]> order)
            throws ModelException {
        requireActivatable(name, alias, digest);
        long release = admission.requireDecision(name, digest, order);
        ModelRecord record = store.record();
        Optional<Digest> before = record.alias(name, alias).map(ModelRecord.Alias::digest);
        if (before.equals(Optional.of(digest)) && publications.isOpen(digest)) {
            return;
        }
        try {
            Publication publication = opener.opened(digest);
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

    private void requireActivatable(String name, String alias, Digest digest)
            throws ModelException {
        ModelRef.parse(name + "@" + alias);
        ModelRecord record = store.record();
        ModelRecord.Version version = record.versions().get(digest);
        if (version == null || !version.name().equals(name)) {
            throw intake.absent(name, digest);
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
                && known.aliases().size() >= MOST) {
            throw new IllegalArgumentException(
                    name + " has " + MOST + " aliases already: " + known.aliases().keySet());
        }
    }

    private static void requireOther(ModelRecord record, String name, String alias, Digest digest) {
        if (alias.equals(ModelRef.CHALLENGER) && record.isChampion(name, digest)) {
            throw new IllegalArgumentException(
                    record.label(digest) + " is the champion: it cannot challenge itself");
        }
    }

    /** Ends an alias; answers what it meant. */
    Digest clear(String name, String alias) throws ModelException {
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

    /** Goes back to what an alias meant before; answers it. */
    Digest rollback(String name, String alias) throws ModelException {
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
        Publication publication = opener.opened(to);
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

    private static ModelRecord.Alias meaning(ModelRecord record, String name, String alias)
            throws ModelException {
        return record.alias(name, alias)
                .orElseThrow(
                        () ->
                                new ModelException(
                                        Code.NOT_FOUND,
                                        name + "@" + alias + " is not active here"));
    }

    // ---- by themselves

    /** The engine is another one: what failed on the one before may work. */
    void engineArrived() {
        failures.clear();
        openMeant();
        promoteFirsts();
    }

    /**
     * Opens what the record and the pins mean and is not open; an alias whose version fails goes
     * back to last-good.
     */
    void openMeant() {
        for (Digest digest : publications.meant(store.record())) {
            if (publications.engine().isEmpty()) {
                return;
            }
            try {
                if (!publications.isOpen(digest)) {
                    publish(store.record(), opener.opened(digest));
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

    /** Opens again, with the present options, what is open. */
    void reopen() {
        for (Digest digest : publications.meant(store.record())) {
            if (publications.isOpen(digest)) {
                try {
                    publish(store.record(), opener.open(digest));
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

    /** The first version of a name becomes champion when the name has none. */
    void promoteFirsts() {
        store.record().versions().forEach(this::promoteIfFirst);
    }

    private void promoteIfFirst(Digest digest, ModelRecord.Version version) {
        if (version.rejected().isPresent()
                || store.record().alias(version.name(), ModelRef.CHAMPION).isPresent()
                || publications.engine().isEmpty()) {
            return;
        }
        try {
            activate(version.name(), ModelRef.CHAMPION, digest, Optional.empty());
        } catch (ModelException e) {
            LOG.warn("{} cannot become champion: {}", label(digest), e.getMessage());
        }
    }

    // ---- what fails

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
            Publication publication = opener.opened(to);
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

    // ---- record and publication

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
        published.accept(new Swap(publication.digest(), opener.took(), step));
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
