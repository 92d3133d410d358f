package io.karu.learning.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AurocTest {
    @Test
    void countsTheSharePairsInTheRightOrder() {
        // good 0.1 0.4, bad 0.35 0.8: of four pairs (0.35 > 0.1), (0.8 > 0.1), (0.8 > 0.4) are
        // right
        assertEquals(
                0.75,
                Auroc.of(
                        new double[] {0.1, 0.4, 0.35, 0.8},
                        new boolean[] {false, false, true, true}));
    }

    @Test
    void equalScoresCountOneHalf() {
        assertEquals(
                0.5, Auroc.of(new double[] {3, 3, 3}, new boolean[] {false, true, false}), 1e-15);
        // pairs: (2,2) half, (2,1) whole; (1,2) none, (1,1) half
        assertEquals(
                0.5,
                Auroc.of(new double[] {2, 1, 2, 1}, new boolean[] {false, false, true, true}),
                1e-15);
    }

    @Test
    void refusesScoresThatDecideNothing() {
        assertThrows(
                IllegalArgumentException.class,
                () -> Auroc.of(new double[] {1, 2}, new boolean[] {true, true}));
        assertThrows(
                IllegalArgumentException.class,
                () -> Auroc.of(new double[] {Double.NaN, 2}, new boolean[] {false, true}));
        assertThrows(
                IllegalArgumentException.class,
                () -> Auroc.of(new double[] {2}, new boolean[] {false, true}));
    }

    @Test
    void intervalsHoldTheTruthAboutAsOftenAsTheySay() {
        // normal scores, shifted by 1: the true area is Φ(1/√2) = 0.7602
        SplittableRandom random = new SplittableRandom(7);
        int holds = 0;
        int runs = 200;
        for (int run = 0; run < runs; run++) {
            double[] scores = new double[120];
            boolean[] bad = new boolean[scores.length];
            for (int i = 0; i < scores.length; i++) {
                bad[i] = i % 2 == 0;
                scores[i] = random.nextGaussian() + (bad[i] ? 1 : 0);
            }
            Interval interval = new Bootstrap(run, 400, 0.9).auroc(scores, bad);
            holds += interval.low() <= 0.7602 && 0.7602 <= interval.high() ? 1 : 0;
        }
        assertTrue(holds >= 168 && holds <= 192, holds + " of " + runs + " at 90 %");
    }

    @Test
    void pairedDifferenceOfAModelWithItselfIsExactlyNought() {
        double[] scores = {0.3, 0.1, 0.9, 0.4, 0.7, 0.2};
        boolean[] bad = {false, false, true, true, true, false};
        Interval difference = Bootstrap.withSeed(1).aurocDifference(scores, scores, bad);
        assertEquals(0, difference.low());
        assertEquals(0, difference.high());
    }

    @Test
    void pairedDifferenceSeesWhatSeparateIntervalsHide() {
        SplittableRandom random = new SplittableRandom(3);
        double[] one = new double[200];
        double[] other = new double[200];
        boolean[] bad = new boolean[200];
        for (int i = 0; i < one.length; i++) {
            bad[i] = i % 2 == 0;
            one[i] = random.nextGaussian() + (bad[i] ? 1.2 : 0);
            other[i] = one[i] + 0.5 * random.nextGaussian();
        }
        Bootstrap bootstrap = Bootstrap.withSeed(5);
        Interval first = bootstrap.auroc(one, bad);
        Interval second = bootstrap.auroc(other, bad);
        assertTrue(second.high() > first.low(), "the separate intervals overlap");
        Interval difference = bootstrap.aurocDifference(one, other, bad);
        assertTrue(
                difference.high() - difference.low() < 0.8 * (first.high() - first.low()),
                "the paired interval is narrower: " + difference);
    }
}
