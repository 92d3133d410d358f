package io.karu.api.model;

import java.nio.file.Path;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The gateway's models: its own store, and what each alias means. An OSGi service of {@code
 * io.karu.models}. Thread-safe.
 */
@ProviderType
public interface Models {
    /**
     * Takes a lease on what the reference means now. Costs two atomic operations in steady state.
     *
     * @throws ModelException {@code NOT_FOUND}, {@code AMBIGUOUS} or {@code NO_ENGINE}; the message
     *     says what is awaited
     */
    ModelLease lease(ModelRef ref) throws ModelException;

    /** Every version in the store and every alias, sorted by name. */
    List<ModelStatus> status();

    /**
     * Verifies (digest, card against graph, golden outputs), warms up and then publishes the
     * version under the alias in one step, durably. The version published before becomes last-good.
     * On any failure nothing changes.
     */
    void activate(String name, String alias, Digest digest) throws ModelException;

    /**
     * Like {@link #activate(String, String, Digest)}, of a version that was released before what
     * this gateway has accepted.
     *
     * @param order signed rollback order as a DSSE envelope in JSON (docs/contracts.md,
     *     "Signatures")
     * @throws ModelException also {@code NOT_TRUSTED} when the order is not for this gateway, this
     *     version and this time
     */
    default void activate(String name, String alias, Digest digest, String order)
            throws ModelException {
        activate(name, alias, digest);
    }

    /** Names this gateway in rollback orders; made at the first start. */
    default String installation() {
        return "";
    }

    /**
     * Takes a version that was made on this gateway into the store. It decides nothing until it is
     * activated, unless it is the first of its name.
     *
     * @param folder a model version (docs/contracts.md §4); not needed any more afterwards
     * @return what it is called from now on
     * @throws ModelException {@code CORRUPT} when the folder is no model version or too large for
     *     the store, {@code STORE_FAILED} when it cannot be written
     */
    default Digest add(Path folder) throws ModelException {
        throw new ModelException(
                ModelException.Code.STORE_FAILED, "this gateway's store takes no own versions");
    }

    /**
     * Copies a version out of the store.
     *
     * @param folder made by this call; must be absent
     * @throws ModelException {@code NOT_FOUND}, {@code CORRUPT} when its files are damaged, {@code
     *     STORE_FAILED} when the copy cannot be written
     */
    default void copy(Digest digest, Path folder) throws ModelException {
        throw new ModelException(
                ModelException.Code.NOT_FOUND, "this gateway's store gives no versions away");
    }

    /**
     * Ends an alias other than the champion: it means nothing from now on. Its version stays in the
     * store.
     *
     * @return what it meant
     * @throws ModelException {@code NOT_FOUND} when it means nothing
     */
    default Digest clear(String name, String alias) throws ModelException {
        throw new ModelException(
                ModelException.Code.NOT_FOUND, "this gateway's store ends no aliases");
    }

    /**
     * Publishes last-good again; the version rolled back is rejected and stays off. {@code
     * NO_PREVIOUS} when there is none.
     */
    Digest rollback(String name, String alias) throws ModelException;
}
