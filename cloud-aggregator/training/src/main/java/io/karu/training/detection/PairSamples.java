package io.karu.training.detection;

import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.training.detection.PairSample.Mark;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.board.Board;
import io.karu.vision.board.BoardGenerator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pairs of image and template in memory. */
final class PairSamples {
    private PairSamples() {}

    /** Decodes the samples that have a template. */
    static List<PairSample> read(DataSet data) throws IOException {
        List<PairSample> samples = new ArrayList<>();
        try (GrayDecoder decoder = new GrayDecoder()) {
            for (Sample sample : data.samples()) {
                if (sample.template().isPresent()) {
                    samples.add(read(sample, data.labels(), decoder));
                }
            }
        }
        return samples;
    }

    private static PairSample read(Sample sample, List<String> labels, GrayDecoder decoder)
            throws IOException {
        List<Mark> marks =
                sample.annotations().stream()
                        .map(mark -> new Mark(mark.box(), labels.indexOf(mark.label())))
                        .toList();
        return new PairSample(
                sample.id(),
                design(sample),
                decoded(sample.image(), decoder),
                decoded(sample.template().orElseThrow(), decoder),
                marks);
    }

    /** The product, or the first folder of the id: DeepPCB's groups. */
    static String design(Sample sample) {
        String product = sample.attribute(Sample.PRODUCT);
        int folder = sample.id().indexOf('/');
        return product.isEmpty() && folder > 0 ? sample.id().substring(0, folder) : product;
    }

    private static GrayImage decoded(Path file, GrayDecoder decoder) throws IOException {
        GrayImage image = new GrayImage();
        decoder.decode(ByteBuffer.wrap(Files.readAllBytes(file)), image);
        return image;
    }

    /**
     * Boards of a generator, as they are after a JPEG file.
     *
     * @param from number of the first board
     * @param step from one board to the next; designs change every {@value
     *     BoardGenerator#BOARDS_PER_DESIGN}
     */
    static List<PairSample> generated(BoardGenerator generator, int from, int count, int step)
            throws IOException {
        List<PairSample> samples = new ArrayList<>();
        try (GrayDecoder decoder = new GrayDecoder()) {
            for (int i = 0; i < count; i++) {
                int number = from + i * step;
                Board board = generator.board(number);
                GrayImage image = new GrayImage();
                GrayImage template = new GrayImage();
                decoder.decode(ByteBuffer.wrap(board.testJpeg()), image);
                decoder.decode(ByteBuffer.wrap(board.templateJpeg()), template);
                samples.add(
                        new PairSample(
                                board.id(),
                                "design " + number / BoardGenerator.BOARDS_PER_DESIGN,
                                image,
                                template,
                                board.defects().stream()
                                        .map(
                                                defect ->
                                                        new Mark(
                                                                defect.box(),
                                                                defect.type().ordinal()))
                                        .toList()));
            }
        }
        return samples;
    }
}
