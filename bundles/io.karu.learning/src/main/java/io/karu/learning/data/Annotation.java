package io.karu.learning.data;

import io.karu.vision.Box;
import java.util.Objects;

/**
 * Something marked in an image.
 *
 * @param box in pixels of the image
 * @param label its class
 */
public record Annotation(Box box, String label) {
    public Annotation {
        Objects.requireNonNull(box, "box");
        Objects.requireNonNull(label, "label");
    }
}
