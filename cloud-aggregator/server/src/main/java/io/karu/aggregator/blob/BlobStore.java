package io.karu.aggregator.blob;

import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.fleet.GatewayId;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Images and heat maps by the SHA-256 of their content. A stored blob never changes. Thread-safe.
 */
public interface BlobStore {
    /** What a put found. */
    enum Put {
        /** Stored now: HTTP 201. */
        NEW,
        /** Was there already: HTTP 200. */
        KNOWN
    }

    /** Where a blob is read from; each call begins anew, and the caller closes the stream. */
    interface Content {
        InputStream open() throws IOException;
    }

    /** A stored blob. */
    record Blob(String hex, Content content, long sizeBytes, String contentType) {}

    /**
     * Stores the content when its digest is {@code hex}.
     *
     * @throws AggregatorException {@code BLOB_DIGEST_DIFFERS}, {@code BLOB_TOO_LARGE}, {@code
     *     BLOB_BUDGET_SPENT} with detail {@code retryAfterSeconds}
     */
    Put put(GatewayId gateway, String hex, String contentType, InputStream content)
            throws IOException;

    /** By 64 hexadecimal digits, with or without {@code sha256:}. */
    Optional<Blob> find(String digest);

    /**
     * Whether a blob is recorded and its content is where it should be: what a gateway is told
     * before it sends. Slower than {@link #find} where the content lies on another machine.
     */
    boolean holds(String digest) throws IOException;

    /** Bytes stored. */
    long sizeBytes();
}
