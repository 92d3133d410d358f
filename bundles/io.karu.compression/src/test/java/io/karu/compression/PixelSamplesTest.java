package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PixelSamplesTest {
    private final PixelSamples images = Nets.pixels(10, 32, 1);

    @Test
    void randomNormalImagesHaveTheMeanAndDeviationOfTheImages() {
        PixelSamples noise = images.randomNormal(3);
        assertEquals(moments(images)[0], moments(noise)[0], 3);
        assertEquals(moments(images)[1], moments(noise)[1], 6);
        assertEquals(10, noise.size());
    }

    @Test
    void drawnDefectsChangeEveryImageAndFollowTheSeed() {
        PixelSamples damaged = images.withDefects(7);
        for (int i = 0; i < images.size(); i++) {
            byte[] before = images.images().get(i).get("image");
            byte[] after = damaged.images().get(i).get("image");
            int changed = 0;
            for (int p = 0; p < before.length; p++) {
                changed += before[p] != after[p] ? 1 : 0;
            }
            assertTrue(changed > 0 && changed < before.length, changed + " pixels");
            assertArrayEquals(after, images.withDefects(7).images().get(i).get("image"));
        }
    }

    @Test
    void someImagesAreSpreadEvenly() {
        PixelSamples some = images.atMost(5);
        assertEquals(images.images().get(2).get("image"), some.images().get(1).get("image"));
        assertEquals(5, some.size());
    }

    @Test
    void symmetriesMoveEveryPixelAndComeBack() {
        byte[] turned = images.symmetric(4).symmetric(1).images().get(0).get("image");
        byte[] image = images.images().get(0).get("image");
        assertEquals(image[5 * 32 + 3], turned[3 * 32 + 31 - 5]);
        for (int symmetry : new int[] {0, 1, 2, 3, 4, 7}) {
            assertArrayEquals(
                    image,
                    images.symmetric(symmetry).symmetric(symmetry).images().get(0).get("image"));
        }
    }

    @Test
    void anImageOfAnotherSizeIsRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        new PixelSamples(
                                Map.of("image", List.of(1L, 1L, 4L, 4L)),
                                List.of(Map.of("image", new byte[15]))));
    }

    private static double[] moments(PixelSamples samples) {
        double sum = 0;
        double squares = 0;
        long count = 0;
        for (Map<String, byte[]> image : samples.images()) {
            for (byte pixel : image.get("image")) {
                sum += pixel & 0xff;
                squares += (pixel & 0xff) * (pixel & 0xff);
                count++;
            }
        }
        return new double[] {sum / count, Math.sqrt(squares / count - sum / count * (sum / count))};
    }
}
