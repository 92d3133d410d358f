package io.karu.bench.evaluation;

import io.karu.learning.metric.Auroc;
import io.karu.vision.GrayImage;
import java.util.ArrayList;
import java.util.List;

/** Features that need no model: what a data set gives away by itself. */
public final class TrivialFeatures {
    private final List<double[]> features = new ArrayList<>();
    private final List<Boolean> defective = new ArrayList<>();

    /** Adds a part. */
    public void add(GrayImage image, boolean bad) {
        features.add(of(image));
        defective.add(bad);
    }

    /**
     * The best image AUROC of any of them, in either direction; there must be good and bad parts.
     */
    public double auroc() {
        boolean[] bad = new boolean[defective.size()];
        for (int i = 0; i < bad.length; i++) {
            bad[i] = defective.get(i);
        }
        double best = 0.5;
        for (int f = 0; f < features.get(0).length; f++) {
            int feature = f;
            double[] values = features.stream().mapToDouble(each -> each[feature]).toArray();
            double auroc = Auroc.of(values, bad);
            best = Math.max(best, Math.max(auroc, 1 - auroc));
        }
        return best;
    }

    /** Mean, deviation, mean absolute Laplacian, and pixels. */
    private static double[] of(GrayImage image) {
        int width = image.width();
        int height = image.height();
        double sum = 0;
        double squares = 0;
        double laplacian = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int value = image.at(x, y);
                sum += value;
                squares += value * value;
                if (x > 0 && y > 0 && x + 1 < width && y + 1 < height) {
                    laplacian +=
                            Math.abs(
                                    4 * value
                                            - image.at(x - 1, y)
                                            - image.at(x + 1, y)
                                            - image.at(x, y - 1)
                                            - image.at(x, y + 1));
                }
            }
        }
        int count = width * height;
        double mean = sum / count;
        return new double[] {
            mean, Math.sqrt(squares / count - mean * mean), laplacian / count, count
        };
    }
}
