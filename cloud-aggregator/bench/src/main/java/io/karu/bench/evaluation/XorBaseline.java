package io.karu.bench.evaluation;

import io.karu.vision.Box;
import io.karu.vision.ConnectedComponents;
import io.karu.vision.GrayImage;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The trivial detector: XOR of the binarised images, opened with 3 × 3 pixels; blobs that are at
 * most {@code 2 × JOIN} pixels apart are one, each a box grown by {@code JOIN + GROW} pixels.
 */
final class XorBaseline {
    private static final int JOIN = 5;
    private static final int GROW = 3;

    private final ConnectedComponents components = new ConnectedComponents();

    List<Box> boxes(GrayImage image, GrayImage template) {
        int width = image.width();
        int height = image.height();
        boolean[] differs = new boolean[width * height];
        for (int i = 0; i < differs.length; i++) {
            differs[i] = (image.pixels()[i] < 0) != (template.pixels()[i] < 0);
        }
        boolean[] opened = spread(spread(differs, width, height, true), width, height, false);
        for (int i = 0; i < JOIN; i++) {
            opened = spread(opened, width, height, false);
        }
        FloatBuffer map = FloatBuffer.allocate(opened.length);
        for (int i = 0; i < opened.length; i++) {
            map.put(i, opened[i] ? 1 : 0);
        }
        int count = components.find(map, width, height, 0.5f, 1);
        List<Box> boxes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            boxes.add(components.box(i).grown(GROW, width, height));
        }
        return boxes;
    }

    /** Erosion (all of the 3 × 3 neighbours) or dilation (any of them). */
    private static boolean[] spread(boolean[] map, int width, int height, boolean all) {
        boolean[] result = new boolean[map.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean value = all;
                for (int dy = -1; dy <= 1; dy++) {
                    for (int dx = -1; dx <= 1; dx++) {
                        int row = y + dy;
                        int column = x + dx;
                        boolean inside = row >= 0 && column >= 0 && row < height && column < width;
                        boolean neighbour = inside && map[row * width + column];
                        value = all ? value && neighbour : value || neighbour;
                    }
                }
                result[y * width + x] = value;
            }
        }
        return result;
    }
}
