package io.karu.api.sample;

import io.karu.api.inspection.FrameId;
import io.karu.api.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The gateway's store of samples: append-only, bounded by bytes and age, oldest out first, survives
 * power cuts. Thread-safe.
 */
@ProviderType
public interface SampleSpool {
    /** Keeps a blob and returns its content address; known content costs nothing. */
    Digest put(ByteBuffer content) throws IOException;

    /** Records why a frame is kept; its blobs must have been put. */
    void keep(Sample sample) throws IOException;

    /** The blob's content, or empty when it is not (or no longer) there. */
    Optional<byte[]> get(Digest digest) throws IOException;

    /** The sample of that frame, or empty. */
    Optional<Sample> find(FrameId frame);

    /** The newest samples, newest first. */
    List<Sample> newest(int limit);

    /** Bytes in use. */
    long bytes();
}
