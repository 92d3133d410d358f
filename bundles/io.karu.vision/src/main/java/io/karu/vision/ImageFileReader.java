package io.karu.vision;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.stream.ImageInputStream;

/**
 * Reads JPEG, PNG, BMP and TIFF files with the JDK's readers, which it keeps together with the
 * image of the file before. Not thread-safe.
 */
final class ImageFileReader implements AutoCloseable {
    private final Map<String, ImageReader> readers = new HashMap<>();
    private byte[] bytes = new byte[0];
    private ImageTypeSpecifier scratchType;
    private BufferedImage scratch;

    static {
        ImageIO.setUseCache(false);
    }

    /** What is done with a decoded image, which is only lent. */
    interface Use {
        void take(BufferedImage image) throws IOException;
    }

    void read(ByteBuffer encoded, Use use) throws IOException {
        ByteBuffer view = encoded.duplicate();
        int length = view.remaining();
        if (bytes.length < length) {
            bytes = new byte[length];
        }
        view.get(bytes, 0, length);
        ImageReader reader = readers.computeIfAbsent(format(length), ImageFileReader::reader);
        try (ImageInputStream in =
                ImageIO.createImageInputStream(new ByteArrayInputStream(bytes, 0, length))) {
            reader.setInput(in, true, true);
            long size = (long) reader.getWidth(0) * reader.getHeight(0);
            if (size > GrayDecoder.MAX_PIXELS) {
                throw new IOException(
                        "image has "
                                + size
                                + " pixels, at most "
                                + GrayDecoder.MAX_PIXELS
                                + " are decoded");
            }
            use.take(read(reader));
        } catch (RuntimeException e) {
            throw new IOException("image is broken: " + e.getMessage(), e);
        } finally {
            reader.reset();
        }
    }

    @Override
    public void close() {
        readers.values().forEach(ImageReader::dispose);
        readers.clear();
    }

    private String format(int length) throws IOException {
        if (length >= 3 && at(0) == 0xff && at(1) == 0xd8 && at(2) == 0xff) {
            return "jpeg";
        }
        if (length >= 4 && at(0) == 0x89 && at(1) == 'P' && at(2) == 'N' && at(3) == 'G') {
            return "png";
        }
        if (length >= 2 && at(0) == 'B' && at(1) == 'M') {
            return "bmp";
        }
        if (length >= 4
                && (at(0) == 'I' && at(1) == 'I' && at(2) == 42 && at(3) == 0
                        || at(0) == 'M' && at(1) == 'M' && at(2) == 0 && at(3) == 42)) {
            return "tiff";
        }
        throw new IOException(length + " bytes are no JPEG, PNG, BMP or TIFF image");
    }

    /** Reads into the image of the frame before when it has the same type and size. */
    private BufferedImage read(ImageReader reader) throws IOException {
        ImageTypeSpecifier type = reader.getImageTypes(0).next();
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        if (scratch == null
                || scratch.getWidth() != width
                || scratch.getHeight() != height
                || !type.equals(scratchType)) {
            scratch = type.createBufferedImage(width, height);
            scratchType = type;
        }
        ImageReadParam parameters = reader.getDefaultReadParam();
        parameters.setDestination(scratch);
        return reader.read(0, parameters);
    }

    private int at(int index) {
        return bytes[index] & 0xff;
    }

    private static ImageReader reader(String format) {
        Iterator<ImageReader> found = ImageIO.getImageReadersByFormatName(format);
        if (!found.hasNext()) {
            throw new IllegalStateException(
                    "this Java runtime cannot read " + format + " (module java.desktop)");
        }
        return found.next();
    }
}
