package io.karu.training.detection;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SymmetryTest {
    private static final int SIDE = 16;

    /** A marked rectangle must lie where the moved box says. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void pixelsAndBoxMoveAlike(int number) {
        Symmetry symmetry = Symmetry.of(number);
        int left = 9;
        int top = 3;
        int width = 4;
        int height = 2;
        byte[] plane = new byte[SIDE * SIDE];
        for (int y = top; y < top + height; y++) {
            for (int x = left; x < left + width; x++) {
                plane[y * SIDE + x] = 1;
            }
        }
        byte[] moved = new byte[SIDE * SIDE];
        symmetry.apply(plane, 1, SIDE, moved, 0);
        float half = SIDE / 2f;
        float[] box = {
            left + width / 2f - half, top + height / 2f - half, (float) width, (float) height
        };
        float[] to = new float[4];
        symmetry.apply(box, to, 0);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                boolean inside =
                        Math.abs(x + 0.5f - half - to[0]) < to[2] / 2
                                && Math.abs(y + 0.5f - half - to[1]) < to[3] / 2;
                assertEquals(inside ? 1 : 0, moved[y * SIDE + x], x + "," + y);
            }
        }
    }
}
