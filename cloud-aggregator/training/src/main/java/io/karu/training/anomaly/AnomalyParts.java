package io.karu.training.anomaly;

import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.PatchMemory;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Parts of one product: good ones to learn from, others to be scored on.
 *
 * @param product its name
 * @param good what a model may see
 * @param met what of the memory is left out to make a good part of it like a good one of the test
 * @param test what a model is only scored on
 */
public record AnomalyParts(
        String product, List<GoodPart> good, PatchMemory.Left met, List<TestPart> test) {
    /** Parts whose test holds no piece that is learned from. */
    public AnomalyParts(String product, List<GoodPart> good, List<TestPart> test) {
        this(product, good, PatchMemory.Left.PART, test);
    }

    public AnomalyParts {
        Objects.requireNonNull(product, "product");
        good = List.copyOf(good);
        test = List.copyOf(test);
    }

    /** A part to be scored on. */
    public record TestPart(String id, String kind, GoodPart.Source image, Optional<Mask> mask) {
        /** Kind of parts without defect. */
        public static final String GOOD = "good";

        public boolean defective() {
            return !kind.equals(GOOD);
        }
    }

    /** Where a part is defective; as long as its image. */
    @FunctionalInterface
    public interface Mask {
        boolean[] read(GrayImage image) throws IOException;
    }
}
