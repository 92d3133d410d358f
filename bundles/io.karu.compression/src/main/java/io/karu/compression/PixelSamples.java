package io.karu.compression;

import io.karu.api.inference.Binding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Preprocessed images in memory: UINT8 tensors {@code [N,C,H,W]}, as they reach a graph. Where a
 * graph takes any size, each image may have its own.
 *
 * @param sizes full shape of every input, for each run
 * @param images the bytes of every input, for each run
 */
public record PixelSamples(List<Map<String, List<Long>>> sizes, List<Map<String, byte[]>> images)
        implements Samples {
    /** Defects are not drawn into this input: it shows how the part should be. */
    private static final String TEMPLATE = "template";

    public PixelSamples {
        sizes = List.copyOf(sizes);
        images = List.copyOf(images);
        if (sizes.size() != images.size()) {
            throw new IllegalArgumentException(
                    images.size() + " images have " + sizes.size() + " sizes");
        }
        for (int i = 0; i < images.size(); i++) {
            Map<String, byte[]> image = images.get(i);
            sizes.get(i)
                    .forEach(
                            (input, shape) -> {
                                long size = shape.stream().reduce(1L, Math::multiplyExact);
                                if (!image.containsKey(input) || image.get(input).length != size) {
                                    throw new IllegalArgumentException(
                                            "an image does not fit input " + input + " " + shape);
                                }
                            });
        }
    }

    /** Images of one size. */
    public PixelSamples(Map<String, List<Long>> shapes, List<Map<String, byte[]>> images) {
        this(Collections.nCopies(images.size(), Map.copyOf(shapes)), images);
    }

    @Override
    public int size() {
        return images.size();
    }

    @Override
    public Map<String, List<Long>> shapes() {
        return sizes.get(typical());
    }

    @Override
    public Map<String, List<Long>> shapes(int index) {
        return sizes.get(index);
    }

    /** The first of the images of middle size. */
    @Override
    public int typical() {
        long[] bytes = images.stream().mapToLong(PixelSamples::bytes).toArray();
        long[] sorted = bytes.clone();
        Arrays.sort(sorted);
        int at = 0;
        while (bytes[at] != sorted[sorted.length / 2]) {
            at++;
        }
        return at;
    }

    private static long bytes(Map<String, byte[]> image) {
        return image.values().stream().mapToLong(one -> one.length).sum();
    }

    @Override
    public void write(int index, Binding binding) {
        images.get(index)
                .forEach(
                        (input, bytes) ->
                                binding.input(input).data().duplicate().rewind().put(bytes));
    }

    /** At most so many of these images, spread evenly. */
    public PixelSamples atMost(int count) {
        if (count >= images.size()) {
            return this;
        }
        return of(
                IntStream.range(0, count)
                        .map(i -> (int) ((long) i * images.size() / count))
                        .toArray());
    }

    /** These of the images, in this order. */
    public PixelSamples of(int... indices) {
        return new PixelSamples(
                Arrays.stream(indices).mapToObj(sizes::get).toList(),
                Arrays.stream(indices).mapToObj(images::get).toList());
    }

    /** These images and the others. */
    public PixelSamples and(PixelSamples others) {
        return new PixelSamples(
                Stream.concat(sizes.stream(), others.sizes.stream()).toList(),
                Stream.concat(images.stream(), others.images.stream()).toList());
    }

    /**
     * As many images of normally distributed pixels, with the mean and deviation of these images in
     * each channel: what a network that normalises its input sees as standard normal noise (the
     * calibration of arXiv 2407.02968).
     */
    public PixelSamples randomNormal(long seed) {
        Random random = new Random(seed);
        Map<String, double[][]> moments = new LinkedHashMap<>();
        shapes().keySet().forEach(input -> moments.put(input, moments(input)));
        List<Map<String, byte[]>> noise = new ArrayList<>();
        for (Map<String, List<Long>> size : sizes) {
            Map<String, byte[]> image = new LinkedHashMap<>();
            size.forEach(
                    (input, shape) -> {
                        byte[] bytes =
                                new byte
                                        [shape.stream()
                                                .mapToInt(Long::intValue)
                                                .reduce(1, (a, b) -> a * b)];
                        double[][] of = moments.get(input);
                        for (int p = 0; p < bytes.length; p++) {
                            int c = channel(p, shape);
                            bytes[p] = pixel(of[0][c] + of[1][c] * random.nextGaussian());
                        }
                        image.put(input, bytes);
                    });
            noise.add(image);
        }
        return new PixelSamples(sizes, noise);
    }

    private static int channel(int position, List<Long> shape) {
        int area = (int) (shape.get(2) * shape.get(3));
        return position / area % shape.get(1).intValue();
    }

    /** These images with drawn defects: spots, scratches, noise and faded or darkened areas. */
    public PixelSamples withDefects(long seed) {
        Random random = new Random(seed);
        List<Map<String, byte[]>> damaged = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            Map<String, byte[]> image = images.get(i);
            Map<String, byte[]> copy = new LinkedHashMap<>();
            sizes.get(i)
                    .forEach(
                            (input, shape) -> {
                                byte[] bytes = image.get(input).clone();
                                if (!input.equals(TEMPLATE) && shape.size() == 4) {
                                    SyntheticDefects.draw(
                                            bytes,
                                            shape.get(1).intValue(),
                                            shape.get(2).intValue(),
                                            shape.get(3).intValue(),
                                            random);
                                }
                                copy.put(input, bytes);
                            });
            damaged.add(copy);
        }
        return new PixelSamples(sizes, damaged);
    }

    /**
     * These images mirrored or turned.
     *
     * @param symmetry 0 to 7: bit 0 mirrors columns, bit 1 rows, bit 2 swaps both where images are
     *     square
     */
    public PixelSamples symmetric(int symmetry) {
        if (symmetry < 0 || symmetry > 7) {
            throw new IllegalArgumentException("symmetry is 0 to 7, was " + symmetry);
        }
        List<Map<String, byte[]>> moved = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            Map<String, List<Long>> size = sizes.get(i);
            Map<String, byte[]> copy = new LinkedHashMap<>();
            images.get(i)
                    .forEach(
                            (input, bytes) ->
                                    copy.put(input, moved(bytes, size.get(input), symmetry)));
            moved.add(copy);
        }
        return new PixelSamples(sizes, moved);
    }

    private static byte[] moved(byte[] bytes, List<Long> shape, int symmetry) {
        int height = shape.get(2).intValue();
        int width = shape.get(3).intValue();
        boolean swaps = (symmetry & 4) != 0 && height == width;
        byte[] moved = new byte[bytes.length];
        for (int p = 0; p < bytes.length; p++) {
            int x = p % width;
            int y = p / width % height;
            int fromX = (symmetry & 1) == 0 ? x : width - 1 - x;
            int fromY = (symmetry & 2) == 0 ? y : height - 1 - y;
            int plane = p - y * width - x;
            moved[p] = bytes[plane + (swaps ? fromX * width + fromY : fromY * width + fromX)];
        }
        return moved;
    }

    private double[][] moments(String input) {
        int channels = shapes().get(input).get(1).intValue();
        double[] sum = new double[channels];
        double[] squares = new double[channels];
        double pixels = 0;
        for (int i = 0; i < images.size(); i++) {
            byte[] bytes = images.get(i).get(input);
            for (int p = 0; p < bytes.length; p++) {
                int value = bytes[p] & 0xff;
                int c = channel(p, sizes.get(i).get(input));
                sum[c] += value;
                squares[c] += value * value;
            }
            pixels += (double) bytes.length / channels;
        }
        for (int c = 0; c < channels; c++) {
            sum[c] /= pixels;
            squares[c] = Math.sqrt(Math.max(0, squares[c] / pixels - sum[c] * sum[c]));
        }
        return new double[][] {sum, squares};
    }

    static byte pixel(double value) {
        return (byte) Math.max(0, Math.min(255, Math.round(value)));
    }
}
