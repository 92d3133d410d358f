package io.karu.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConnectedComponentsTest {
    private final ConnectedComponents components = new ConnectedComponents();

    @Test
    void findsWhatAFloodFillFinds() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 200; round++) {
            int width = random.nextInt(1, 40);
            int height = random.nextInt(1, 30);
            double density = random.nextDouble(0.1, 0.8);
            float[] map = new float[width * height];
            for (int i = 0; i < map.length; i++) {
                map[i] =
                        random.nextDouble() < density
                                ? 0.5f + (float) random.nextDouble() / 2
                                : (float) random.nextDouble() / 2.1f;
            }
            int minArea = random.nextInt(1, 5);
            List<String> expected = floodFill(map, width, height, minArea);
            int count = components.find(FloatBuffer.wrap(map), width, height, 0.5f, minArea);
            List<String> found = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                found.add(components.box(i) + " " + components.area(i) + " " + components.score(i));
            }
            expected.sort(null);
            found.sort(null);
            assertEquals(expected, found, width + "x" + height + " in round " + round);
        }
    }

    @Test
    void diagonalNeighboursAreOneComponent() {
        float[] map = {1, 0, 0, 0, 1, 0, 0, 0, 1};
        assertEquals(1, components.find(FloatBuffer.wrap(map), 3, 3, 0.5f, 1));
        assertEquals(new Box(0, 0, 3, 3), components.box(0));
    }

    @Test
    void theHighestScoreBelowTheThresholdIsKnown() {
        float[] map = {0.1f, 0.49f, 0.9f, 0.2f};
        components.find(FloatBuffer.wrap(map), 4, 1, 0.5f, 1);
        assertEquals(0.49f, components.highestBelow());
        assertEquals(0.9f, components.score(0));
    }

    @Test
    void onceWarmItAllocatesNothing() {
        SplittableRandom random = new SplittableRandom(4);
        float[] map = new float[640 * 640];
        for (int i = 0; i < map.length; i++) {
            map[i] = random.nextInt(20) == 0 ? 1 : 0;
        }
        FloatBuffer buffer = FloatBuffer.wrap(map);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            components.find(buffer, 640, 640, 0.5f, 1);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < 256, least + " bytes in one frame");
    }

    private static List<String> floodFill(float[] map, int width, int height, int minArea) {
        boolean[] seen = new boolean[map.length];
        List<String> found = new ArrayList<>();
        for (int start = 0; start < map.length; start++) {
            if (seen[start] || map[start] < 0.5f) {
                continue;
            }
            Deque<Integer> todo = new ArrayDeque<>(List.of(start));
            seen[start] = true;
            int left = width, top = height, right = 0, bottom = 0, area = 0;
            float high = 0;
            while (!todo.isEmpty()) {
                int at = todo.pop();
                int x = at % width;
                int y = at / width;
                left = Math.min(left, x);
                right = Math.max(right, x);
                top = Math.min(top, y);
                bottom = Math.max(bottom, y);
                high = Math.max(high, map[at]);
                area++;
                for (int ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
                    for (int nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
                        int next = ny * width + nx;
                        if (!seen[next] && map[next] >= 0.5f) {
                            seen[next] = true;
                            todo.push(next);
                        }
                    }
                }
            }
            if (area >= minArea) {
                found.add(
                        new Box(left, top, right - left + 1, bottom - top + 1)
                                + " "
                                + area
                                + " "
                                + high);
            }
        }
        return found;
    }
}
