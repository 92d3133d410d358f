package io.karu.compression;

import java.util.Random;

/** Draws what defects look like into pixels {@code [C,H,W]}. */
final class SyntheticDefects {
    private SyntheticDefects() {}

    /** One to three defects of random kind, place, size and strength. */
    static void draw(byte[] pixels, int channels, int height, int width, Random random) {
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            double size = Math.min(height, width) * (0.03 + 0.17 * random.nextDouble());
            double y = random.nextDouble() * height;
            double x = random.nextDouble() * width;
            switch (random.nextInt(4)) {
                case 0 -> spot(pixels, channels, height, width, new Spot(y, x, size), random);
                case 1 -> scratch(pixels, channels, height, width, new Spot(y, x, size), random);
                case 2 -> noise(pixels, channels, height, width, new Spot(y, x, size), random);
                default -> area(pixels, channels, height, width, new Spot(y, x, size), random);
            }
        }
    }

    private record Spot(double y, double x, double size) {}

    private interface Paint {
        double of(int old, double distance);
    }

    private static void spot(byte[] p, int c, int h, int w, Spot s, Random random) {
        double level =
                random.nextBoolean()
                        ? 255 * random.nextDouble() * 0.2
                        : 255 - 50 * random.nextDouble();
        paint(p, c, h, w, s, (old, d) -> level + (old - level) * d * d);
    }

    private static void noise(byte[] p, int c, int h, int w, Spot s, Random random) {
        double strength = 30 + 90 * random.nextDouble();
        paint(p, c, h, w, s, (old, d) -> old + strength * random.nextGaussian());
    }

    private static void area(byte[] p, int c, int h, int w, Spot s, Random random) {
        double gain = 0.4 + 1.2 * random.nextDouble();
        Spot wide = new Spot(s.y, s.x, s.size * 2);
        paint(p, c, h, w, wide, (old, d) -> old * gain);
    }

    private static void scratch(byte[] p, int c, int h, int w, Spot s, Random random) {
        double angle = random.nextDouble() * Math.PI;
        double level = random.nextBoolean() ? 20 : 235;
        int length = (int) (s.size * 4);
        double thick = 0.7 + 1.5 * random.nextDouble();
        for (int i = 0; i < length; i++) {
            Spot dot = new Spot(s.y + i * Math.sin(angle), s.x + i * Math.cos(angle), thick);
            paint(p, c, h, w, dot, (old, d) -> level);
        }
    }

    private static void paint(byte[] p, int channels, int h, int w, Spot s, Paint paint) {
        int top = (int) Math.max(0, s.y - s.size);
        int bottom = (int) Math.min(h - 1, s.y + s.size);
        int left = (int) Math.max(0, s.x - s.size);
        int right = (int) Math.min(w - 1, s.x + s.size);
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                double distance = Math.hypot(y - s.y, x - s.x) / s.size;
                for (int c = 0; distance <= 1 && c < channels; c++) {
                    int at = (c * h + y) * w + x;
                    p[at] = PixelSamples.pixel(paint.of(p[at] & 0xff, distance));
                }
            }
        }
    }
}
