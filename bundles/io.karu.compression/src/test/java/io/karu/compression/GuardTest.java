package io.karu.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.learning.metric.Auroc;
import io.karu.learning.metric.Bootstrap;
import io.karu.learning.metric.Interval;
import io.karu.learning.metric.Localisation;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GuardTest {
    private static final PairedBootstrap BOOTSTRAP = PairedBootstrap.withSeed(1);

    private final boolean[] defective = new boolean[600];
    private final double[] scores = new double[600];
    private final Guard guard = new Guard(List.of(new Budget("image AUROC", 0.005)), BOOTSTRAP);

    GuardTest() {
        Random random = new Random(1);
        for (int i = 0; i < scores.length; i++) {
            defective[i] = i % 3 == 0;
            scores[i] = random.nextGaussian() + (defective[i] ? 3 : 0);
        }
    }

    @Test
    void aFasterModelWithinItsBudgetPasses() {
        Guard.Judgement judgement = judge(jitter(0.02), times(10), times(4));
        assertTrue(judgement.passed(), judgement.reason());
        assertEquals(2.5, judgement.speedup().value(), 0.3);
    }

    @Test
    void aModelThatLosesMoreThanItsBudgetIsRefusedWithTheLoss() {
        Guard.Judgement judgement = judge(jitter(1.5), times(10), times(4));
        assertFalse(judgement.passed());
        assertTrue(
                judgement.reason().contains("of image AUROC, allowed are 0.50 points"),
                judgement.reason());
    }

    @Test
    void aModelThatIsNotFasterIsRefused() {
        Guard.Judgement judgement = judge(scores, times(10), times(10.5));
        assertFalse(judgement.passed());
        assertTrue(judgement.reason().startsWith("is not faster here"), judgement.reason());
    }

    @Test
    void tooFewSamplesToBeSureAreRefusedNotBelieved() {
        boolean[] few = Arrays.copyOf(defective, 30);
        double[] parent = Arrays.copyOf(scores, 30);
        double[] child = parent.clone();
        int worst = 0;
        for (int i = 0; i < 30; i++) {
            worst = few[i] && child[i] < child[worst] || !few[worst] ? i : worst;
        }
        child[worst] -= 0.6;
        Outcome before = Outcomes.imageAuroc(parent, few);
        Outcome after = Outcomes.imageAuroc(child, few);
        Guard wide =
                new Guard(
                        List.of(new Budget("image AUROC", before.value() - after.value() + 0.001)),
                        BOOTSTRAP);
        Guard.Judgement judgement =
                wide.judge(List.of(before), List.of(after), times(10), times(4));
        assertFalse(judgement.passed());
        assertTrue(judgement.reason().startsWith("may lose up to"), judgement.reason());
        assertTrue(judgement.reason().contains("on 30 samples"), judgement.reason());
    }

    @Test
    void aBudgetForLocalisationIsHeldToo() {
        Outcome image = Outcomes.imageAuroc(scores, defective);
        Guard both =
                new Guard(
                        List.of(new Budget("image AUROC", 0.005), new Budget("pixel AUROC", 0.005)),
                        BOOTSTRAP);
        Guard.Judgement judgement =
                both.judge(
                        List.of(image, pixels(0.1)),
                        List.of(image, pixels(2)),
                        times(10),
                        times(4));
        assertFalse(judgement.passed());
        assertTrue(judgement.reason().contains("pixel AUROC"), judgement.reason());
        assertThrows(
                IllegalArgumentException.class,
                () -> both.judge(List.of(image), List.of(image), times(2), times(1)));
    }

    @Test
    void anAurocIsTheSameAsThatOfTheMetrics() {
        Outcome outcome = Outcomes.imageAuroc(scores, defective);
        assertEquals(Auroc.of(scores, defective), outcome.value(), 1e-12);
        Interval own = BOOTSTRAP.of(outcome);
        Interval theirs = Bootstrap.withSeed(2).auroc(scores, defective);
        assertEquals(theirs.low(), own.low(), 0.002);
        assertEquals(theirs.high(), own.high(), 0.002);
    }

    @Test
    void localisationOfMapsIsWhatTheReportsSay() {
        Random random = new Random(5);
        float[][] maps = new float[20][144];
        boolean[][] masks = new boolean[20][144];
        int[] columns = new int[20];
        Localisation exact = new Localisation();
        for (int i = 0; i < maps.length; i++) {
            columns[i] = i % 3 == 0 ? 9 : 12;
            for (int p = 0; p < 144; p++) {
                boolean spot = p / columns[i] < 3 && p % columns[i] < 2;
                boolean line = p / columns[i] == 6;
                masks[i][p] = i % 2 == 0 && (spot || line);
                maps[i][p] = (float) ((masks[i][p] ? 0.5 : 0) + random.nextGaussian());
            }
            exact.add(maps[i], masks[i], columns[i], 144 / columns[i]);
        }
        List<Outcome> outcomes = Outcomes.localisation(maps, masks, columns);
        assertEquals("pixel AUROC", outcomes.get(0).metric());
        assertEquals(exact.auroc(), outcomes.get(0).value(), 0.002);
        assertEquals("PRO", outcomes.get(1).metric());
        assertEquals(exact.pro(Localisation.USUAL_LIMIT), outcomes.get(1).value(), 0.005);
    }

    @Test
    void aMeanOverProductsResamplesEachProductByItself() {
        Outcome one = Outcomes.imageAuroc(new double[] {1, 2, 3, 4}, flags(0, 0, 1, 1));
        Outcome other = Outcomes.imageAuroc(new double[] {9, 8, 7}, flags(0, 1, 1));
        Outcome mean = Outcomes.mean("image AUROC", List.of(one, other));
        assertEquals((one.value() + other.value()) / 2, mean.value(), 1e-12);
        assertEquals(7, mean.samples());
        assertEquals(4, java.util.stream.IntStream.range(0, 7).map(mean::kind).distinct().count());
    }

    private static boolean[] flags(int... bits) {
        boolean[] flags = new boolean[bits.length];
        for (int i = 0; i < bits.length; i++) {
            flags[i] = bits[i] == 1;
        }
        return flags;
    }

    @Test
    void macroRecallIsTheMeanOverClasses() {
        Outcome outcome =
                Outcomes.macroRecall(new int[] {0, 0, 0, 0, 1, 1}, new int[] {0, 0, 0, 1, 1, 0}, 2);
        assertEquals((0.75 + 0.5) / 2, outcome.value(), 1e-12);
    }

    private Guard.Judgement judge(double[] child, Timing before, Timing after) {
        return guard.judge(
                List.of(Outcomes.imageAuroc(scores, defective)),
                List.of(Outcomes.imageAuroc(child, defective)),
                before,
                after);
    }

    private double[] jitter(double by) {
        Random random = new Random(2);
        return Arrays.stream(scores).map(s -> s + by * random.nextGaussian()).toArray();
    }

    private Outcome pixels(double noise) {
        Random random = new Random(3);
        float[][] maps = new float[60][100];
        boolean[][] masks = new boolean[60][100];
        for (int i = 0; i < maps.length; i++) {
            for (int p = 0; p < 100; p++) {
                masks[i][p] = i % 2 == 0 && p < 10;
                maps[i][p] = (float) ((masks[i][p] ? 1 : 0) + noise * random.nextGaussian());
            }
        }
        int[] columns = new int[maps.length];
        Arrays.fill(columns, 10);
        return Outcomes.localisation(maps, masks, columns).get(0);
    }

    private static Timing times(double around) {
        Random random = new Random(4);
        return new Timing(random.doubles(200).map(r -> around * (1 + 0.1 * r)).toArray());
    }
}
