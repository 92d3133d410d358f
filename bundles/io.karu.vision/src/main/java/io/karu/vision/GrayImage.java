package io.karu.vision;

import java.util.Objects;

/**
 * A gray image, one byte per pixel, row by row. Holds on to its array; a decoder refills it frame
 * after frame.
 */
public final class GrayImage implements Image {
    private byte[] pixels = new byte[0];
    private int width;
    private int height;

    /** An empty image for a decoder to fill. */
    public GrayImage() {}

    /** An image over the given pixels, {@code width × height} of them. */
    public GrayImage(int width, int height, byte[] pixels) {
        if (width < 1 || height < 1 || pixels.length < width * height) {
            throw new IllegalArgumentException(
                    "image of " + width + "x" + height + " over " + pixels.length + " pixels");
        }
        this.width = width;
        this.height = height;
        this.pixels = Objects.requireNonNull(pixels, "pixels");
    }

    @Override
    public int channels() {
        return 1;
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

    /** Value of a pixel, 0 to 255. */
    public int at(int x, int y) {
        return pixels[y * width + x] & 0xff;
    }

    void resize(int newWidth, int newHeight) {
        if (pixels.length < newWidth * newHeight) {
            pixels = new byte[newWidth * newHeight];
        }
        width = newWidth;
        height = newHeight;
    }
}
