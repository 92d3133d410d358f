package io.karu.vision.pair;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.karu.vision.GrayImage;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bit arithmetic against the same done pixel by pixel. */
class BitPlaneTest {
    private final BitPlane plane = new BitPlane();
    private final BitPlane scratch = new BitPlane();

    @ParameterizedTest
    @CsvSource({"640, 5", "64, 3", "65, 4", "63, 7", "130, 9", "7, 3", "1, 1"})
    void brightPixelsAreSet(int width, int height) {
        GrayImage image = random(width, height);
        plane.bright(image);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                assertEquals(image.at(x, y) >= 128, plane.at(x, y), x + "," + y);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"128, 20, 1, 1", "100, 17, 0, 1", "65, 12, 2, 1", "70, 9, 2, 2"})
    void erosionAndDilationReachAsFarAsTheyAreTold(int width, int height, int before, int after) {
        GrayImage image = random(width, height);
        plane.bright(image);
        BitPlane eroded = new BitPlane();
        BitPlane dilated = new BitPlane();
        eroded.eroded(plane, before, after, scratch);
        dilated.dilated(plane, before, after, scratch);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean all = true;
                boolean any = false;
                for (int dy = -before; dy <= after; dy++) {
                    for (int dx = -before; dx <= after; dx++) {
                        boolean set =
                                x + dx >= 0
                                        && x + dx < width
                                        && y + dy >= 0
                                        && y + dy < height
                                        && image.at(x + dx, y + dy) >= 128;
                        all &= set;
                        any |= set;
                    }
                }
                assertEquals(all, eroded.at(x, y), "erosion at " + x + "," + y);
                assertEquals(any, dilated.at(x, y), "dilation at " + x + "," + y);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"128, 3, 2", "100, -3, 1", "65, 4, -1", "63, -1, 0", "200, 0, 5"})
    void aMovedWordRepeatsThePixelsAtTheEdges(int width, int right, int down) {
        int height = 6;
        GrayImage image = random(width, height);
        plane.bright(image);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                long word = plane.word(x / 64, y + down, right);
                int fromX = Math.max(0, Math.min(width - 1, x + right));
                int fromY = Math.max(0, Math.min(height - 1, y + down));
                assertEquals(
                        image.at(fromX, fromY) >= 128, (word >>> (x % 64) & 1) != 0, x + "," + y);
            }
        }
    }

    private static GrayImage random(int width, int height) {
        byte[] pixels = new byte[width * height];
        new Random(width * 31L + height).nextBytes(pixels);
        return new GrayImage(width, height, pixels);
    }
}
