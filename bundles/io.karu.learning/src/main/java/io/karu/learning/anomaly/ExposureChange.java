package io.karu.learning.anomaly;

import io.karu.vision.GrayImage;
import java.util.SplittableRandom;

/**
 * Another shot of the same good part: moved and scaled a little, with another exposure and camera
 * noise. What differs between the two is what a memory must not mind.
 *
 * @param shift largest move in pixels
 * @param stretch largest relative change of scale
 * @param gain largest factor of brightness, and its inverse the smallest
 * @param gamma largest exponent of contrast, and its inverse the smallest
 * @param noise standard deviation in gray levels
 */
public record ExposureChange(
        double shift, double stretch, double gain, double gamma, double noise) {
    /** What a fixed camera with an uncalibrated exposure does. */
    public static final ExposureChange USUAL = new ExposureChange(6, 0.02, 1.6, 1.25, 1.5);

    /** Takes the other shot. */
    public GrayImage apply(GrayImage image, SplittableRandom random) {
        int width = image.width();
        int height = image.height();
        double scale = 1 + random.nextDouble(-1, 1) * stretch;
        double left = width / 2.0 * (1 - scale) + random.nextDouble(-1, 1) * shift;
        double top = height / 2.0 * (1 - scale) + random.nextDouble(-1, 1) * shift;
        double factor = Math.exp(random.nextDouble(-1, 1) * Math.log(gain));
        double exponent = Math.exp(random.nextDouble(-1, 1) * Math.log(gamma));
        double middle = mean(image) + 1;
        byte[] pixels = new byte[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double value = bilinear(image, x * scale + left, y * scale + top);
                double exposed = middle * factor * Math.pow(value / middle, exponent);
                long level = Math.round(exposed + noise * random.nextGaussian());
                pixels[y * width + x] = (byte) Math.max(0, Math.min(255, level));
            }
        }
        return new GrayImage(width, height, pixels);
    }

    private static double mean(GrayImage image) {
        long sum = 0;
        int count = image.width() * image.height();
        for (int i = 0; i < count; i++) {
            sum += image.pixels()[i] & 0xff;
        }
        return (double) sum / count;
    }

    private static double bilinear(GrayImage image, double x, double y) {
        double cx = Math.max(0, Math.min(image.width() - 1.0, x));
        double cy = Math.max(0, Math.min(image.height() - 1.0, y));
        int x0 = (int) cx;
        int y0 = (int) cy;
        int x1 = Math.min(x0 + 1, image.width() - 1);
        int y1 = Math.min(y0 + 1, image.height() - 1);
        double fx = cx - x0;
        double fy = cy - y0;
        return (1 - fy) * ((1 - fx) * image.at(x0, y0) + fx * image.at(x1, y0))
                + fy * ((1 - fx) * image.at(x0, y1) + fx * image.at(x1, y1));
    }
}
