package io.karu.vision.pair;

/**
 * How a graph names a box beside a place: offset of the box's centre from the place in halves of a
 * cut-out's side, and the natural logarithm of its width and height in sides.
 */
public final class BoxCode {
    /** Numbers of a code. */
    public static final int LENGTH = 4;

    private static final double LARGEST_LOG = 2;

    private BoxCode() {}

    /** Writes the code of a box given by its edges. */
    public static void encode(
            double left,
            double top,
            double right,
            double bottom,
            int x,
            int y,
            int side,
            float[] code) {
        code[0] = (float) (((left + right) / 2 - x) * 2 / side);
        code[1] = (float) (((top + bottom) / 2 - y) * 2 / side);
        code[2] = (float) Math.log((right - left) / side);
        code[3] = (float) Math.log((bottom - top) / side);
    }

    /** Centre of a coded box along one axis. */
    static double centre(float offset, int place, int side) {
        return place + offset * side / 2.0;
    }

    /** Width or height of a coded box. */
    static double length(float log, int side) {
        return side * Math.exp(Math.max(-LARGEST_LOG, Math.min(LARGEST_LOG, log)));
    }
}
