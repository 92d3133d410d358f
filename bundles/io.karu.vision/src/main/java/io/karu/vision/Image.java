package io.karu.vision;

import java.nio.ByteBuffer;

/**
 * Pixels in memory: one byte per pixel and channel, channel after channel, row by row ({@code
 * [C,H,W]}). Holds on to its array; a decoder refills it frame after frame.
 */
public sealed interface Image permits GrayImage, RgbImage {
    /** 1 or 3. */
    int channels();

    int width();

    int height();

    /** The pixels' array; only the first {@code channels × width × height} bytes are meant. */
    byte[] pixels();

    /**
     * Copies the pixels to the start of a buffer, which must hold at least {@code channels × width
     * × height} bytes.
     */
    default void copyTo(ByteBuffer target) {
        target.clear();
        target.put(pixels(), 0, channels() * width() * height());
        target.rewind();
    }

    /**
     * The part inside a box, as an image of its own. What lies beyond the edges repeats the nearest
     * pixel.
     */
    default Image crop(int left, int top, int cropWidth, int cropHeight) {
        byte[] cut = new byte[channels() * cropWidth * cropHeight];
        byte[] from = pixels();
        int plane = width() * height();
        int out = 0;
        for (int c = 0; c < channels(); c++) {
            for (int y = top; y < top + cropHeight; y++) {
                int row = c * plane + Math.max(0, Math.min(height() - 1, y)) * width();
                for (int x = left; x < left + cropWidth; x++) {
                    cut[out++] = from[row + Math.max(0, Math.min(width() - 1, x))];
                }
            }
        }
        return channels() == 1
                ? new GrayImage(cropWidth, cropHeight, cut)
                : new RgbImage(cropWidth, cropHeight, cut);
    }
}
