package io.karu.page;

import io.karu.api.model.Digest;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The newest images and heat maps in memory, for verdicts whose images the station does not keep.
 * Bounded by bytes. Thread-safe.
 */
final class RecentImages {
    private final long maxBytes;
    private final Map<Digest, byte[]> images = new LinkedHashMap<>();
    private long bytes;

    RecentImages(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    synchronized void put(Digest digest, ByteBuffer content) {
        if (content.remaining() > maxBytes || images.containsKey(digest)) {
            return;
        }
        byte[] copy = new byte[content.remaining()];
        content.duplicate().get(copy);
        images.put(digest, copy);
        bytes += copy.length;
        var oldest = images.values().iterator();
        while (bytes > maxBytes) {
            bytes -= oldest.next().length;
            oldest.remove();
        }
    }

    synchronized Optional<byte[]> get(Digest digest) {
        return Optional.ofNullable(images.get(digest));
    }

    synchronized void clear() {
        images.clear();
        bytes = 0;
    }
}
