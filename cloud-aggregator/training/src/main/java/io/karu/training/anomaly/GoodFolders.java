package io.karu.training.anomaly;

import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.learning.data.Sample;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Folders in any layout that Karu reads, with one product or several: samples of {@linkplain
 * Sample#isGood good} parts for training are learned from; all of the test part are scored.
 */
final class GoodFolders {
    private GoodFolders() {}

    static List<AnomalyParts> read(Path folder) throws IOException {
        DataSet data = DataSets.read(folder);
        Map<String, List<GoodPart>> good = new TreeMap<>();
        Map<String, List<TestPart>> test = new TreeMap<>();
        for (Sample sample : data.samples()) {
            String own = sample.attribute(Sample.PRODUCT);
            String product = own.isEmpty() ? data.name() : own;
            boolean sound = sample.label().isPresent() && sample.isGood();
            GoodPart.Source image = () -> MagneticTiles.decode(sample.image());
            if (sample.part() == Part.TEST) {
                test.computeIfAbsent(product, name -> new ArrayList<>())
                        .add(
                                new TestPart(
                                        sample.id(),
                                        sound ? TestPart.GOOD : sample.label().orElse("defect"),
                                        image,
                                        sound || sample.mask().isEmpty()
                                                ? Optional.empty()
                                                : Optional.of(seen -> mask(sample, seen))));
            } else if (sound) {
                good.computeIfAbsent(product, name -> new ArrayList<>())
                        .add(new GoodPart(product, sample.id(), image));
            }
        }
        if (good.values().stream().mapToInt(List::size).sum() < 2) {
            throw new IllegalArgumentException(
                    folder
                            + " holds no two images labelled good for training; an anomaly model"
                            + " needs them");
        }
        List<AnomalyParts> products = new ArrayList<>();
        good.forEach(
                (product, parts) ->
                        products.add(
                                new AnomalyParts(
                                        product, parts, test.getOrDefault(product, List.of()))));
        return products;
    }

    private static boolean[] mask(Sample sample, GrayImage image) throws IOException {
        GrayImage drawn = MagneticTiles.decode(sample.mask().orElseThrow());
        if (drawn.width() != image.width() || drawn.height() != image.height()) {
            throw new IOException(sample.mask().get() + " is not of the size of " + sample.image());
        }
        boolean[] mask = new boolean[image.width() * image.height()];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = (drawn.pixels()[i] & 0xff) > 127;
        }
        return mask;
    }
}
