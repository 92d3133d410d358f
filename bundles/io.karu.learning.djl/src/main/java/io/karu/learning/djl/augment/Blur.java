package io.karu.learning.djl.augment;

/** Separable Gaussian blur; borders repeat. */
final class Blur {
    private Blur() {}

    static void apply(Pixels pixels, double sigma) {
        if (sigma < 0.2) {
            return;
        }
        int radius = (int) Math.ceil(2.5 * sigma);
        float[] kernel = kernel(sigma, radius);
        int height = pixels.height();
        int width = pixels.width();
        float[] rows = new float[height * width];
        for (int plane = 0; plane < pixels.count(); plane++) {
            int start = plane * height * width;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    float sum = 0;
                    for (int k = -radius; k <= radius; k++) {
                        int at = Math.max(0, Math.min(width - 1, x + k));
                        sum += kernel[k + radius] * (pixels.planes()[start + y * width + at] & 255);
                    }
                    rows[y * width + x] = sum;
                }
            }
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    float sum = 0;
                    for (int k = -radius; k <= radius; k++) {
                        int at = Math.max(0, Math.min(height - 1, y + k));
                        sum += kernel[k + radius] * rows[at * width + x];
                    }
                    pixels.planes()[start + y * width + x] = (byte) Math.round(sum);
                }
            }
        }
    }

    private static float[] kernel(double sigma, int radius) {
        float[] kernel = new float[2 * radius + 1];
        float sum = 0;
        for (int k = -radius; k <= radius; k++) {
            kernel[k + radius] = (float) Math.exp(-k * k / (2 * sigma * sigma));
            sum += kernel[k + radius];
        }
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] /= sum;
        }
        return kernel;
    }
}
