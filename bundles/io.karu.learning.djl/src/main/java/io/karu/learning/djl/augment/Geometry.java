package io.karu.learning.djl.augment;

import java.util.random.RandomGenerator;

/**
 * How a part lies under the camera: mirrored left to right first, then turned counter-clockwise by
 * quarters, then shifted. Exact: no pixel is interpolated. Image, template, mask and boxes of one
 * sample take the same geometry.
 *
 * @param mirrored whether left and right are exchanged
 * @param quarterTurns 0 to 3
 * @param shiftX pixels to the right; what enters repeats the border
 * @param shiftY pixels down
 */
public record Geometry(boolean mirrored, int quarterTurns, int shiftX, int shiftY) {
    /** Leaves everything where it is. */
    public static final Geometry NONE = new Geometry(false, 0, 0, 0);

    public Geometry {
        if (quarterTurns < 0 || quarterTurns > 3) {
            throw new IllegalArgumentException("quarter turns must be 0 to 3, not " + quarterTurns);
        }
    }

    /** Which geometries may be drawn. */
    public enum Symmetry {
        /** As it is. */
        NONE,
        /** Mirrored left to right or not. */
        MIRROR,
        /** All four turns. */
        TURNS,
        /** All eight: parts without a preferred side. Not square images turn by halves only. */
        ALL
    }

    /**
     * Draws one.
     *
     * @param square whether the image is: others are not turned by one or three quarters
     * @param shift largest shift in pixels
     */
    public static Geometry draw(
            RandomGenerator random, Symmetry symmetry, boolean square, int shift) {
        boolean mirrors = symmetry == Symmetry.MIRROR || symmetry == Symmetry.ALL;
        boolean turns = symmetry == Symmetry.TURNS || symmetry == Symmetry.ALL;
        boolean mirrored = mirrors && random.nextBoolean();
        int turned = turns ? random.nextInt(4) : 0;
        int x = shift == 0 ? 0 : random.nextInt(-shift, shift + 1);
        int y = shift == 0 ? 0 : random.nextInt(-shift, shift + 1);
        return new Geometry(mirrored, square ? turned : turned & 2, x, y);
    }

    /**
     * Moves planes of pixels.
     *
     * @param planes {@code [planes, height, width]}
     * @return {@code [planes, height, width]}, or {@code [planes, width, height]} after an odd
     *     number of quarter turns
     */
    public byte[] apply(byte[] planes, int height, int width) {
        if (equals(NONE)) {
            return planes.clone();
        }
        byte[] moved = new byte[planes.length];
        int outHeight = quarterTurns % 2 == 0 ? height : width;
        int outWidth = quarterTurns % 2 == 0 ? width : height;
        int area = height * width;
        for (int y = 0; y < outHeight; y++) {
            int fromY = Math.max(0, Math.min(outHeight - 1, y - shiftY));
            for (int x = 0; x < outWidth; x++) {
                int fromX = Math.max(0, Math.min(outWidth - 1, x - shiftX));
                int source = source(fromX, fromY, height, width);
                for (int plane = 0; plane < planes.length; plane += area) {
                    moved[plane + y * outWidth + x] = planes[plane + source];
                }
            }
        }
        return moved;
    }

    private int source(int x, int y, int height, int width) {
        int column =
                switch (quarterTurns) {
                    case 0 -> x;
                    case 1 -> width - 1 - y;
                    case 2 -> width - 1 - x;
                    default -> y;
                };
        int row =
                switch (quarterTurns) {
                    case 0 -> y;
                    case 1 -> x;
                    case 2 -> height - 1 - y;
                    default -> height - 1 - x;
                };
        return row * width + (mirrored ? width - 1 - column : column);
    }

    /**
     * Moves a box.
     *
     * @param box left, top, right, bottom in pixels of an image of the given size; right and bottom
     *     exclusive
     * @return the box after the move, cut at the image's borders; of no area when it left the image
     */
    public double[] box(double[] box, int height, int width) {
        double left = mirrored ? width - box[2] : box[0];
        double right = mirrored ? width - box[0] : box[2];
        double top = box[1];
        double bottom = box[3];
        double[] turned =
                switch (quarterTurns) {
                    case 0 -> new double[] {left, top, right, bottom};
                    case 1 -> new double[] {top, width - right, bottom, width - left};
                    case 2 ->
                            new double[] {
                                width - right, height - bottom, width - left, height - top
                            };
                    default -> new double[] {height - bottom, left, height - top, right};
                };
        double maxX = quarterTurns % 2 == 0 ? width : height;
        double maxY = quarterTurns % 2 == 0 ? height : width;
        return new double[] {
            clamp(turned[0] + shiftX, maxX),
            clamp(turned[1] + shiftY, maxY),
            clamp(turned[2] + shiftX, maxX),
            clamp(turned[3] + shiftY, maxY)
        };
    }

    private static double clamp(double value, double most) {
        return Math.max(0, Math.min(most, value));
    }
}
