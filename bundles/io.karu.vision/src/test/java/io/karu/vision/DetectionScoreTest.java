package io.karu.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class DetectionScoreTest {
    private static final Box DEFECT = new Box(100, 100, 30, 30);

    @Test
    void aDefectIsFoundOnce() {
        DetectionScore score = DetectionScore.of(List.of(DEFECT, DEFECT), List.of(DEFECT), 0.33);
        assertEquals(new DetectionScore(1, 2, 1), score);
        assertEquals(0.5, score.precision());
        assertEquals(1, score.recall());
        assertEquals(2.0 / 3, score.f(), 1e-12);
    }

    @Test
    void anOverlapOfExactlyTheLimitDoesNotCount() {
        Box third = new Box(100, 100, 10, 30);
        assertEquals(1.0 / 3, DEFECT.iou(third), 1e-12);
        assertEquals(
                0, DetectionScore.of(List.of(third), List.of(DEFECT), 1.0 / 3).truePositives());
        assertEquals(1, DetectionScore.of(List.of(third), List.of(DEFECT), 0.33).truePositives());
    }

    @Test
    void withoutDetectionsOrDefectsNothingIsDividedByZero() {
        assertEquals(0, DetectionScore.NONE.f());
        assertEquals(0, DetectionScore.of(List.of(), List.of(DEFECT), 0.33).precision());
    }

    @Test
    void aGrownBoxStaysInTheFrame() {
        assertEquals(new Box(0, 0, 15, 15), new Box(5, 5, 5, 5).grown(5, 15, 15).grown(5, 15, 15));
    }
}
