package io.karu.api.model;

import io.karu.api.inference.InferenceSession;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The right to use one model version, taken for one frame and closed after it. While a lease is
 * open its session stays open; a swap publishes the next version at once and closes the old session
 * when its last lease is closed.
 */
@ProviderType
public interface ModelLease extends AutoCloseable {
    Digest digest();

    ModelCard card();

    /**
     * The opened model; the same object for all leases of one publication, so bindings can be kept
     * per session.
     */
    InferenceSession session();

    /**
     * By how much the process's resident memory grew when the session was opened and warmed up; 0
     * where the system does not tell.
     */
    default long addedBytes() {
        return 0;
    }

    /** Idempotent. */
    @Override
    void close();
}
