package io.karu.learning.data;

import io.karu.api.model.Preprocessing;
import io.karu.vision.Box;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.Image;
import io.karu.vision.RgbDecoder;
import io.karu.vision.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.function.Consumer;

/**
 * Makes pieces for classification from a data set: the whole image where a sample has a class of
 * its own, otherwise a square window around the centre of each box.
 *
 * @param color what files are decoded to
 * @param window side of the window in pixels of the image
 * @param margin pixels kept around each piece, for moving the view in training
 */
public record Crops(Preprocessing.Color color, int window, int margin) {
    /** Card parameter: side of the window around a box. */
    public static final String WINDOW = "window";

    public Crops {
        if (window < 1 || margin < 0) {
            throw new IllegalArgumentException("window " + window + ", margin " + margin);
        }
    }

    /** Decodes the samples one after the other and hands over their pieces. */
    public void forEach(DataSet data, Consumer<Crop> take) throws IOException {
        try (GrayDecoder gray = new GrayDecoder();
                RgbDecoder rgb = new RgbDecoder()) {
            GrayImage grayImage = new GrayImage();
            RgbImage rgbImage = new RgbImage();
            for (Sample sample : data.samples()) {
                ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(sample.image()));
                Image image;
                try {
                    if (color == Preprocessing.Color.GRAY) {
                        gray.decode(file, grayImage);
                        image = grayImage;
                    } else {
                        rgb.decode(file, rgbImage);
                        image = rgbImage;
                    }
                } catch (IOException e) {
                    throw new IOException(sample.image() + ": " + e.getMessage(), e);
                }
                pieces(sample, image, take);
            }
        }
    }

    private void pieces(Sample sample, Image image, Consumer<Crop> take) {
        if (sample.label().isPresent()) {
            Image whole = cut(image, 0, 0, image.width(), image.height());
            take.accept(new Crop(sample.id(), whole, margin, sample.label().get(), sample));
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
                            margin,
                            mark.label(),
                            sample));
        }
    }

    private Image cut(Image image, int left, int top, int width, int height) {
        return image.crop(left - margin, top - margin, width + 2 * margin, height + 2 * margin);
    }
}
