package io.karu.learning.djl.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class AugmentationTest {
    private static final int SIZE = 32;

    private static Map<String, Augmentation> all() {
        Map<String, Augmentation> all = new LinkedHashMap<>();
        all.put("light", Augmentation.light(0.2, 0.2, 0.5));
        all.put("gradient", Augmentation.gradient(0.3));
        all.put("noise", Augmentation.noise(20));
        all.put("blur", Augmentation.blur(3));
        all.put(
                "cutout",
                Augmentation.of(Augmentation.cutout(3, 0.4), Augmentation.cutout(3, 0.4)));
        all.put("jpeg", Augmentation.jpeg(0.3));
        return all;
    }

    private static Pixels ramp(int planes) {
        byte[] bytes = new byte[planes * SIZE * SIZE];
        for (int i = 0; i < bytes.length; i++) {
            int plane = i / (SIZE * SIZE);
            bytes[i] = (byte) (60 + 40 * plane + (i % SIZE) * 2 + (i % (SIZE * SIZE)) / SIZE);
        }
        return new Pixels(bytes, planes, SIZE, SIZE);
    }

    @TestFactory
    Stream<DynamicTest> theSameSeedChangesPixelsInTheSameWay() {
        return all().entrySet().stream()
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.getKey(),
                                        () -> {
                                            for (int planes : new int[] {1, 3}) {
                                                Pixels first = ramp(planes);
                                                Pixels second = ramp(planes);
                                                Pixels other = ramp(planes);
                                                Augmentation it = one.getValue();
                                                it.apply(first, new SplittableRandom(3));
                                                it.apply(second, new SplittableRandom(3));
                                                it.apply(other, new SplittableRandom(4));
                                                assertArrayEquals(first.planes(), second.planes());
                                                assertFalse(
                                                        Arrays.equals(
                                                                first.planes(), other.planes()));
                                            }
                                        }));
    }

    @TestFactory
    Stream<DynamicTest> picturesStayRecognisable() {
        return all().entrySet().stream()
                .filter(one -> !one.getKey().equals("cutout"))
                .map(
                        one ->
                                DynamicTest.dynamicTest(
                                        one.getKey(),
                                        () -> {
                                            Pixels changed = ramp(3);
                                            one.getValue().apply(changed, new SplittableRandom(3));
                                            byte[] before = ramp(3).planes();
                                            double sum = 0;
                                            for (int i = 0; i < before.length; i++) {
                                                int now = changed.planes()[i] & 255;
                                                sum += Math.abs((before[i] & 255) - now);
                                            }
                                            double distance = sum / before.length;
                                            assertTrue(distance < 60, "moved by " + distance);
                                        }));
    }

    @Test
    void jpegOfTheBestQualityKeepsColours() {
        Pixels pixels = ramp(3);
        Jpeg.apply(pixels, 1);
        byte[] before = ramp(3).planes();
        for (int i = 0; i < before.length; i++) {
            assertEquals(before[i] & 255, pixels.planes()[i] & 255, 6);
        }
    }

    /** A bright spot and its box go the same way, whatever the geometry. */
    @Test
    void boxesFollowPixels() {
        int height = 12;
        int width = 20;
        byte[] image = new byte[height * width];
        double[] box = {3, 5, 7, 8};
        for (int y = 5; y < 8; y++) {
            Arrays.fill(image, y * width + 3, y * width + 7, (byte) 200);
        }
        for (int turns = 0; turns < 4; turns++) {
            for (boolean mirrored : new boolean[] {false, true}) {
                Geometry geometry = new Geometry(mirrored, turns, 1, -2);
                byte[] moved = geometry.apply(image, height, width);
                int wide = turns % 2 == 0 ? width : height;
                double[] found = {99, 99, 0, 0};
                for (int i = 0; i < moved.length; i++) {
                    if (moved[i] != 0) {
                        found[0] = Math.min(found[0], i % wide);
                        found[1] = Math.min(found[1], i / wide);
                        found[2] = Math.max(found[2], i % wide + 1);
                        found[3] = Math.max(found[3], i / wide + 1);
                    }
                }
                assertArrayEquals(geometry.box(box, height, width), found, geometry.toString());
            }
        }
    }

    @Test
    void imagesThatAreNotSquareAreTurnedByHalvesOnly() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 50; i++) {
            Geometry drawn = Geometry.draw(random, Geometry.Symmetry.ALL, false, 3);
            assertEquals(0, drawn.quarterTurns() % 2);
            assertTrue(Math.abs(drawn.shiftX()) <= 3 && Math.abs(drawn.shiftY()) <= 3);
        }
    }
}
