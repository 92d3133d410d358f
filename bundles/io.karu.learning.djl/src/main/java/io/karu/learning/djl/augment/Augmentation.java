package io.karu.learning.djl.augment;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Changes what pixels look like, not where they are. Strengths are the largest that is drawn; each
 * call draws anew from a symmetric range.
 */
@FunctionalInterface
public interface Augmentation {
    /** Changes the pixels in place. */
    void apply(Pixels pixels, RandomGenerator random);

    /** One after another. */
    static Augmentation of(Augmentation... each) {
        List<Augmentation> all = List.of(each);
        return (pixels, random) -> all.forEach(one -> one.apply(pixels, random));
    }

    /** With a probability, else nothing. */
    static Augmentation sometimes(double probability, Augmentation one) {
        return (pixels, random) -> {
            if (random.nextDouble() < probability) {
                one.apply(pixels, random);
            }
        };
    }

    /**
     * Lamp and exposure: {@code 255 · (contrast · (v − ½) + ½ + brightness) ^ gamma}.
     *
     * @param brightness largest offset, as part of the range
     * @param contrast largest factor's distance from 1
     * @param gamma largest exponent's logarithm to base 2
     */
    static Augmentation light(double brightness, double contrast, double gamma) {
        return (pixels, random) -> {
            double offset = symmetric(random, brightness);
            double factor = 1 + symmetric(random, contrast);
            double exponent = Math.pow(2, symmetric(random, gamma));
            byte[] table = new byte[256];
            for (int i = 0; i < 256; i++) {
                double value = factor * (i / 255.0 - 0.5) + 0.5 + offset;
                table[i] = level(255 * Math.pow(Math.max(0, Math.min(1, value)), exponent));
            }
            byte[] planes = pixels.planes();
            for (int i = 0; i < planes.length; i++) {
                planes[i] = table[planes[i] & 0xff];
            }
        };
    }

    /**
     * Uneven lamps: brightness that rises linearly across the image in a random direction.
     *
     * @param strength largest difference between two opposite borders, as part of the range
     */
    static Augmentation gradient(double strength) {
        return (pixels, random) -> {
            double alongX = 255 * symmetric(random, strength);
            double alongY = 255 * symmetric(random, strength);
            byte[] planes = pixels.planes();
            int area = pixels.height() * pixels.width();
            for (int i = 0; i < planes.length; i++) {
                int place = i % area;
                double x = (place % pixels.width()) / (double) pixels.width() - 0.5;
                double y = (place / pixels.width()) / (double) pixels.height() - 0.5;
                planes[i] = level((planes[i] & 0xff) + alongX * x + alongY * y);
            }
        };
    }

    /**
     * The sensor's noise: Gaussian, the same draw for all planes of a place.
     *
     * @param deviation largest standard deviation in levels
     */
    static Augmentation noise(double deviation) {
        return (pixels, random) -> {
            double own = random.nextDouble() * deviation;
            int area = pixels.height() * pixels.width();
            byte[] planes = pixels.planes();
            for (int place = 0; place < area; place++) {
                double value = own * random.nextGaussian();
                for (int i = place; i < planes.length; i += area) {
                    planes[i] = level((planes[i] & 0xff) + value);
                }
            }
        };
    }

    /**
     * Focus: Gaussian blur.
     *
     * @param sigma largest standard deviation in pixels
     */
    static Augmentation blur(double sigma) {
        return (pixels, random) -> Blur.apply(pixels, random.nextDouble() * sigma);
    }

    /**
     * Cutout (DeVries and Taylor 2017): rectangles filled with a random level.
     *
     * @param count largest number of rectangles
     * @param part largest side as part of the image's
     */
    static Augmentation cutout(int count, double part) {
        return (pixels, random) -> {
            int holes = random.nextInt(count + 1);
            for (int i = 0; i < holes; i++) {
                int height = 1 + (int) (random.nextDouble() * part * pixels.height());
                int width = 1 + (int) (random.nextDouble() * part * pixels.width());
                int top = random.nextInt(Math.max(1, pixels.height() - height + 1));
                int left = random.nextInt(Math.max(1, pixels.width() - width + 1));
                byte level = (byte) random.nextInt(256);
                int area = pixels.height() * pixels.width();
                for (int plane = 0; plane < pixels.count(); plane++) {
                    for (int y = top; y < Math.min(pixels.height(), top + height); y++) {
                        int row = plane * area + y * pixels.width();
                        int end = Math.min(pixels.width(), left + width);
                        java.util.Arrays.fill(pixels.planes(), row + left, row + end, level);
                    }
                }
            }
        };
    }

    /**
     * What storing as JPEG does.
     *
     * @param worst lowest quality that is drawn, in (0, 1)
     */
    static Augmentation jpeg(double worst) {
        return (pixels, random) -> Jpeg.apply(pixels, worst + random.nextDouble() * (0.98 - worst));
    }

    private static double symmetric(RandomGenerator random, double strength) {
        return (2 * random.nextDouble() - 1) * strength;
    }

    private static byte level(double value) {
        return (byte) Math.max(0, Math.min(255, Math.round(value)));
    }
}
