package io.karu.training.detection;

import io.karu.training.detection.PairSample.Mark;
import io.karu.vision.Box;
import io.karu.vision.GrayImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Pairs as a camera nearer or farther would see them: the widths of traces and the sizes of defects
 * of designs that are not in the data.
 */
final class Zoom {
    private static final double NEAREST = 1.9;
    private static final double NEAR = 1.2;
    private static final double FAR = 0.9;
    private static final double FARTHEST = 0.7;

    /** Gray values below it, and as far from white, are black and white after a JPEG file. */
    private static final int BLACK = 48;

    /** Share of the pixels of a binary image that may lie between. */
    private static final double BINARY = 0.05;

    private final double factor;

    private Zoom(double factor) {
        this.factor = factor;
    }

    /** Each sample once more, larger or smaller. */
    static List<PairSample> of(List<PairSample> samples, SplittableRandom random) {
        List<PairSample> zoomed = new ArrayList<>();
        for (PairSample sample : samples) {
            double factor =
                    random.nextBoolean()
                            ? random.nextDouble(NEAR, NEAREST)
                            : random.nextDouble(FARTHEST, FAR);
            zoomed.add(new Zoom(factor).of(sample));
        }
        return zoomed;
    }

    private PairSample of(PairSample sample) {
        return new PairSample(
                sample.id() + " x " + factor,
                sample.design(),
                of(sample.image()),
                of(sample.template()),
                sample.marks().stream()
                        .map(mark -> new Mark(of(mark.box()), mark.type()))
                        .toList());
    }

    private Box of(Box box) {
        int left = scaled(box.x());
        int top = scaled(box.y());
        int width = scaled(box.x() + box.width()) - left;
        int height = scaled(box.y() + box.height()) - top;
        return new Box(left, top, Math.max(1, width), Math.max(1, height));
    }

    /** Interpolated between the four nearest pixels; black or white where the image is. */
    private GrayImage of(GrayImage image) {
        boolean binary = isBinary(image);
        int width = scaled(image.width());
        int height = scaled(image.height());
        byte[] pixels = new byte[width * height];
        for (int y = 0; y < height; y++) {
            double sourceY = source(y, image.height());
            for (int x = 0; x < width; x++) {
                double value = interpolated(image, source(x, image.width()), sourceY);
                pixels[y * width + x] =
                        (byte) (binary ? (value >= 128 ? 255 : 0) : Math.round(value));
            }
        }
        return new GrayImage(width, height, pixels);
    }

    private static boolean isBinary(GrayImage image) {
        int between = 0;
        int size = image.width() * image.height();
        for (int i = 0; i < size; i++) {
            int value = image.pixels()[i] & 0xff;
            between += value >= BLACK && value <= 255 - BLACK ? 1 : 0;
        }
        return between <= size * BINARY;
    }

    private static double interpolated(GrayImage image, double x, double y) {
        int left = (int) x;
        int top = (int) y;
        int right = Math.min(image.width() - 1, left + 1);
        int bottom = Math.min(image.height() - 1, top + 1);
        double across = x - left;
        double down = y - top;
        return (1 - down) * ((1 - across) * image.at(left, top) + across * image.at(right, top))
                + down * ((1 - across) * image.at(left, bottom) + across * image.at(right, bottom));
    }

    private int scaled(int length) {
        return (int) Math.round(length * factor);
    }

    private double source(int target, int length) {
        return Math.max(0, Math.min(length - 1, (target + 0.5) / factor - 0.5));
    }
}
