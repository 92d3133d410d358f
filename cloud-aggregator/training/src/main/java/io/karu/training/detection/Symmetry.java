package io.karu.training.detection;

/** The eight symmetries of a square: a reflection at the diagonal, then mirrored axes. */
record Symmetry(boolean transposed, boolean mirrored, boolean flipped) {
    /** All of them. */
    static final int COUNT = 8;

    static Symmetry of(int number) {
        return new Symmetry((number & 4) != 0, (number & 2) != 0, (number & 1) != 0);
    }

    /** Applies it to planes of {@code side × side} bytes. */
    void apply(byte[] from, int planes, int side, byte[] to, int offset) {
        int out = offset;
        for (int plane = 0; plane < planes; plane++) {
            int base = plane * side * side;
            for (int y = 0; y < side; y++) {
                int sourceY = flipped ? side - 1 - y : y;
                for (int x = 0; x < side; x++) {
                    int sourceX = mirrored ? side - 1 - x : x;
                    to[out++] =
                            from[
                                    base
                                            + (transposed
                                                    ? sourceX * side + sourceY
                                                    : sourceY * side + sourceX)];
                }
            }
        }
    }

    /** Applies it to a box given as centre offset and size: {@code dx, dy, width, height}. */
    void apply(float[] box, float[] to, int offset) {
        float dx = transposed ? box[1] : box[0];
        float dy = transposed ? box[0] : box[1];
        to[offset] = mirrored ? -dx : dx;
        to[offset + 1] = flipped ? -dy : dy;
        to[offset + 2] = transposed ? box[3] : box[2];
        to[offset + 3] = transposed ? box[2] : box[3];
    }
}
