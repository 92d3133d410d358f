package io.karu.training.detection;

import io.karu.vision.Box;
import io.karu.vision.GrayImage;
import java.util.List;

/**
 * An image with its template and what is wrong with it.
 *
 * @param id name within the data
 * @param design which product it shows: validation leaves whole designs out; empty when unknown
 */
record PairSample(String id, String design, GrayImage image, GrayImage template, List<Mark> marks) {
    PairSample {
        marks = List.copyOf(marks);
    }

    /**
     * A defect.
     *
     * @param type its class, from 0
     */
    record Mark(Box box, int type) {}
}
