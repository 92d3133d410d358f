package io.karu.learning.anomaly;

import io.karu.vision.GrayImage;
import java.util.SplittableRandom;

/**
 * Draws what defects of surfaces look like onto images of good parts, to choose settings by and to
 * train on; never a substitute for a test on real defects.
 */
public enum SyntheticDefect {
    /** A dark hole of a few pixels. */
    HOLE {
        @Override
        float[] mask(int width, int height, SplittableRandom random) {
            double large = random.nextDouble(3, 9);
            double small = large * random.nextDouble(0.5, 1);
            double angle = random.nextDouble(Math.PI);
            Place place = Place.inside(width, height, random);
            return fill(
                    width,
                    height,
                    (x, y) -> {
                        double u =
                                (x - place.x) * Math.cos(angle) + (y - place.y) * Math.sin(angle);
                        double v =
                                (y - place.y) * Math.cos(angle) - (x - place.x) * Math.sin(angle);
                        return (1.15 - Math.hypot(u / large, v / small)) * 4;
                    });
        }

        @Override
        double paint(GrayImage image, int x, int y, Stroke stroke) {
            return image.at(x, y) * (0.25 + 0.45 * stroke.kind);
        }
    },
    /** A thin dark crooked line. */
    CRACK {
        @Override
        float[] mask(int width, int height, SplittableRandom random) {
            Place place = Place.inside(width, height, random);
            int pieces = random.nextInt(4, 9);
            double length = random.nextDouble(20, 90) / pieces;
            double thick = random.nextDouble(0.6, 1.8);
            double angle = random.nextDouble(2 * Math.PI);
            float[] mask = new float[width * height];
            double x = place.x;
            double y = place.y;
            for (int i = 0; i < pieces; i++) {
                angle += 0.35 * random.nextGaussian();
                for (double step = 0; step < length; step += 0.5) {
                    x += 0.5 * Math.cos(angle);
                    y += 0.5 * Math.sin(angle);
                    stamp(mask, width, height, x, y, thick);
                }
            }
            return mask;
        }

        @Override
        double paint(GrayImage image, int x, int y, Stroke stroke) {
            return image.at(x, y) * (0.4 + 0.35 * stroke.kind);
        }
    },
    /** A large area ground differently: other brightness and other contrast. */
    UNEVEN {
        @Override
        float[] mask(int width, int height, SplittableRandom random) {
            double left = random.nextDouble(0, 0.6) * width;
            double top = random.nextDouble(0, 0.6) * height;
            double right = left + random.nextDouble(0.25, 0.6) * width;
            double low = top + random.nextDouble(0.25, 0.6) * height;
            double slope = random.nextDouble(-0.2, 0.2);
            double soft = random.nextDouble(1, 6);
            return fill(
                    width,
                    height,
                    (x, y) ->
                            0.5
                                    + Math.min(
                                                    Math.min(x - left, right - x),
                                                    Math.min(y - top - slope * (x - left), low - y))
                                            / soft);
        }

        @Override
        double paint(GrayImage image, int x, int y, Stroke stroke) {
            double kind = stroke.kind;
            double around = around(image, x, y);
            double level = kind < 0.5 ? 0.75 + 0.2 * kind : 1.1 + 0.4 * (kind - 0.5);
            return around * level + (image.at(x, y) - around) * (kind % 0.25 < 0.125 ? 0.4 : 1.8);
        }
    },
    /** A chip broken off an edge. */
    CHIP {
        @Override
        float[] mask(int width, int height, SplittableRandom random) {
            Place inside = Place.inside(width, height, random);
            int edge = random.nextInt(4);
            double cx = edge < 2 ? inside.x : edge == 2 ? 0 : width;
            double cy = edge >= 2 ? inside.y : edge == 0 ? 0 : height;
            double wide = random.nextDouble(12, 40);
            double deep = random.nextDouble(8, 25);
            double one = random.nextDouble(2 * Math.PI);
            double other = random.nextDouble(2 * Math.PI);
            return fill(
                    width,
                    height,
                    (x, y) -> {
                        double angle = Math.atan2(y - cy, x - cx);
                        double wobble =
                                1
                                        + 0.25 * Math.sin(3 * angle + one)
                                        + 0.15 * Math.sin(7 * angle + other);
                        return (1 - Math.hypot((x - cx) / wide, (y - cy) / deep) / wobble) * 6;
                    });
        }

        @Override
        double paint(GrayImage image, int x, int y, Stroke stroke) {
            return stroke.mean * (0.4 + 0.9 * stroke.kind + 0.08 * stroke.noise.nextGaussian());
        }
    },
    /** A patch of rough surface with ragged edges. */
    FRAY {
        @Override
        float[] mask(int width, int height, SplittableRandom random) {
            Place place = Place.inside(width, height, random);
            double size = random.nextDouble(0.08, 0.2) * Math.hypot(width, height);
            double[] phases = random.doubles(8, 0, 2 * Math.PI).toArray();
            double grain = random.nextDouble(12, 30);
            return fill(
                    width,
                    height,
                    (x, y) -> {
                        double ragged = 0;
                        for (int i = 0; i < 4; i++) {
                            ragged +=
                                    Math.sin((1 + i) * x / grain + phases[i])
                                            * Math.cos((1 + i) * y / grain + phases[4 + i]);
                        }
                        return 4
                                * (1 - Math.hypot(x - place.x, y - place.y) / size + 0.25 * ragged);
                    });
        }

        @Override
        double paint(GrayImage image, int x, int y, Stroke stroke) {
            return around(image, x, y) * (0.6 + 0.8 * stroke.kind)
                    + 0.12 * stroke.mean * stroke.noise.nextGaussian();
        }
    },
    /** A small piece of the part where another belongs (CutPaste, Li et al., CVPR 2021). */
    PASTE {
        @Override
        float[] mask(int width, int height, SplittableRandom random) {
            Place place = Place.inside(width, height, random);
            double large = random.nextDouble(3, 14);
            double small = large * random.nextDouble(0.35, 1);
            double angle = random.nextDouble(Math.PI);
            double phase = random.nextDouble(2 * Math.PI);
            return fill(
                    width,
                    height,
                    (x, y) -> {
                        double dx = x - place.x;
                        double dy = y - place.y;
                        double u = dx * Math.cos(angle) + dy * Math.sin(angle);
                        double v = dy * Math.cos(angle) - dx * Math.sin(angle);
                        double wobble = 1 + 0.2 * Math.sin(3 * Math.atan2(dy, dx) + phase);
                        return (wobble - Math.hypot(u / large, v / small)) * large;
                    });
        }

        @Override
        double paint(GrayImage image, int x, int y, Stroke stroke) {
            return image.at(
                    Math.floorMod(x + stroke.right, image.width()),
                    Math.floorMod(y + stroke.down, image.height()));
        }
    };

