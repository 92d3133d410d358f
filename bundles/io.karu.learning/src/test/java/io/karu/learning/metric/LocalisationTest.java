package io.karu.learning.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LocalisationTest {
    @Test
    void everyDefectCountsTheSameWhateverItsSize() {
        // One defect of one pixel scored 4, one of four pixels scored 2, 2, 0, 0; good pixels 3, 1,
        // 1, 1, 0. From the top: 4 → overlap 1/2 at no false alarm; 3 → 1/5 of the good pixels;
        // 2 → overlap 1/2 + 1/4; then three good pixels at 1; then the rest.
        boolean[] mask = {true, false, true, true, true, true, false, false, false, false};
        float[] map = {4, 3, 2, 2, 0, 0, 1, 1, 1, 0};
        Localisation localisation = new Localisation();
        localisation.add(map, mask, 10, 1);
        assertEquals(2, localisation.defects());
        // 0 to 0.2 at 0.5; 0.2 to 0.3 at 0.75
        assertEquals((0.2 * 0.5 + 0.1 * 0.75) / 0.3, localisation.pro(0.3), 1e-12);
        // the last step rises from 0.75 to 1 while the last good pixel passes
        assertEquals(0.2 * 0.5 + 0.6 * 0.75 + 0.2 * 0.875, localisation.pro(1), 1e-12);
        // 4 beats 5; each 2 beats 4; each 0 ties with one
        assertEquals((5 + 4 + 4 + 0.5 + 0.5) / 25, localisation.auroc(), 1e-12);
    }

    @Test
    void pixelsThatTouchAtACornerAreOneDefect() {
        Localisation localisation = new Localisation();
        localisation.add(
                new float[9],
                new boolean[] {true, false, false, false, true, false, false, false, true},
                3,
                3);
        assertEquals(1, localisation.defects());
    }

    @Test
    void aPerfectMapScoresOneAndAConstantOneHalf() {
        boolean[] mask = {true, false, false, true};
        Localisation perfect = new Localisation();
        perfect.add(new float[] {1, -1, -1, 1}, mask, 2, 2);
        assertEquals(1, perfect.auroc());
        assertEquals(1, perfect.pro(Localisation.USUAL_LIMIT));
        Localisation constant = new Localisation();
        constant.add(new float[4], mask, 2, 2);
        assertEquals(0.5, constant.auroc());
        assertEquals(0.15, constant.pro(Localisation.USUAL_LIMIT), 1e-12);
    }

    @Test
    void binsAgreeWithTheExactAreaOnScoresOfAnySign() {
        SplittableRandom random = new SplittableRandom(11);
        Localisation localisation = new Localisation();
        double[] scores = new double[20_000];
        boolean[] bad = new boolean[scores.length];
        for (int image = 0; image < 20; image++) {
            float[] map = new float[1000];
            boolean[] mask = new boolean[1000];
            for (int i = 0; i < map.length; i++) {
                mask[i] = random.nextInt(10) == 0;
                map[i] = (float) (random.nextGaussian() + (mask[i] ? 0.8 : 0));
                scores[image * 1000 + i] = map[i];
                bad[image * 1000 + i] = mask[i];
            }
            localisation.add(map, mask, 40, 25);
        }
        assertEquals(Auroc.of(scores, bad), localisation.auroc(), 2e-4);
    }

    @Test
    void refusesWhatWouldGiveANumberWithoutMeaning() {
        Localisation good = new Localisation();
        good.add(new float[4], new boolean[4], 2, 2);
        assertThrows(IllegalStateException.class, good::auroc);
        assertTrue(
                assertThrows(
                                IllegalArgumentException.class,
                                () -> good.add(new float[] {Float.NaN}, new boolean[1], 1, 1))
                        .getMessage()
                        .contains("NaN"));
    }
}
