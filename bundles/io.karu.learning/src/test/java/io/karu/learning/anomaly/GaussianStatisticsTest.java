package io.karu.learning.anomaly;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GaussianStatisticsTest {
    private final Features samples = MemoryBankTest.random(400, 5, 1);

    @Test
    void forgettingASampleLeavesNoBitOfIt() {
        GaussianStatistics without = new GaussianStatistics(2, 5);
        GaussianStatistics with = new GaussianStatistics(2, 5);
        for (int i = 0; i < 200; i++) {
            without.add(i % 2, samples.row(i), 0);
        }
        // added in another order, together with others that are then removed in yet another one
        for (int i = 399; i >= 0; i--) {
            with.add(i % 2, samples.row(i), 0);
        }
        for (int i = 200; i < 400; i++) {
            with.remove(i % 2, samples.row(i), 0);
        }
        assertEquals(without, with);
        assertArrayEquals(without.covariance(1), with.covariance(1));
        float[] query = samples.row(300);
        assertEquals(without.at(0, 0.01).distance(query, 0), with.at(0, 0.01).distance(query, 0));
    }

    @Test
    void sourcesAddUpAndAreTakenAwayAgain() {
        GaussianStatistics one = new GaussianStatistics(1, 5);
        GaussianStatistics other = new GaussianStatistics(1, 5);
        GaussianStatistics all = new GaussianStatistics(1, 5);
        for (int i = 0; i < 400; i++) {
            (i < 150 ? one : other).add(0, samples.row(i), 0);
            all.add(0, samples.row(i), 0);
        }
        GaussianStatistics sum = new GaussianStatistics(1, 5);
        sum.add(one);
        sum.add(other);
        assertEquals(all, sum);
        sum.remove(other);
        assertEquals(one, sum);
        assertNotEquals(all, sum);
        assertThrows(IllegalStateException.class, () -> one.remove(all));
    }

    @Test
    void meanCovarianceAndDistanceAreTheTextbooks() {
        GaussianStatistics statistics = new GaussianStatistics(1, 2);
        statistics.add(0, new float[] {0, 0}, 0);
        statistics.add(0, new float[] {2, 0}, 0);
        statistics.add(0, new float[] {0, 4}, 0);
        statistics.add(0, new float[] {2, 4}, 0);
        assertArrayEquals(new double[] {1, 2}, statistics.mean(0), 1e-12);
        assertArrayEquals(new double[] {4 / 3.0, 0, 0, 16 / 3.0}, statistics.covariance(0), 1e-12);
        // two standard deviations along the second axis
        assertEquals(
                2,
                statistics
                        .at(0, 1e-12)
                        .distance(new float[] {1, (float) (2 + 8 / Math.sqrt(3))}, 0),
                1e-6);
    }

    @Test
    void saysWhatIsMissing() {
        GaussianStatistics statistics = new GaussianStatistics(1, 2);
        assertThrows(IllegalStateException.class, () -> statistics.mean(0));
        assertThrows(
                IllegalStateException.class, () -> statistics.remove(0, new float[] {1, 1}, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> statistics.add(0, new float[] {Float.NaN, 1}, 0));
    }
}
