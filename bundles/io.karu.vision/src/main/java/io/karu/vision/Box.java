package io.karu.vision;

/**
 * A rectangle of whole pixels.
 *
 * @param x left edge
 * @param y upper edge
 * @param width in pixels, at least 1
 * @param height in pixels, at least 1
 */
public record Box(int x, int y, int width, int height) {
    public Box {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException(
                    "a box needs a width and height of at least 1: " + width + "x" + height);
        }
    }

    /** Intersection over union, 0 to 1. */
    public double iou(Box other) {
        long overlapWidth = Math.min(x + width, other.x + other.width) - Math.max(x, other.x);
        long overlapHeight = Math.min(y + height, other.y + other.height) - Math.max(y, other.y);
        if (overlapWidth <= 0 || overlapHeight <= 0) {
            return 0;
        }
        long overlap = overlapWidth * overlapHeight;
        return overlap
                / (double) ((long) width * height + (long) other.width * other.height - overlap);
    }

    /** This box grown by {@code pixels} on each side, cut at the frame's edges. */
    public Box grown(int pixels, int frameWidth, int frameHeight) {
        int left = Math.max(0, x - pixels);
        int top = Math.max(0, y - pixels);
        int right = Math.min(frameWidth, x + width + pixels);
        int bottom = Math.min(frameHeight, y + height + pixels);
        return new Box(left, top, right - left, bottom - top);
    }
}
