package io.karu.api.inspection;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * One image as its source delivers it.
 *
 * @param id stable identity
 * @param capturedAt when it was taken
 * @param encoded the image file's bytes (JPEG, PNG, BMP), read-only
 * @param template the defect-free template that belongs to this image, encoded; absent when the
 *     recipe has its own or none
 */
public record Frame(
        FrameId id, Instant capturedAt, ByteBuffer encoded, Optional<ByteBuffer> template) {
    public Frame {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(capturedAt, "capturedAt");
        encoded = encoded.asReadOnlyBuffer();
        template = template.map(ByteBuffer::asReadOnlyBuffer);
    }
}
