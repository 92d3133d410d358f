package io.karu.vision.pair;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.karu.vision.GrayImage;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cut-outs against the same done pixel by pixel: the bytes that training and station share. */
class PairCropsTest {
    @ParameterizedTest
    @CsvSource({"40, 30, 0, 0", "2, 3, 1, -2", "98, 69, -3, 4", "0, 0, 0, 0", "99, 69, 2, 2"})
    void planesAreWhatTheDescriptionSays(int x, int y, int right, int down) {
        GrayImage image = random(100, 70, 1);
        GrayImage template = random(100, 70, 2);
        int side = 16;
        PairCrops crops = new PairCrops(side);
        ByteBuffer cut = ByteBuffer.allocateDirect(3 + crops.bytes());
        crops.cut(image, template, x, y, right, down, cut, 3);
        for (int row = 0; row < side; row++) {
            for (int column = 0; column < side; column++) {
                int at = 3 + row * side + column;
                int plane = side * side;
                int fineX = x - side / 2 + column;
                int fineY = y - side / 2 + row;
                int wideX = x - side + 2 * column;
                int wideY = y - side + 2 * row;
                assertEquals(value(image, fineX, fineY), cut.get(at) & 0xff);
                assertEquals(
                        value(template, fineX + right, fineY + down), cut.get(at + plane) & 0xff);
                assertEquals(mean(image, wideX, wideY), cut.get(at + 2 * plane) & 0xff);
                assertEquals(
                        mean(template, wideX + right, wideY + down),
                        cut.get(at + 3 * plane) & 0xff);
            }
        }
    }

    private static int mean(GrayImage image, int x, int y) {
        return (value(image, x, y)
                        + value(image, x + 1, y)
                        + value(image, x, y + 1)
                        + value(image, x + 1, y + 1)
                        + 2)
                / 4;
    }

    private static int value(GrayImage image, int x, int y) {
        return image.at(
                Math.max(0, Math.min(image.width() - 1, x)),
                Math.max(0, Math.min(image.height() - 1, y)));
    }

    private static GrayImage random(int width, int height, long seed) {
        byte[] pixels = new byte[width * height];
        new Random(seed).nextBytes(pixels);
        return new GrayImage(width, height, pixels);
    }
}
