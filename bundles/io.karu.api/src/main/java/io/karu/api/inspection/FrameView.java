package io.karu.api.inspection;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** A frame's bytes, borrowed for the duration of a listener's call; copy to keep. */
@ProviderType
public interface FrameView {
    /** The image file as it came in, read-only. */
    ByteBuffer encoded();

    /** The template it was compared with, encoded, read-only. */
    Optional<ByteBuffer> template();

    /**
     * The heat map as PNG (gray, same aspect as the frame), read-only; absent when none was made.
     */
    Optional<ByteBuffer> heatMap();
}
