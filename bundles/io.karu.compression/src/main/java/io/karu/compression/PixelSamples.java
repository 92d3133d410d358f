package io.karu.compression;

import io.karu.api.inference.Binding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Preprocessed images in memory: UINT8 tensors {@code [1,C,H,W]}, as they reach a graph.
 *
 * @param shapes full shape of every input
 * @param images the bytes of every input, for each run
 */
public record PixelSamples(Map<String, List<Long>> shapes, List<Map<String, byte[]>> images)
        implements Samples {
    /** Defects are not drawn into this input: it shows how the part should be. */
    private static final String TEMPLATE = "template";

    public PixelSamples {
        shapes = Map.copyOf(shapes);
        images = List.copyOf(images);
        for (Map<String, byte[]> image : images) {
            shapes.forEach(
                    (input, shape) -> {
                        long size = shape.stream().reduce(1L, Math::multiplyExact);
                        if (!image.containsKey(input) || image.get(input).length != size) {
                            throw new IllegalArgumentException(
                                    "an image does not fit input " + input + " " + shape);
                        }
                    });
        }
    }

    @Override
    public int size() {
        return images.size();
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
        List<Map<String, byte[]>> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(images.get((int) ((long) i * images.size() / count)));
        }
        return new PixelSamples(shapes, some);
    }

    /** These images and the others. */
    public PixelSamples and(PixelSamples others) {
        List<Map<String, byte[]>> all = new ArrayList<>(images);
        all.addAll(others.images);
        return new PixelSamples(shapes, all);
    }

    /**
     * As many images of normally distributed pixels, with the mean and deviation of these images in
     * each channel: what a network that normalises its input sees as standard normal noise (the
     * calibration of arXiv 2407.02968).
     */
    public PixelSamples randomNormal(long seed) {
        Random random = new Random(seed);
        List<Map<String, byte[]>> noise = new ArrayList<>();
        Map<String, double[][]> moments = new LinkedHashMap<>();
        shapes.forEach((input, shape) -> moments.put(input, moments(input, shape)));
        for (int i = 0; i < images.size(); i++) {
            Map<String, byte[]> image = new LinkedHashMap<>();
            shapes.forEach(
                    (input, shape) -> {
                        int channels = shape.get(1).intValue();
                        byte[] bytes = new byte[images.get(0).get(input).length];
                        int area = bytes.length / channels;
                        double[][] of = moments.get(input);
                        for (int p = 0; p < bytes.length; p++) {
                            int c = p / area;
                            bytes[p] = pixel(of[0][c] + of[1][c] * random.nextGaussian());
                        }
                        image.put(input, bytes);
                    });
            noise.add(image);
        }
        return new PixelSamples(shapes, noise);
    }

    /** These images with drawn defects: spots, scratches, noise and faded or darkened areas. */
    public PixelSamples withDefects(long seed) {
        Random random = new Random(seed);
        List<Map<String, byte[]>> damaged = new ArrayList<>();
        for (Map<String, byte[]> image : images) {
            Map<String, byte[]> copy = new LinkedHashMap<>();
            shapes.forEach(
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
        return new PixelSamples(shapes, damaged);
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
        for (Map<String, byte[]> image : images) {
            Map<String, byte[]> copy = new LinkedHashMap<>();
            image.forEach(
                    (input, bytes) -> copy.put(input, moved(bytes, shapes.get(input), symmetry)));
            moved.add(copy);
        }
        return new PixelSamples(shapes, moved);
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

    private double[][] moments(String input, List<Long> shape) {
        int channels = shape.get(1).intValue();
        double[] sum = new double[channels];
        double[] squares = new double[channels];
        int area = images.get(0).get(input).length / channels;
        for (Map<String, byte[]> image : images) {
            byte[] bytes = image.get(input);
            for (int p = 0; p < bytes.length; p++) {
                int value = bytes[p] & 0xff;
                sum[p / area] += value;
                squares[p / area] += value * value;
            }
        }
        double n = (double) area * images.size();
        for (int c = 0; c < channels; c++) {
            sum[c] /= n;
            squares[c] = Math.sqrt(Math.max(0, squares[c] / n - sum[c] * sum[c]));
        }
        return new double[][] {sum, squares};
    }

    static byte pixel(double value) {
        return (byte) Math.max(0, Math.min(255, Math.round(value)));
    }
}
