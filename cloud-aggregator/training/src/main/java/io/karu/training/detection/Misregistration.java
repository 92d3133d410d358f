package io.karu.training.detection;

import io.karu.vision.GrayImage;
import java.util.SplittableRandom;

/**
 * Makes templates that do not quite fit their images: moved, stretched, sheared, waved by a pixel
 * or two, and sometimes of slightly thinner or thicker copper. What differs then is mostly no
 * defect: the network learns to leave it alone.
 */
final class Misregistration {
    private static final double LARGEST_SHIFT = 2;
    private static final double LARGEST_STRETCH = 0.005;
    private static final double LARGEST_WAVE = 1.2;
    private static final double SHORTEST_WAVE = 120;
    private static final double LONGEST_WAVE = 500;

    private Misregistration() {}

    /** A sample with its template misregistered. */
    static PairSample of(PairSample sample, SplittableRandom random) {
        return new PairSample(
                sample.id(),
                sample.design(),
                sample.image(),
                moved(sample.template(), random),
                sample.marks());
    }

    private static GrayImage moved(GrayImage template, SplittableRandom random) {
        int width = template.width();
        int height = template.height();
        double[] across = axis(random);
        double[] down = axis(random);
        int thickness = random.nextInt(4);
        byte[] pixels = new byte[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double centredX = x - width / 2.0;
                double centredY = y - height / 2.0;
                int fromX = (int) Math.round(x + offset(across, centredX, centredY));
                int fromY = (int) Math.round(y + offset(down, centredY, centredX));
                pixels[y * width + x] = (byte) value(template, fromX, fromY, thickness);
            }
        }
        return new GrayImage(width, height, pixels);
    }

    /** Shift, stretch, shear, and amplitude, frequency and phase of a wave. */
    private static double[] axis(SplittableRandom random) {
        return new double[] {
            random.nextDouble(-LARGEST_SHIFT, LARGEST_SHIFT),
            random.nextDouble(-LARGEST_STRETCH, LARGEST_STRETCH),
            random.nextDouble(-LARGEST_STRETCH, LARGEST_STRETCH),
            random.nextDouble(LARGEST_WAVE),
            2 * Math.PI / random.nextDouble(SHORTEST_WAVE, LONGEST_WAVE),
            random.nextDouble(2 * Math.PI)
        };
    }

    private static double offset(double[] axis, double along, double beside) {
        return axis[0]
                + axis[1] * along
                + axis[2] * beside
                + axis[3] * Math.sin(axis[4] * beside + axis[5]);
    }

    private static int value(GrayImage image, int x, int y, int thickness) {
        int here = at(image, x, y);
        return switch (thickness) {
            case 0 -> Math.min(here, Math.min(at(image, x + 1, y), at(image, x, y + 1)));
            case 1 -> Math.max(here, Math.max(at(image, x + 1, y), at(image, x, y + 1)));
            default -> here;
        };
    }

    private static int at(GrayImage image, int x, int y) {
        return image.at(
                Math.max(0, Math.min(image.width() - 1, x)),
                Math.max(0, Math.min(image.height() - 1, y)));
    }
}
