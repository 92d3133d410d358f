package io.karu.learning.anomaly;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.learning.anomaly.MemoryBank.Budget;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MemoryBankTest {
    @Test
    void staysWithinItsBudgetWhateverTheForm() {
        Features good = random(3000, 16, 1);
        MemoryBank floats = MemoryBank.remember(good, Budget.floats(10_000, 1));
        assertEquals(10_000 / 68, floats.count());
        assertTrue(floats.bytes() <= 10_000);
        MemoryBank codes = MemoryBank.remember(good, Budget.codes(26_000, 8, 1));
        assertEquals((26_000 - 256 * 16 * 4) / 12, codes.count());
        assertTrue(codes.bytes() <= 26_000);
        assertThrows(
                IllegalArgumentException.class,
                () -> MemoryBank.remember(good, Budget.codes(16_000, 8, 1)));
    }

    @Test
    void findsTheNearestAsComparingWithEveryVectorDoes() {
        Features good = random(1500, 12, 2);
        MemoryBank bank = MemoryBank.remember(good, Budget.floats(1200 * 13 * 4, 3));
        Features queries = random(50, 12, 4);
        for (int q = 0; q < queries.count(); q++) {
            float[] query = queries.row(q);
            double least = Double.POSITIVE_INFINITY;
            int row = -1;
            for (int i = 0; i < bank.count(); i++) {
                double distance = distance(query, bank.vector(i));
                if (distance < least) {
                    least = distance;
                    row = i;
                }
            }
            MemoryBank.Neighbour nearest = bank.nearest(query, 0);
            assertEquals(row, nearest.row());
            assertEquals(least, nearest.distance(), 1e-6);
        }
        float[] remembered = bank.vector(7);
        assertEquals(0, bank.nearest(remembered, 0).distance());
        assertArrayEquals(new float[] {0}, bank.distances(remembered));
    }

    @Test
    void distancesAreRelativeToHowFarApartGoodPatchesLieThere() {
        SplittableRandom random = new SplittableRandom(7);
        Features good = new Features(2);
        int[] parts = new int[400];
        for (int i = 0; i < parts.length; i++) {
            double spread = i % 2 == 0 ? 0.1 : 2;
            parts[i] = i / 2;
            good.add(
                    new float[] {
                        (float) (100 * (i % 2) + spread * random.nextGaussian()),
                        (float) (spread * random.nextGaussian())
                    },
                    0);
        }
        MemoryBank plain = MemoryBank.remember(good, Budget.floats(1 << 20, 1));
        int[] rows = new int[plain.count()];
        Arrays.setAll(rows, row -> parts[plain.origin(row)]);
        MemoryBank spaced = plain.spaced(rows);
        float[] near = {0, 3};
        float[] wide = {100, 8};
        assertTrue(plain.nearest(near, 0).distance() < plain.nearest(wide, 0).distance());
        assertTrue(spaced.nearest(near, 0).distance() > spaced.nearest(wide, 0).distance());
    }

    @Test
    void greedyChoiceCoversBetterThanChance() {
        // half of the vectors in one small cluster, the rest spread
        SplittableRandom random = new SplittableRandom(5);
        Features good = new Features(2);
        for (int i = 0; i < 2000; i++) {
            double spread = i % 2 == 0 ? 0.05 : 3;
            good.add(
                    new float[] {
                        (float) (spread * random.nextGaussian()),
                        (float) (spread * random.nextGaussian())
                    },
                    0);
        }
        int[] greedy = new GreedyCoreset(8, 1).select(good, 60);
        int[] chance = random.ints(60, 0, good.count()).toArray();
        assertTrue(radius(good, greedy) < 0.6 * radius(good, chance));
        assertArrayEquals(greedy, new GreedyCoreset(8, 1).select(good, 60), "same seed");
    }

    @Test
    void repeatedVectorsAreRememberedOnce() {
        Features good = new Features(3);
        for (int i = 0; i < 100; i++) {
            good.add(new float[] {i % 4, 1, 2}, 0);
        }
        assertEquals(4, MemoryBank.remember(good, Budget.floats(1 << 20, 1)).count());
    }

    @Test
    void codesKeepDistancesNearlyAtAQuarterOfTheBytes() {
        Features good = random(4000, 16, 6);
        ProductQuantizer quantizer = ProductQuantizer.train(good, 8, 1);
        double error = 0;
        double size = 0;
        for (int i = 0; i < 500; i++) {
            float[] vector = good.row(i);
            float[] decoded = quantizer.decode(quantizer.encode(vector));
            assertArrayEquals(decoded, quantizer.decode(quantizer.encode(decoded)));
            error += Math.pow(distance(vector, decoded), 2);
            size += Math.pow(distance(vector, new float[16]), 2);
        }
        assertTrue(error < 0.03 * size, "error " + error / size);
    }

    private static double radius(Features all, int[] chosen) {
        Features few = all.select(chosen);
        double radius = 0;
        for (int i = 0; i < all.count(); i++) {
            double least = Double.POSITIVE_INFINITY;
            for (int j = 0; j < few.count(); j++) {
                least = Math.min(least, distance(all.row(i), few.row(j)));
            }
            radius = Math.max(radius, least);
        }
        return radius;
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.pow(a[i] - b[i], 2);
        }
        return Math.sqrt(sum);
    }

    static Features random(int count, int dimension, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Features features = new Features(dimension);
        float[] row = new float[dimension];
        for (int i = 0; i < count; i++) {
            for (int d = 0; d < dimension; d++) {
                row[d] = (float) random.nextGaussian();
            }
            features.add(Arrays.copyOf(row, dimension), 0);
        }
        return features;
    }
}
