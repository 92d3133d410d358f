package io.karu.training.compression;

import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.compression.LabelledPixels;
import io.karu.compression.PixelSamples;
import io.karu.learning.data.Crop;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.Preprocessor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Images of a data set as they reach a model's graph. */
final class ModelImages {
    /** What folders of good parts are called in the data sets that people have. */
    private static final Set<String> GOOD = Set.of("good", "ok", "normal", "mt_free", "free");

    private final ModelCard card;
    private final TensorInfo input;
    private final List<Long> shape;

    ModelImages(ModelCard card) {
        if (card.inputs().size() != 1 || card.inputs().get(0).shape().size() != 4) {
            throw new IllegalArgumentException(
                    "model "
                            + card.name()
                            + " takes "
                            + card.inputs()
                            + "; models with one image [N,C,H,W] can be compressed");
        }
        this.card = card;
        this.input = card.inputs().get(0);
        List<Long> full = new ArrayList<>(input.shape());
        full.set(0, 1L);
        if (full.contains(-1L)) {
            throw new IllegalArgumentException(
                    "model " + card.name() + " leaves its image size open: " + input.shape());
        }
        this.shape = List.copyOf(full);
    }

    /** Shape of the input. */
    Map<String, List<Long>> shapes() {
        return Map.of(input.name(), shape);
    }

    /** Whether a sample shows a good part: its label says so, or it has none. */
    static boolean isGood(Sample sample) {
        return sample.label()
                .map(label -> GOOD.contains(label.toLowerCase(java.util.Locale.ROOT)))
                .orElse(sample.annotations().isEmpty());
    }

    /** At most so many images, spread evenly over the data; good ones for an anomaly model. */
    PixelSamples calibration(DataSet data, int most) throws IOException {
        DataSet usable =
                card.task() == ModelCard.Task.ANOMALY ? data.filter(ModelImages::isGood) : data;
        List<Sample> samples = usable.samples();
        if (samples.isEmpty()) {
            throw new IllegalArgumentException(
                    data.name() + " holds no image that can calibrate " + card.name());
        }
        List<Sample> some = new ArrayList<>();
        for (int i = 0; i < Math.min(most, samples.size()); i++) {
            some.add(
                    samples.get(
                            (int) ((long) i * samples.size() / Math.min(most, samples.size()))));
        }
        List<Map<String, byte[]>> images = new ArrayList<>();
        for (Piece piece : pieces(new DataSet(data.name(), data.layout(), data.labels(), some))) {
            images.add(Map.of(input.name(), piece.pixels()));
        }
        return new PixelSamples(shapes(), images).atMost(most);
    }

    /** All images with their truth. */
    LabelledPixels labelled(DataSet data, int mapHeight, int mapWidth) throws IOException {
        List<Map<String, byte[]>> images = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        List<boolean[]> masks = new ArrayList<>();
        for (Piece piece : pieces(data)) {
            images.add(Map.of(input.name(), piece.pixels()));
            labels.add(label(piece));
            masks.add(
                    card.task() == ModelCard.Task.ANOMALY && mapHeight > 0
                            ? mask(piece.sample(), mapHeight, mapWidth)
                            : null);
        }
        return new LabelledPixels(
                card,
                new PixelSamples(shapes(), images),
                labels.stream().mapToInt(Integer::intValue).toArray(),
                masks);
    }

    private int label(Piece piece) {
        if (card.task() == ModelCard.Task.ANOMALY) {
            return isGood(piece.sample()) ? 0 : 1;
        }
        int label = card.labels().indexOf(piece.label());
        if (label < 0) {
            throw new IllegalArgumentException(
                    piece.sample().id()
                            + " is labelled "
                            + piece.label()
                            + "; the model tells "
                            + card.labels()
                            + " apart");
        }
        return label;
    }

    private record Piece(byte[] pixels, String label, Sample sample) {}

    private List<Piece> pieces(DataSet data) throws IOException {
        Preprocessor preprocessor = new Preprocessor(card.preprocessing(), shape);
        int window = card.parameters().getOrDefault(Crops.WINDOW, 1.0).intValue();
        DataSet used = card.task() == ModelCard.Task.ANOMALY ? wholeImages(data) : data;
        List<Piece> pieces = new ArrayList<>();
        int bytes = shape.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b);
        new Crops(card.preprocessing().color(), window, 0)
                .forEach(
                        used,
                        (Crop crop) -> {
                            byte[] pixels = new byte[bytes];
                            preprocessor.write(crop.piece(), ByteBuffer.wrap(pixels));
                            pieces.add(new Piece(pixels, crop.label(), crop.sample()));
                        });
        return pieces;
    }

    /** Every image once, as a whole. */
    private static DataSet wholeImages(DataSet data) {
        List<Sample> whole = new ArrayList<>();
        for (Sample sample : data.samples()) {
            Sample.Builder copy =
                    Sample.of(sample.id(), sample.image())
                            .part(sample.part())
                            .label(sample.label().orElse(isGood(sample) ? "good" : "defective"));
            sample.mask().ifPresent(copy::mask);
            sample.attributes().forEach(copy::attribute);
            whole.add(copy.build());
        }
        return new DataSet(data.name(), data.layout(), data.labels(), whole);
    }

    /** Defective cells of the map; null where a defective image has no mask. */
    private boolean[] mask(Sample sample, int mapHeight, int mapWidth) throws IOException {
        boolean[] mask = new boolean[mapHeight * mapWidth];
        if (sample.mask().isEmpty()) {
            return isGood(sample) ? mask : null;
        }
        GrayImage image = new GrayImage();
        try (GrayDecoder decoder = new GrayDecoder()) {
            decoder.decode(ByteBuffer.wrap(Files.readAllBytes(sample.mask().get())), image);
        }
        byte[] pixels = new byte[image.width() * image.height()];
        image.copyTo(ByteBuffer.wrap(pixels));
        for (int y = 0; y < mapHeight; y++) {
            for (int x = 0; x < mapWidth; x++) {
                int fromX = (int) ((x + 0.5) * image.width() / mapWidth);
                int fromY = (int) ((y + 0.5) * image.height() / mapHeight);
                mask[y * mapWidth + x] = (pixels[fromY * image.width() + fromX] & 0xff) > 127;
            }
        }
        return mask;
    }
}
