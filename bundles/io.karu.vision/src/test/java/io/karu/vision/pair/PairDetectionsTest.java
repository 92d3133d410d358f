package io.karu.vision.pair;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PairDetectionsTest {
    private static final int SIDE = 48;
    private final PairDetections detections = new PairDetections(2, SIDE, 1, 0.3);

    @Test
    void aCodedBoxReturns() {
        add(100, 60, new double[] {10, 0, 0}, 90, 40, 130, 70);
        assertEquals(1, detections.merge(0.5));
        assertEquals(90, detections.left(0), 1e-3);
        assertEquals(40, detections.top(0), 1e-3);
        assertEquals(130, detections.right(0), 1e-3);
        assertEquals(70, detections.bottom(0), 1e-3);
    }

    @Test
    void candidatesOfOneDefectAreMergedAndOthersStand() {
        add(100, 60, new double[] {4, 0, 0}, 90, 40, 130, 70);
        add(110, 50, new double[] {6, 0, 0}, 92, 42, 132, 72);
        add(300, 50, new double[] {0, 5, 0}, 290, 40, 310, 60);
        assertEquals(2, detections.merge(0.1));
        assertEquals(92, detections.left(0), 1.01);
        assertEquals(290, detections.left(1), 1e-3);
        assertEquals(Math.exp(5) / (Math.exp(5) + 2), detections.score(1, 1), 1e-6);
    }

    @Test
    void backgroundIsDropped() {
        add(100, 60, new double[] {0, 0, 8}, 90, 40, 130, 70);
        assertEquals(0, detections.merge(0.1));
    }

    @Test
    void aTemperatureSoftens() {
        PairDetections soft = new PairDetections(2, SIDE, 2, 0.3);
        soft.add(0, 0, new float[] {4, 0, 0}, 0, new float[4], 0);
        soft.merge(0);
        assertEquals(Math.exp(2) / (Math.exp(2) + 2), soft.score(0, 0), 1e-6);
    }

    private void add(
            int x, int y, double[] logits, double left, double top, double right, double bottom) {
        float[] code = new float[BoxCode.LENGTH];
        BoxCode.encode(left, top, right, bottom, x, y, SIDE, code);
        float[] values = new float[logits.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) logits[i];
        }
        detections.add(x, y, values, 0, code, 0);
    }
}
