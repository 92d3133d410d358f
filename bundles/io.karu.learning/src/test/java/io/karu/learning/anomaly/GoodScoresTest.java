package io.karu.learning.anomaly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GoodScoresTest {
    @Test
    void theBoundIsTheTextbooks() {
        // Wilks: 59 parts bound 95 % of all with 95 % confidence by their maximum, 93 by the second
        assertEquals(59, GoodScores.needed(0.05, 0.95));
        double[] scores = IntStream.rangeClosed(1, 93).asDoubleStream().toArray();
        GoodScores.Threshold threshold = GoodScores.of(scores).threshold(0.05, 0.95);
        assertEquals(92, threshold.value());
        assertTrue(threshold.confidence() >= 0.95 && threshold.confidence() < 0.96);
        assertEquals(92, GoodScores.of(Arrays.copyOf(scores, 92)).threshold(0.05, 0.95).value());
    }

    @Test
    void tooFewGoodPartsAreNotEnoughForAPromise() {
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> GoodScores.of(new double[58]).threshold(0.05, 0.95));
        assertTrue(refused.getMessage().contains("59 good parts"), refused.getMessage());
    }

    @Test
    void theRateHoldsAsOftenAsTheConfidenceSays() {
        SplittableRandom random = new SplittableRandom(9);
        int kept = 0;
        int runs = 1000;
        for (int run = 0; run < runs; run++) {
            // uniform scores: the true false-reject rate of a threshold t is 1 − t
            double[] scores = random.doubles(300).toArray();
            kept += 1 - GoodScores.of(scores).threshold(0.05, 0.9).value() <= 0.05 ? 1 : 0;
        }
        assertTrue(kept >= 880 && kept <= 960, kept + " of " + runs);
    }

    @Test
    void aCardKeepsWhatAnotherThresholdNeeds() {
        double[] scores = new SplittableRandom(1).doubles(500).toArray();
        GoodScores good = GoodScores.of(scores);
        GoodScores read = GoodScores.fromParameters(good.toParameters("tiles"), "tiles");
        assertEquals(good.threshold(0.02, 0.9), read.threshold(0.02, 0.9));
        assertEquals(good.threshold(0.01, 0.95), read.threshold(0.01, 0.95));
        assertThrows(
                IllegalArgumentException.class,
                () -> GoodScores.fromParameters(good.toParameters("tiles"), "boards"));
        assertThrows(IllegalArgumentException.class, () -> read.threshold(0.5, 0.9));
    }
}
