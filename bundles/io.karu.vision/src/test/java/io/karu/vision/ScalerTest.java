package io.karu.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.vision.Scaler.Method;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalerTest {
    private final Scaler scaler = new Scaler();

    @ParameterizedTest
    @CsvSource({
        "37,23,16,16",
        "640,640,224,224",
        "10,10,25,31",
        "1,1,8,8",
        "7,300,96,5",
        "64,64,32,32"
    })
    void areaIsTheMeanOfWhatANewPixelCovers(int width, int height, int newWidth, int newHeight) {
        GrayImage image = noise(width, height);
        byte[] scaled = new byte[newWidth * newHeight];
        scaler.stretch(image, Method.AREA, newWidth, newHeight, ByteBuffer.wrap(scaled));
        for (int y = 0; y < newHeight; y += 3) {
            for (int x = 0; x < newWidth; x += 3) {
                double sum = 0;
                for (int sy = 0; sy < height; sy++) {
                    double v = covered(sy, y, height, newHeight);
                    for (int sx = 0; v > 0 && sx < width; sx++) {
                        sum += v * covered(sx, x, width, newWidth) * image.at(sx, sy);
                    }
                }
                double mean = sum * newWidth * newHeight / ((double) width * height);
                assertEquals(mean, scaled[y * newWidth + x] & 0xff, 0.5 + 1e-6, x + "," + y);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"37,23,16,16", "640,640,224,224", "10,10,25,31", "1,1,8,8", "7,300,96,5"})
    void bilinearWeighsByDistanceBetweenCentres(
            int width, int height, int newWidth, int newHeight) {
        GrayImage image = noise(width, height);
        byte[] scaled = new byte[newWidth * newHeight];
        scaler.stretch(image, Method.BILINEAR, newWidth, newHeight, ByteBuffer.wrap(scaled));
        for (int y = 0; y < newHeight; y++) {
            for (int x = 0; x < newWidth; x++) {
                double at = Math.max(0, (x + 0.5) * width / newWidth - 0.5);
                double down = Math.max(0, (y + 0.5) * height / newHeight - 0.5);
                int left = (int) Math.min(width - 1, at);
                int top = (int) Math.min(height - 1, down);
                int right = Math.min(width - 1, left + 1);
                int bottom = Math.min(height - 1, top + 1);
                double u = Math.min(1, at - left);
                double v = Math.min(1, down - top);
                double expected =
                        (1 - v) * ((1 - u) * image.at(left, top) + u * image.at(right, top))
                                + v
                                        * ((1 - u) * image.at(left, bottom)
                                                + u * image.at(right, bottom));
                assertEquals(expected, scaled[y * newWidth + x] & 0xff, 0.5 + 1e-6, x + "," + y);
            }
        }
    }

    @Test
    void fittingKeepsProportionsAndFillsTheRest() {
        byte[] white = new byte[3 * 40 * 20];
        java.util.Arrays.fill(white, (byte) 255);
        RgbImage image = new RgbImage(40, 20, white);
        byte[] fitted = new byte[3 * 16 * 16];
        scaler.fit(image, Method.AREA, 16, 16, 128, ByteBuffer.wrap(fitted));
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < 16; y++) {
                int expected = y >= 4 && y < 12 ? 255 : 128;
                assertEquals(expected, fitted[channel * 256 + y * 16 + 7] & 0xff, "row " + y);
            }
        }
        assertEquals(1, Scaler.fittedWidth(1, 5000, 16, 16));
        assertEquals(16, Scaler.fittedWidth(5000, 1, 16, 16));
    }

    @Test
    void theOwnSizeStaysAsItIs() {
        GrayImage image = noise(19, 11);
        for (Method method : Method.values()) {
            byte[] same = new byte[19 * 11];
            scaler.stretch(image, method, 19, 11, ByteBuffer.wrap(same));
            assertArrayEquals(image.pixels(), same);
        }
    }

    @Test
    void onceWarmItAllocatesNothing() {
        GrayImage image = noise(640, 480);
        ByteBuffer target = ByteBuffer.allocateDirect(224 * 224);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            scaler.fit(image, Method.AREA, 224, 224, 0, target);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < 256, least + " bytes in one frame");
    }

    private static double covered(int pixel, int newPixel, int size, int newSize) {
        double scale = (double) newSize / size;
        return Math.max(
                        0,
                        Math.min(newPixel + 1, (pixel + 1) * scale)
                                - Math.max(newPixel, pixel * scale))
                / scale;
    }

    private static GrayImage noise(int width, int height) {
        byte[] pixels = new byte[width * height];
        new SplittableRandom(5).nextBytes(pixels);
        return new GrayImage(width, height, pixels);
    }
}
