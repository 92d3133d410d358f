package io.karu.models;

import io.karu.api.model.Digest;
import io.karu.api.model.ModelException;
import io.karu.api.model.ModelException.Code;
import io.karu.api.uplink.HealthCheck.Result;
import io.karu.modelversion.ModelHeader;
import io.karu.modelversion.signing.Envelope;
import io.karu.modelversion.signing.TrustAnchor;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which versions may enter the store and which may decide, by whom this gateway trusts and by what
 * it has accepted before. Confined to the worker's thread.
 */
final class Admission {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
    private static final long NO_RELEASE = -1;

    private final Trust trust;
    private final ModelStore store;

    Admission(Trust trust, ModelStore store) {
        this.trust = trust;
        this.store = store;
    }

    /**
     * Applies the configured anchors and the statements that replace them, as far as they are to be
     * believed.
     *
     * @return whom this gateway trusts, or why the configuration was not taken
     */
    Result configure(List<TrustAnchor> anchors, List<Envelope> statements) {
        Optional<String> problem = Optional.empty();
        try {
            if (!trust.isEstablished()) {
                trust.configure(anchors);
            }
            trust.change(statements);
            problem = trust.configure(anchors);
        } catch (ModelException | IOException e) {
            problem = Optional.of(e.getMessage());
        }
        problem.ifPresent(LOG::error);
        return new Result("models.trust", problem.isEmpty(), problem.orElseGet(this::trusted));
    }

    private String trusted() {
        return trust.isEstablished()
                ? "only what "
                        + trust.anchors().stream().map(TrustAnchor::id).toList()
                        + " signed may decide"
                : "no trust anchor is configured: unsigned models may decide";
    }

    /**
     * What nobody trusted signed is not even copied; a release is kept beside its version.
     *
     * @throws ModelException {@code NOT_TRUSTED}
     */
    void requireEntry(ModelHeader header, Optional<byte[]> release)
            throws ModelException, IOException {
        if (trust.isEstablished() && !accepted(header.digest())) {
            trust.require(header.name(), header.version(), header.digest(), release);
        }
        if (release.isPresent()) {
            store.keepRelease(header.digest(), release.get());
        }
    }

    /**
     * A version may decide when it decided before, when nothing released later has, or by an order.
     *
     * @return its release counter; -1 when it needs none
     * @throws ModelException {@code NOT_TRUSTED} or {@code OUTDATED}
     */
    long requireDecision(String name, Digest digest, Optional<byte[]> order) throws ModelException {
        if (!trust.isEstablished() || accepted(digest)) {
            return NO_RELEASE;
        }
        long counter = counter(name, digest);
        long highest = store.record().release(name);
        if (counter < highest) {
            if (order.isEmpty()) {
                throw new ModelException(
                        Code.OUTDATED,
                        store.record().label(digest)
                                + " is release "
                                + counter
                                + "; release "
                                + highest
                                + " has decided here, so going back needs a signed rollback order");
            }
            trust.requireOrder(order.get(), name, digest, Instant.now());
        }
        return counter;
    }

    private boolean accepted(Digest digest) {
        ModelRecord.Version known = store.record().versions().get(digest);
        return known != null && known.accepted();
    }

    private long counter(String name, Digest digest) throws ModelException {
        String version = store.record().versions().get(digest).version();
        try {
            return trust.require(name, version, digest, store.release(digest)).counter();
        } catch (IOException e) {
            throw new ModelException(
                    Code.STORE_FAILED,
                    "the release of "
                            + store.record().label(digest)
                            + " cannot be read: "
                            + e.getMessage(),
                    e);
        }
    }
}
