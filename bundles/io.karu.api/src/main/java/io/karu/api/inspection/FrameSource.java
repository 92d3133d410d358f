package io.karu.api.inspection;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Where a station's frames come from. Cameras and folders implement it; used by one inspection
 * thread at a time.
 *
 * <p>A source is pulled: {@link #next} offers the same frame again until {@link #done} was called
 * with its id, so that a restart between the verdict and its record loses nothing.
 */
@ConsumerType
public interface FrameSource extends AutoCloseable {
    /** The next frame not yet done, or empty when none came within the wait. */
    Optional<Frame> next(Duration wait) throws IOException, InterruptedException;

    /** The frame's verdict is journaled: advance. Idempotent. */
    void done(FrameId frame) throws IOException;

    /** Frames waiting in the source; -1 when it cannot tell. */
    default int backlog() {
        return -1;
    }

    @Override
    void close() throws IOException;
}
