package io.karu.api.inspection;

import java.util.Objects;

/**
 * A located defect.
 *
 * @param label class name, {@code defect} where the model does not tell classes apart
 * @param x left edge in pixels of the frame
 * @param y upper edge in pixels
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 * @param score 0 to 1
 */
public record Finding(String label, int x, int y, int width, int height, double score) {
    public Finding {
        Objects.requireNonNull(label, "label");
        if (x < 0 || y < 0 || width < 1 || height < 1) {
            throw new IllegalArgumentException(
                    "box of " + label + ": " + x + "," + y + " " + width + "x" + height);
        }
        if (!(score >= 0 && score <= 1)) {
            throw new IllegalArgumentException(
                    "score of " + label + " must be 0 to 1, was " + score);
        }
    }
}
