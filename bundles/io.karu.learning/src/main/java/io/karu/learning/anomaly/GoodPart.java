package io.karu.learning.anomaly;

import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.Objects;

/**
 * One image of a good part.
 *
 * @param product what kind of part; one model may know several
 * @param part which piece, when several images show the same
 * @param shot which image of that piece
 * @param image reads it
 */
public record GoodPart(String product, String part, String shot, Source image) {
    /** The only image of a piece. */
    public GoodPart(String product, String part, Source image) {
        this(product, part, "", image);
    }

    public GoodPart {
        Objects.requireNonNull(product, "product");
        Objects.requireNonNull(part, "part");
        Objects.requireNonNull(shot, "shot");
        Objects.requireNonNull(image, "image");
    }

    /** Where an image comes from; read each time it is needed. */
    @FunctionalInterface
    public interface Source {
        GrayImage read() throws IOException;
    }
}
