package io.karu.vision.pair;

import io.karu.vision.GrayImage;
import java.nio.ByteBuffer;

/**
 * Cuts what a detector's graph sees of a place: {@value #CHANNELS} planes of {@code side × side}
 * bytes, centred on it. The first two are image and template pixel by pixel, the others the same of
 * twice the width and height, four pixels averaged into one. The template is taken where the
 * registration found it. What lies beyond the edges repeats the nearest pixel. Not thread-safe.
 */
public final class PairCrops {
    /** Planes of a cut-out. */
    public static final int CHANNELS = 4;

    private final int side;
    private final byte[] wide;
    private final byte[] plane;

    /**
     * @param side width and height of a plane in pixels, even
     */
    public PairCrops(int side) {
        if (side < 2 || side % 2 != 0) {
            throw new IllegalArgumentException("side must be even and at least 2, was " + side);
        }
        this.side = side;
        wide = new byte[4 * side * side];
        plane = new byte[side * side];
    }

    /** Bytes of one cut-out. */
    public int bytes() {
        return CHANNELS * side * side;
    }

    /** Width and height of a plane. */
    public int side() {
        return side;
    }

    /**
     * Cuts a place out of both images.
     *
     * @param right what to add to a column of the image to meet the template's
     * @param down what to add to a row of the image to meet the template's
     * @param target takes {@link #bytes()} bytes
     * @param offset where in the target
     */
    public void cut(
            GrayImage image,
            GrayImage template,
            int x,
            int y,
            int right,
            int down,
            ByteBuffer target,
            int offset) {
        cut(image, x, y, target, offset);
        cut(template, x + right, y + down, target, offset + side * side);
    }

    private void cut(GrayImage image, int x, int y, ByteBuffer target, int offset) {
        int reach = 2 * side;
        int left = x - side;
        int top = y - side;
        for (int row = 0; row < reach; row++) {
            copyRow(image, left, Math.max(0, Math.min(image.height() - 1, top + row)), row * reach);
        }
        for (int row = 0; row < side; row++) {
            target.put(offset + row * side, wide, (row + side / 2) * reach + side / 2, side);
        }
        for (int row = 0; row < side; row++) {
            int upper = 2 * row * reach;
            int out = row * side;
            for (int column = 0; column < side; column++, upper += 2) {
                plane[out + column] =
                        (byte)
                                ((wide[upper] & 0xff)
                                                + (wide[upper + 1] & 0xff)
                                                + (wide[upper + reach] & 0xff)
                                                + (wide[upper + reach + 1] & 0xff)
                                                + 2
                                        >> 2);
            }
        }
        target.put(offset + 2 * side * side, plane, 0, side * side);
    }

    private void copyRow(GrayImage image, int left, int y, int to) {
        int reach = 2 * side;
        int width = image.width();
        int before = Math.max(0, Math.min(reach, -left));
        int after = Math.max(0, Math.min(reach, left + reach - width));
        int line = y * width;
        byte[] pixels = image.pixels();
        for (int i = 0; i < before; i++) {
            wide[to + i] = pixels[line];
        }
        int inside = reach - before - after;
        if (inside > 0) {
            System.arraycopy(pixels, line + left + before, wide, to + before, inside);
        }
        for (int i = reach - after; i < reach; i++) {
            wide[to + i] = pixels[line + width - 1];
        }
    }
}
