package io.karu.training.detection;

import io.karu.vision.DeepPcb.Defect;
import io.karu.vision.GrayImage;
import java.util.List;

/**
 * An image with its template and what is wrong with it.
 *
 * @param id name within the data
 * @param design which product it shows: validation leaves whole designs out
 */
public record PairSample(
        String id, String design, GrayImage image, GrayImage template, List<Defect> defects) {
    public PairSample {
        defects = List.copyOf(defects);
    }
}
