package io.karu.learning.djl.augment;

import java.util.Objects;

/**
 * Pixels to be changed.
 *
 * @param planes {@code [planes, height, width]}, gray or red, green, blue; changed in place
 * @param count number of planes, 1 or 3
 */
public record Pixels(byte[] planes, int count, int height, int width) {
    public Pixels {
        Objects.requireNonNull(planes, "planes");
        if (planes.length != count * height * width) {
            throw new IllegalArgumentException(
                    planes.length
                            + " bytes are not "
                            + count
                            + " planes of "
                            + height
                            + " x "
                            + width);
        }
    }
}
