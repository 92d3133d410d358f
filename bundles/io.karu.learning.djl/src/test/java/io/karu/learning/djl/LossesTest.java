package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Losses against the formulas of their papers, computed here in plain numbers. */
class LossesTest {
    private static final double EXACT = 1e-5;

    private final NDManager manager = Torch.manager();

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(long[] shape, double... values) {
        return manager.create(values).toType(DataType.FLOAT32, false).reshape(shape);
    }

    private NDArray vector(double... values) {
        return array(new long[] {1, values.length}, values);
    }

    private static double value(NDArray loss) {
        assertEquals(0, loss.getShape().dimension());
        return loss.toType(DataType.FLOAT64, false).getDouble();
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    @Test
    void crossEntropyIsThatOfSmoothedTargets() {
        NDArray logits = array(new long[] {2, 3}, 1, 2, 0.5, -1, 0, 3);
        NDArray target = Losses.target(manager.create(new long[] {1, 2}), 3, 0.3);
        assertArrayEquals(
                new float[] {0.1f, 0.8f, 0.1f, 0.1f, 0.1f, 0.8f}, target.toFloatArray(), 1e-6f);
        double[][] scores = {{1, 2, 0.5}, {-1, 0, 3}};
        double[][] wanted = {{0.1, 0.8, 0.1}, {0.1, 0.1, 0.8}};
        double sum = 0;
        for (int i = 0; i < 2; i++) {
            double total = 0;
            for (double score : scores[i]) {
                total += Math.exp(score);
            }
            for (int k = 0; k < 3; k++) {
                sum -= wanted[i][k] * (scores[i][k] - Math.log(total));
            }
        }
        assertEquals(sum / 2, value(Losses.crossEntropy(logits, target)), EXACT);
    }

    @Test
    void classWeightsWeighTheTargetsClass() {
        NDArray logits = array(new long[] {2, 2}, 0, 0, 1, 0);
        NDArray target = Losses.target(manager.create(new long[] {0, 1}), 2, 0);
        double first = Math.log(2);
        double second = Math.log(1 + Math.E);
        assertEquals(
                (first + 3 * second) / 4,
                value(Losses.crossEntropy(logits, target, vector(1, 3).reshape(2))),
                EXACT);
    }

    @Test
    void targetsOfMapsHaveTheirClassesOnAxisOne() {
        NDArray classes = manager.create(new long[] {0, 1, 1, 0, 2, 2}, new Shape(1, 2, 3));
        NDArray target = Losses.target(classes, 3, 0);
        assertEquals(new Shape(1, 3, 2, 3), target.getShape());
        assertEquals(1, target.getFloat(0, 1, 0, 2));
        assertEquals(1, target.getFloat(0, 2, 1, 1));
        assertEquals(6, target.sum().getFloat());
    }

    @Test
    void binaryCrossEntropyIsFiniteForEveryLogit() {
        NDArray logits = vector(-200, 200, 0.7);
        NDArray target = vector(1, 0, 1);
        double expected = (200 + 200 - Math.log(sigmoid(0.7))) / 3;
        assertEquals(expected, value(Losses.binaryCrossEntropy(logits, target)), 1e-3);
        assertEquals(
                -Math.log(sigmoid(0.7)),
                value(Losses.binaryCrossEntropy(logits, target, vector(0, 0, 2))),
                EXACT);
    }

    @Test
    void focalLossCountsEasyPlacesLess() {
        double positive = -0.25 * Math.pow(1 - sigmoid(2), 2) * Math.log(sigmoid(2));
        double negative = -0.75 * Math.pow(sigmoid(-1), 2) * Math.log(1 - sigmoid(-1));
        assertEquals(
                positive + negative,
                value(Losses.focal(vector(2, -1), vector(1, 0), 2, 0.25)),
                EXACT);
    }

    @Test
    void centreFocalForgivesPlacesNearACentre() {
        double near = sigmoid(0.5);
        double centre = sigmoid(1);
        double expected =
                -Math.pow(1 - centre, 2) * Math.log(centre)
                        - Math.pow(1 - 0.8, 4) * near * near * Math.log(1 - near);
        assertEquals(expected, value(Losses.centreFocal(vector(1, 0.5), vector(1, 0.8))), EXACT);
    }

    @Test
    void smoothL1IsQuadraticNearAndLinearFar() {
        NDArray values = vector(0.5, 3);
        NDArray target = vector(0, 0);
        assertEquals((0.125 + 2.5) / 2, value(Losses.smoothL1(values, target, 1)), EXACT);
        assertEquals(0.125, value(Losses.smoothL1(values, target, 1, vector(1, 0))), EXACT);
    }

    @Test
    void squaredErrorIsWeighted() {
        assertEquals(2.5, value(Losses.squared(vector(1, 2), vector(0, 0))), EXACT);
        assertEquals(4, value(Losses.squared(vector(1, 2), vector(0, 0), vector(0, 5))), EXACT);
        assertEquals(0, value(Losses.squared(vector(1, 2), vector(0, 0), vector(0, 0))), EXACT);
    }

    @Test
    void diceFallsAsMaskAndPredictionOverlap() {
        double right = value(Losses.dice(vector(9, -9, -9, 9), vector(1, 0, 0, 1)));
        double wrong = value(Losses.dice(vector(-9, 9, 9, -9), vector(1, 0, 0, 1)));
        assertEquals(0, right, 1e-3);
        assertEquals(1 - 1 / 5.0, wrong, 1e-3);
        assertEquals(0, value(Losses.dice(vector(-9, -9), vector(0, 0))), 1e-3);
    }

    @Test
    void cosineDistanceDependsOnDirectionOnly() {
        NDArray student = array(new long[] {1, 2, 1, 2}, 1, 0, 0, 3);
        NDArray teacher = array(new long[] {1, 2, 1, 2}, 5, 1, 0, 0);
        assertArrayEquals(
                new float[] {0, 1}, Losses.cosineMap(student, teacher).toFloatArray(), 1e-3f);
        assertEquals(0.5, value(Losses.cosine(student, teacher)), 1e-3);
    }

    @Test
    void distillationIsNothingForEqualLogitsAndGrowsWithTheirDistance() {
        NDArray teacher = array(new long[] {1, 3}, 1, 2, 3);
        assertEquals(0, value(Losses.distillation(teacher, teacher, 4)), EXACT);
        double near = value(Losses.distillation(vector(1, 2, 2.5), teacher, 4));
        double far = value(Losses.distillation(vector(3, 2, 1), teacher, 4));
        assertTrue(0 < near && near < far);
    }
}
