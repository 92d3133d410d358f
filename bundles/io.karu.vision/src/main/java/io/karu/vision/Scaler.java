package io.karu.vision;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Scales images in exact integer arithmetic: every new pixel is a weighted sum of old ones with
 * whole weights, rounded once (half up), so the result is the same on every machine. Keeps its
 * tables while the sizes stay the same; no allocation then. Not thread-safe.
 */
public final class Scaler {
    private final Axis columns = new Axis();
    private final Axis rows = new Axis();
    private long[] sums = new long[0];
    private int[] line = new int[0];

    /** How a new pixel is computed. */
    public enum Method {
        /** Linear between the centres of the two nearest pixels in each direction. */
        BILINEAR,
        /** Mean over the covered area when shrinking; enlarging repeats pixels. */
        AREA
    }

    /** Where the image lies in the target. */
    private int left;

    private int top;

    /**
     * Scales to the whole target.
     *
     * @param target takes {@code channels × height × width} bytes from position 0
     */
    public void stretch(Image image, Method method, int width, int height, ByteBuffer target) {
        left = 0;
        top = 0;
        scale(image, method, width, height, width, height, target);
    }

    /**
     * Scales in proportion, centred; the rest of the target is filled.
     *
     * @param target takes {@code channels × height × width} bytes from position 0
     * @param fill 0 to 255
     */
    public void fit(
            Image image, Method method, int width, int height, int fill, ByteBuffer target) {
        int count = image.channels() * width * height;
        for (int i = 0; i < count; i++) {
            target.put(i, (byte) fill);
        }
        int innerWidth = fittedWidth(image.width(), image.height(), width, height);
        int innerHeight = fittedWidth(image.height(), image.width(), height, width);
        left = (width - innerWidth) / 2;
        top = (height - innerHeight) / 2;
        scale(image, method, innerWidth, innerHeight, width, height, target);
    }

    /**
     * Width of an image of {@code imageWidth × imageHeight} scaled in proportion into {@code width
     * × height}; with the arguments swapped, its height.
     */
    public static int fittedWidth(int imageWidth, int imageHeight, int width, int height) {
        if ((long) imageWidth * height >= (long) imageHeight * width) {
            return width;
        }
        long rounded = (2L * imageWidth * height + imageHeight) / (2L * imageHeight);
        return (int) Math.max(1, Math.min(width, rounded));
    }

    private void scale(
            Image image,
            Method method,
            int innerWidth,
            int innerHeight,
            int targetWidth,
            int targetHeight,
            ByteBuffer target) {
        columns.use(method, image.width(), innerWidth);
        rows.use(method, image.height(), innerHeight);
        if (sums.length < innerWidth) {
            sums = new long[innerWidth];
        }
        if (line.length < image.width()) {
            line = new int[image.width()];
        }
        long whole = (long) columns.whole * rows.whole;
        for (int channel = 0; channel < image.channels(); channel++) {
            int plane = channel * image.width() * image.height();
            int out = channel * targetWidth * targetHeight + top * targetWidth + left;
            for (int y = 0; y < innerHeight; y++, out += targetWidth) {
                addRows(image, plane, y, innerWidth);
                for (int x = 0; x < innerWidth; x++) {
                    target.put(out + x, (byte) ((2 * sums[x] + whole) / (2 * whole)));
                }
            }
        }
    }

    private void addRows(Image image, int plane, int y, int innerWidth) {
        byte[] pixels = image.pixels();
        int width = image.width();
        Arrays.fill(line, 0, width, 0);
        for (int tap = rows.from[y]; tap < rows.from[y + 1]; tap++) {
            int weight = rows.weight[tap];
            int row = plane + rows.source[tap] * width;
            for (int x = 0; x < width; x++) {
                line[x] += weight * (pixels[row + x] & 0xff);
            }
        }
        for (int x = 0; x < innerWidth; x++) {
            long sum = 0;
            for (int tap = columns.from[x]; tap < columns.from[x + 1]; tap++) {
                sum += (long) columns.weight[tap] * line[columns.source[tap]];
            }
            sums[x] = sum;
        }
    }

    /** Which old pixels make each new one along one axis; the weights of one sum to the whole. */
    private static final class Axis {
        private Method method;
        private int before;
        private int after;
        private int whole;
        private int[] from = new int[0];
        private int[] source = new int[0];
        private int[] weight = new int[0];

        void use(Method wanted, int oldSize, int newSize) {
            if (wanted == method && oldSize == before && newSize == after) {
                return;
            }
            method = wanted;
            before = oldSize;
            after = newSize;
            from = new int[newSize + 1];
            int taps = wanted == Method.AREA ? oldSize + 2 * newSize : 2 * newSize;
            source = new int[taps];
            weight = new int[taps];
            if (wanted == Method.AREA) {
                area();
            } else {
                bilinear();
            }
        }

        /** New pixel i covers [i × before, (i + 1) × before) in units of 1/after old pixels. */
        private void area() {
            whole = before;
            int taps = 0;
            for (int i = 0; i < after; i++) {
                from[i] = taps;
                long start = (long) i * before;
                long end = start + before;
                for (long at = start; at < end; ) {
                    long next = Math.min(end, (at / after + 1) * after);
                    source[taps] = (int) (at / after);
                    weight[taps++] = (int) (next - at);
                    at = next;
                }
            }
            from[after] = taps;
        }

        /** The centre of new pixel i lies at ((2i + 1) × before − after) / (2 × after). */
        private void bilinear() {
            whole = 2 * after;
            for (int i = 0; i < after; i++) {
                from[i] = 2 * i;
                long centre = Math.max(0, (2L * i + 1) * before - after);
                int first = (int) Math.min(before - 1, centre / whole);
                int share = (int) (centre - (long) first * whole);
                boolean last = first == before - 1;
                source[2 * i] = first;
                weight[2 * i] = last ? whole : whole - share;
                source[2 * i + 1] = last ? first : first + 1;
                weight[2 * i + 1] = last ? 0 : share;
            }
            from[after] = 2 * after;
        }
    }
}
