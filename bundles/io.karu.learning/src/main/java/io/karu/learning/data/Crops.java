package io.karu.learning.data;

import io.karu.api.model.Preprocessing;
import io.karu.vision.Box;
import io.karu.vision.Image;
import io.karu.vision.inspect.FrameDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes pieces for classification from a data set: the whole image where a sample has a class of
 * its own, otherwise a square window around the centre of each box.
 *
 * @param color what files are decoded to
 * @param window side of the window in pixels of the image
 * @param margin pixels kept around each piece, for moving the view in training
 * @param templates whether pieces of the samples' templates are wanted too
 */
public record Crops(Preprocessing.Color color, int window, int margin, Templates templates) {
    /** Card parameter: side of the window around a box. */
    public static final String WINDOW = "window";

    /** Whether templates are looked at. */
    public enum Templates {
        /** Images alone. */
        LEFT_OUT,
        /** Samples without a template are left out. */
        NEEDED
    }

    public Crops {
        Objects.requireNonNull(color, "color");
        Objects.requireNonNull(templates, "templates");
        if (window < 1 || margin < 0) {
            throw new IllegalArgumentException("window " + window + ", margin " + margin);
        }
    }

    /** Pieces of images alone. */
    public Crops(Preprocessing.Color color, int window, int margin) {
        this(color, window, margin, Templates.LEFT_OUT);
    }

    /** Decodes the samples one after the other and hands over their pieces. */
    public void forEach(DataSet data, Consumer<Crop> take) throws IOException {
        try (FrameDecoder frames = new FrameDecoder();
                FrameDecoder references = new FrameDecoder()) {
            for (Sample sample : data.samples()) {
                Image reference = null;
                if (templates == Templates.NEEDED) {
                    if (sample.template().isEmpty()) {
                        continue;
                    }
                    reference = decode(references, sample.template().get());
                }
                pieces(sample, decode(frames, sample.image()), reference, take);
            }
        }
    }

    private Image decode(FrameDecoder decoder, Path file) throws IOException {
        try {
            return decoder.decode(ByteBuffer.wrap(Files.readAllBytes(file)), color);
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private void pieces(Sample sample, Image image, Image reference, Consumer<Crop> take) {
        if (sample.label().isPresent()) {
            int width = image.width();
            int height = image.height();
            take.accept(
                    new Crop(
                            sample.id(),
                            cut(image, 0, 0, width, height),
                            Optional.ofNullable(reference).map(r -> cut(r, 0, 0, width, height)),
                            margin,
                            sample.label().get(),
                            sample));
        }
        for (int i = 0; i < sample.annotations().size(); i++) {
            Annotation mark = sample.annotations().get(i);
            Box box = mark.box();
            int left = box.x() + box.width() / 2 - window / 2;
            int top = box.y() + box.height() / 2 - window / 2;
            take.accept(
                    new Crop(
                            sample.id() + "#" + i,
                            cut(image, left, top, window, window),
                            Optional.ofNullable(reference)
                                    .map(r -> cut(r, left, top, window, window)),
                            margin,
                            mark.label(),
                            sample));
        }
    }

    private Image cut(Image image, int left, int top, int width, int height) {
        return image.crop(left - margin, top - margin, width + 2 * margin, height + 2 * margin);
    }
}
