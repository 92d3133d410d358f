package io.karu.api.sample;

import io.karu.api.inspection.FrameId;
import io.karu.api.model.Digest;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * A frame kept in the spool.
 *
 * @param image content address of the image
 * @param template content address of its template, absent when none
 * @param heatMap content address of its heat map, absent when none
 * @param reason why it was kept
 */
public record Sample(
        FrameId frame,
        Instant keptAt,
        Digest image,
        Optional<Digest> template,
        Optional<Digest> heatMap,
        String reason) {
    public Sample {
        Objects.requireNonNull(frame, "frame");
        Objects.requireNonNull(keptAt, "keptAt");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(template, "template");
        Objects.requireNonNull(heatMap, "heatMap");
        Objects.requireNonNull(reason, "reason");
    }
}
