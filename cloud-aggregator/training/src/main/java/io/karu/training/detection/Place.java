package io.karu.training.detection;

import io.karu.vision.Box;

/**
 * A place on a sample that the network learns from.
 *
 * @param sample its position among the samples
 * @param x column of the centre
 * @param y row of the centre
 * @param right what to add to a column of the image to meet the template's
 * @param down what to add to a row of the image to meet the template's
 * @param type class of the defect, the number of classes for background
 * @param box of the defect; null for background
 */
record Place(int sample, int x, int y, int right, int down, int type, Box box) {
    boolean isDefect() {
        return box != null;
    }
}
