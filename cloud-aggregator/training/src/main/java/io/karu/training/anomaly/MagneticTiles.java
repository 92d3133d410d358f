package io.karu.training.anomaly;

import io.karu.learning.anomaly.GoodPart;
import io.karu.learning.anomaly.PatchMemory.Left;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The magnetic tiles of Huang, Qiu and Yuan (2020) with the index {@code tiles.csv}, which says
 * which images show the same tile at another exposure.
 */
final class MagneticTiles {
    static final String PRODUCT = "tiles";
    private static final String INDEX = "tiles.csv";
    private static final double HELD_OUT = 0.2;

    private MagneticTiles() {}

    /** Which good images are learned from. */
    enum Split {
        /** As published with DifferNet: images by chance, so that most tiles are on both sides. */
        DIFFERNET,
        /** A fifth of the good tiles held out whole, chosen by seed. */
        TILES
    }

    private record Row(
            Path image, boolean good, String kind, String tile, boolean differnetTraining) {}

    static boolean recognises(Path folder) {
        return Files.isRegularFile(folder.resolve(INDEX));
    }

    static AnomalyParts read(Path folder, Split split, long seed) throws IOException {
        List<Row> rows = new ArrayList<>();
        List<String> lines = Files.readAllLines(folder.resolve(INDEX));
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.split(",");
            if (fields.length != 8) {
                throw new IOException(folder.resolve(INDEX) + ": \"" + line + "\"");
            }
            rows.add(
                    new Row(
                            folder.resolve(fields[0]),
                            fields[1].equals("Free"),
                            fields[1].toLowerCase(java.util.Locale.ROOT),
                            fields[2],
                            fields[7].equals("train")));
        }
        Set<String> held = heldOut(rows, seed);
        List<GoodPart> good = new ArrayList<>();
        List<TestPart> test = new ArrayList<>();
        for (Row row : rows) {
            boolean learned =
                    row.good()
                            && (split == Split.DIFFERNET
                                    ? row.differnetTraining()
                                    : !held.contains(row.tile()));
            if (learned) {
                good.add(
                        new GoodPart(
                                PRODUCT,
                                row.tile(),
                                row.image().getFileName().toString(),
                                () -> decode(row.image())));
            }
        }
        Set<String> seen = good.stream().map(GoodPart::part).collect(Collectors.toSet());
        for (Row row : rows) {
            boolean scored =
                    split == Split.DIFFERNET
                            ? !row.good() || !row.differnetTraining()
                            : !seen.contains(row.tile());
            if (scored) {
                test.add(
                        new TestPart(
                                folder.relativize(row.image()).toString(),
                                row.good() ? TestPart.GOOD : row.kind(),
                                () -> decode(row.image()),
                                row.good() ? Optional.empty() : Optional.of(i -> mask(row, i))));
            }
        }
        return new AnomalyParts(
                PRODUCT, good, split == Split.DIFFERNET ? Left.SHOT : Left.PART, test);
    }

    private static Set<String> heldOut(List<Row> rows, long seed) {
        List<String> tiles =
                new ArrayList<>(
                        rows.stream()
                                .filter(Row::good)
                                .map(Row::tile)
                                .collect(Collectors.toCollection(TreeSet::new)));
        Collections.shuffle(tiles, new Random(seed));
        return Set.copyOf(tiles.subList(0, (int) Math.round(HELD_OUT * tiles.size())));
    }

    private static boolean[] mask(Row row, GrayImage image) throws IOException {
        String name = row.image().getFileName().toString();
        GrayImage drawn =
                decode(row.image().resolveSibling(name.substring(0, name.length() - 3) + "png"));
        boolean[] mask = new boolean[image.width() * image.height()];
        if (drawn.width() == image.width() && drawn.height() == image.height()) {
            for (int i = 0; i < mask.length; i++) {
                mask[i] = (drawn.pixels()[i] & 0xff) > 127;
            }
        }
        return mask;
    }

    static GrayImage decode(Path file) throws IOException {
        try (GrayDecoder decoder = new GrayDecoder()) {
            GrayImage image = new GrayImage();
            decoder.decode(ByteBuffer.wrap(Files.readAllBytes(file)), image);
            return image;
        }
    }
}