    private static final int AROUND = 4;
    private static final int TRIES = 20;

    /** Change of a pixel that shows, as a share of the image's mean level. */
    private static final double SHOWS = 0.1;

    /**
     * A damaged image and where it is damaged.
     *
     * @param mask one for each pixel
     */
    public record Damaged(GrayImage image, boolean[] mask) {}

    private interface Depth {
        double at(int x, int y);
    }

    private record Place(double x, double y) {
        static Place inside(int width, int height, SplittableRandom random) {
            return new Place(
                    random.nextDouble(0.15, 0.85) * width, random.nextDouble(0.1, 0.9) * height);
        }
    }

    /**
     * What all pixels of a defect have in common.
     *
     * @param mean level of the image
     * @param kind chooses strength and variant, 0 to 1
     * @param right how far away a pasted piece comes from
     * @param down the same on the other axis
     */
    record Stroke(double mean, double kind, int right, int down, SplittableRandom noise) {}

    /**
     * Draws one defect of this kind with random size and strength, at a random place where it
     * shows; where nothing shows after {@value #TRIES} tries, it is as faint as the last.
     */
    public Damaged draw(GrayImage image, SplittableRandom random) {
        double mean = 0;
        int count = image.width() * image.height();
        for (int i = 0; i < count; i++) {
            mean += (image.pixels()[i] & 0xff) / (double) count;
        }
        Damaged damaged = once(image, mean, random);
        for (int i = 1; i < TRIES && !shows(image, damaged, mean); i++) {
            damaged = once(image, mean, random);
        }
        return damaged;
    }

    private Damaged once(GrayImage image, double mean, SplittableRandom random) {
        int width = image.width();
        int height = image.height();
        float[] share = mask(width, height, random);
        Stroke stroke =
                new Stroke(
                        mean,
                        random.nextDouble(),
                        random.nextInt(width),
                        random.nextInt(height),
                        random);
        byte[] pixels = new byte[share.length];
        boolean[] mask = new boolean[share.length];
        for (int i = 0; i < share.length; i++) {
            int old = image.pixels()[i] & 0xff;
            pixels[i] = (byte) old;
            if (share[i] > 0) {
                double drawn = paint(image, i % width, i / width, stroke);
                long level = Math.round(old + share[i] * (drawn - old));
                pixels[i] = (byte) Math.max(0, Math.min(255, level));
                mask[i] = share[i] > 0.4;
            }
        }
        return new Damaged(new GrayImage(width, height, pixels), mask);
    }

    private static boolean shows(GrayImage image, Damaged damaged, double mean) {
        int marked = 0;
        int changed = 0;
        for (int i = 0; i < damaged.mask.length; i++) {
            if (damaged.mask[i]) {
                int before = image.pixels()[i] & 0xff;
                int after = damaged.image.pixels()[i] & 0xff;
                marked++;
                changed += Math.abs(after - before) > SHOWS * mean ? 1 : 0;
            }
        }
        return changed > 0.3 * marked;
    }

    /** How much of each pixel is damaged, 0 to 1. */
    abstract float[] mask(int width, int height, SplittableRandom random);

    /** A damaged pixel's level. */
    abstract double paint(GrayImage image, int x, int y, Stroke stroke);

    private static float[] fill(int width, int height, Depth depth) {
        float[] mask = new float[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                mask[y * width + x] = (float) Math.max(0, Math.min(1, depth.at(x, y)));
            }
        }
        return mask;
    }

    private static void stamp(
            float[] mask, int width, int height, double x, double y, double radius) {
        for (int py = (int) (y - radius - 1); py <= y + radius + 1; py++) {
            for (int px = (int) (x - radius - 1); px <= x + radius + 1; px++) {
                if (px >= 0 && py >= 0 && px < width && py < height) {
                    double depth = radius + 0.5 - Math.hypot(px - x, py - y);
                    int at = py * width + px;
                    mask[at] = (float) Math.max(mask[at], Math.max(0, Math.min(1, depth)));
                }
            }
        }
    }

    static double around(GrayImage image, int x, int y) {
        int sum = 0;
        int count = 0;
        for (int py = Math.max(0, y - AROUND);
                py <= Math.min(image.height() - 1, y + AROUND);
                py += 2) {
            for (int px = Math.max(0, x - AROUND);
                    px <= Math.min(image.width() - 1, x + AROUND);
                    px += 2) {
                sum += image.at(px, py);
                count++;
            }
        }
        return (double) sum / count;
    }
}
