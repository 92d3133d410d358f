package io.karu.training.anomaly;

import io.karu.vision.GrayImage;

/** Features that need no model: what a data set gives away by itself. */
final class Trivial {
    private Trivial() {}

    /** Mean, deviation, mean absolute Laplacian, and pixels. */
    static double[] of(GrayImage image) {
        int width = image.width();
        int height = image.height();
        double sum = 0;
        double squares = 0;
        double laplacian = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int value = image.at(x, y);
                sum += value;
                squares += value * value;
                if (x > 0 && y > 0 && x + 1 < width && y + 1 < height) {
                    laplacian +=
                            Math.abs(
                                    4 * value
                                            - image.at(x - 1, y)
                                            - image.at(x + 1, y)
                                            - image.at(x, y - 1)
                                            - image.at(x, y + 1));
                }
            }
        }
        int count = width * height;
        double mean = sum / count;
        return new double[] {
            mean, Math.sqrt(squares / count - mean * mean), laplacian / count, count
        };
    }
}
