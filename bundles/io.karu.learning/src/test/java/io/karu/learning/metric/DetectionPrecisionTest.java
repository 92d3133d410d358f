package io.karu.learning.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.learning.metric.DetectionPrecision.Located;
import io.karu.learning.metric.DetectionPrecision.Scored;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against cases computed by hand. */
class DetectionPrecisionTest {
    private static final double DEEP_PCB = 0.33;

    @Test
    void averagePrecisionIsTheAreaUnderMonotonousPrecision() {
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        precision.add(
                List.of(found(0, 0.9), found(500, 0.8), found(100, 0.7), found(600, 0.6)),
                List.of(box(0), box(100), box(200)));
        precision.add(List.of(found(0, 0.65)), List.of(box(0)));
        // ranked: hit, false, hit, hit, false; 4 defects; precision 1, 1/2, 2/3, 3/4, 3/5
        assertEquals((1 + 0.75 + 0.75) / 4, precision.average(0), 1e-12);
        assertEquals(precision.average(0), precision.mean(), 1e-12);
    }

    @Test
    void aSecondDetectionOfADefectIsFalse() {
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        precision.add(List.of(found(0, 0.9), found(2, 0.8)), List.of(box(0)));
        assertEquals(1, precision.counts(0.5).hits());
        assertEquals(2, precision.counts(0.5).detections());
        assertEquals(2.0 / 3, precision.counts(0.5).f(), 1e-12);
        assertEquals(1, precision.average(0), 1e-12);
    }

    @Test
    void theOverlapMustBeExceeded() {
        Located defect = new Located(0, 0, 30, 10, 0);
        Located third = new Located(0, 0, 10, 10, 0);
        assertEquals(1.0 / 3, defect.overlap(third), 1e-12);
        assertEquals(1, hits(1.0 / 3 - 1e-9, third, defect));
        assertEquals(0, hits(1.0 / 3, third, defect));
    }

    @Test
    void anotherClassDoesNotCount() {
        DetectionPrecision precision = new DetectionPrecision(2, DEEP_PCB);
        precision.add(
                List.of(new Scored(new Located(0, 0, 10, 10, 1), 0.9)),
                List.of(new Located(0, 0, 10, 10, 0)));
        assertEquals(0, precision.average(0));
        assertTrue(Double.isNaN(precision.average(1)));
        assertEquals(0, precision.mean());
    }

    @Test
    void aDetectionTakesTheDefectThatItOverlapsMost() {
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        Located left = new Located(0, 0, 10, 10, 0);
        Located right = new Located(4, 0, 14, 10, 0);
        precision.add(List.of(new Scored(right, 0.9), new Scored(left, 0.8)), List.of(left, right));
        assertEquals(2, precision.counts(0).hits());
    }

    @Test
    void theBestThresholdIsThatOfTheHighestF() {
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        precision.add(
                List.of(found(0, 0.9), found(100, 0.7), found(500, 0.5), found(600, 0.4)),
                List.of(box(0), box(100)));
        assertEquals(0.6, precision.bestThreshold(), 1e-12);
        assertEquals(1, precision.counts(precision.bestThreshold()).f(), 1e-12);
    }

    @Test
    void theSteadyThresholdLiesAmidThoseOfAlmostTheHighestF() {
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        precision.add(
                List.of(found(0, 0.9), found(100, 0.8), found(500, 0.4), found(600, 0.1)),
                List.of(box(0), box(100)));
        // F: 2/3 above 0.8, 1 above 0.4, 4/5 above 0.1, 2/3 below
        assertEquals(0.6, precision.steadyThreshold(0), 1e-12);
        assertEquals((0.8 + 0.1) / 2, precision.steadyThreshold(0.2 + 1e-9), 1e-12);
    }

    @Test
    void aClassThatThereIsNotIsRefused() {
        DetectionPrecision precision = new DetectionPrecision(1, DEEP_PCB);
        List<Scored> wrong = List.of(new Scored(new Located(0, 0, 1, 1, 1), 1));
        assertThrows(IllegalArgumentException.class, () -> precision.add(wrong, List.of()));
    }

    private static int hits(double limit, Located detection, Located defect) {
        DetectionPrecision precision = new DetectionPrecision(1, limit);
        precision.add(List.of(new Scored(detection, 1)), List.of(defect));
        return precision.counts(0).hits();
    }

    private static Scored found(double left, double score) {
        return new Scored(box(left), score);
    }

    private static Located box(double left) {
        return new Located(left, 0, left + 10, 10, 0);
    }
}
