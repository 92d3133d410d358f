package io.karu.learning.data;

import io.karu.vision.Image;
import java.util.Objects;
import java.util.Optional;

/**
 * A labelled piece of an image, decoded, with what lies around it.
 *
 * @param id sample and number of the annotation
 * @param image the piece with {@code margin} pixels more on each side; beyond the frame's edges the
 *     nearest pixel is repeated
 * @param template the same piece of the sample's template, where pairs are asked for
 * @param margin pixels on each side that do not belong to the piece itself
 * @param label its class
 * @param sample where it comes from
 */
public record Crop(
        String id, Image image, Optional<Image> template, int margin, String label, Sample sample) {
    public Crop {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(template, "template");
        Objects.requireNonNull(label, "label");
        Objects.requireNonNull(sample, "sample");
    }

    /** Width of the piece itself. */
    public int width() {
        return image.width() - 2 * margin;
    }

    /** Height of the piece itself. */
    public int height() {
        return image.height() - 2 * margin;
    }

    /** The piece itself. */
    public Image piece() {
        return image.crop(margin, margin, width(), height());
    }

    /** The same piece of the template; absent where pairs are not asked for. */
    public Optional<Image> templatePiece() {
        return template.map(whole -> whole.crop(margin, margin, width(), height()));
    }
}
