package io.karu.vision;

import java.util.Objects;

/** A colour image: a red, a green and a blue plane, each row by row. */
public final class RgbImage implements Image {
    private byte[] pixels = new byte[0];
    private int width;
    private int height;

    /** An empty image for a decoder to fill. */
    public RgbImage() {}

    /** An image over the given planes, {@code 3 × width × height} bytes. */
    public RgbImage(int width, int height, byte[] pixels) {
        if (width < 1 || height < 1 || pixels.length < 3 * width * height) {
            throw new IllegalArgumentException(
                    "colour image of "
                            + width
                            + "x"
                            + height
                            + " over "
                            + pixels.length
                            + " bytes");
        }
        this.width = width;
        this.height = height;
        this.pixels = Objects.requireNonNull(pixels, "pixels");
    }

    @Override
    public int channels() {
        return 3;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public byte[] pixels() {
        return pixels;
    }

    void resize(int newWidth, int newHeight) {
        if (pixels.length < 3 * newWidth * newHeight) {
            pixels = new byte[3 * newWidth * newHeight];
        }
        width = newWidth;
        height = newHeight;
    }
}
