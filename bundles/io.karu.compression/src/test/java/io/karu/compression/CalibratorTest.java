package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CalibratorTest {
    @Test
    void minMaxKeepsEverythingAndZero() {
        Histogram values = new Histogram();
        values.add(0.5f, 3.25f, 1);
        values.add(2, 7.5f);
        assertEquals(new Range(0, 7.5f), new Calibrator.MinMax().range(values));
        values.add(-1.5f);
        assertEquals(new Range(-1.5f, 7.5f), new Calibrator.MinMax().range(values));
    }

    @Test
    void percentileLeavesOutTheGivenShareAtEachEnd() {
        Histogram values = new Histogram();
        for (int i = 1; i <= 1000; i++) {
            values.add((float) i, -0.5f * i);
        }
        // 2000 values, 0.5 % are 10: 991 to 1000 lie outside; 1000 needs bins of 0.5.
        Range range = new Calibrator.Percentile(99.5).range(values);
        assertEquals(990.5f, range.high());
        assertEquals(-495.5f, range.low());
        assertEquals(20 / 2000.0, values.clipped(range), 1e-9);
    }

    @Test
    void meanSquaredErrorWeighsRoundingAgainstClipping() {
        // n values inside a range of width h are off by (h/255)²/12 each, one outside by (100−h)²:
        // the sum is least at h = 100 / (1 + n / (12 · 255²)), 50 for n = 12 · 255².
        Histogram values = new Histogram();
        float[] small = new float[12 * 255 * 255];
        java.util.Arrays.fill(small, 0.5f);
        values.add(small);
        values.add(100);
        assertEquals(new Range(0, 50), new Calibrator.MeanSquaredError().range(values));
    }

    @Test
    void divergenceIsThatOfTheClippedFromTheSpreadDistribution() {
        // P = (4,4,2,2+2)/14; Q: 8 over two bins, 4 over two bins, of 12.
        double expected =
                2 * 4 / 14.0 * Math.log(4 / 14.0 / (4 / 12.0))
                        + 2 / 14.0 * Math.log(2 / 14.0 / (2 / 12.0))
                        + 4 / 14.0 * Math.log(4 / 14.0 / (2 / 12.0));
        double[] counts = {4, 4, 2, 2, 1, 1};
        assertEquals(expected, EntropySearch.divergence(counts, 4, 6, 2), 1e-12);
        assertEquals(0.04389, expected, 1e-5);
    }

    @Test
    void entropyCutsALongThinTail() {
        Histogram values = new Histogram();
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < 100_000; i++) {
            values.add((float) Math.abs(random.nextGaussian()));
        }
        values.add(20);
        Range range = new Calibrator.Entropy().range(values);
        assertTrue(range.high() > 2.5 && range.high() < 8, "high " + range.high());
    }

    @Test
    void entropyKeepsAUniformDistributionWhole() {
        Histogram values = new Histogram();
        for (int i = 0; i < 200_000; i++) {
            values.add(i / 200_000f);
        }
        assertEquals(1, new Calibrator.Entropy().range(values).high(), 1e-3);
    }

    @Test
    void histogramDoesNotDependOnTheOrderOfItsValues() {
        float[] values = new float[10_000];
        java.util.Random random = new java.util.Random(2);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.exp(4 * random.nextGaussian());
        }
        Histogram forth = new Histogram();
        forth.add(values);
        Histogram back = new Histogram();
        for (int i = values.length - 1; i >= 0; i--) {
            back.add(values[i]);
        }
        for (Calibrator calibrator : Calibrator.all()) {
            assertEquals(calibrator.range(forth), calibrator.range(back), calibrator.name());
        }
    }

    @Test
    void valuesThatAreNotFiniteAreRefused() {
        Histogram values = new Histogram();
        assertThrows(IllegalArgumentException.class, () -> values.add(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> values.add(Float.POSITIVE_INFINITY));
    }

    @Test
    void aTensorOfZerosHasAnEmptyRange() {
        Histogram values = new Histogram();
        values.add(0, 0, 0);
        for (Calibrator calibrator : Calibrator.all()) {
            assertEquals(0, calibrator.range(values).magnitude(), calibrator.name());
        }
    }
}
