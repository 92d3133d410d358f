package io.karu.vision;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
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
 * Decodes JPEG, PNG and BMP files to gray with the JDK's readers, which it keeps. Colour becomes
 * gray by the weights of ITU-R BT.601. Not thread-safe: one decoder per inspection thread.
 */
public final class GrayDecoder implements AutoCloseable {
    /**
     * Largest image that is decoded, in pixels: beyond it a file of a few bytes could exhaust the
     * memory.
     */
    public static final long MAX_PIXELS = 100_000_000;

    private final Map<String, ImageReader> readers = new HashMap<>();
    private byte[] bytes = new byte[0];
    private ImageTypeSpecifier scratchType;
    private BufferedImage scratch;

    static {
        ImageIO.setUseCache(false);
    }

    /**
     * Decodes an image file.
     *
     * @param encoded the file's bytes; its position does not change
     * @param target takes the pixels
     * @throws IOException when the bytes are no JPEG, PNG or BMP image, or the image is broken or
     *     too large
     */
    public void decode(ByteBuffer encoded, GrayImage target) throws IOException {
        ByteBuffer view = encoded.duplicate();
        int length = view.remaining();
        if (bytes.length < length) {
            bytes = new byte[length];
        }
        view.get(bytes, 0, length);
        ImageReader reader = readers.computeIfAbsent(format(length), GrayDecoder::reader);
        try (ImageInputStream in =
                ImageIO.createImageInputStream(new ByteArrayInputStream(bytes, 0, length))) {
            reader.setInput(in, true, true);
            long size = (long) reader.getWidth(0) * reader.getHeight(0);
            if (size > MAX_PIXELS) {
                throw new IOException(
                        "image has " + size + " pixels, at most " + MAX_PIXELS + " are decoded");
            }
            toGray(read(reader), target);
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
        throw new IOException(length + " bytes are no JPEG, PNG or BMP image");
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

    private static void toGray(BufferedImage image, GrayImage target) {
        int width = image.getWidth();
        int height = image.getHeight();
        target.resize(width, height);
        Raster raster = image.getRaster();
        boolean bytes =
                raster.getDataBuffer().getDataType() == DataBuffer.TYPE_BYTE
                        && raster.getSampleModel() instanceof PixelInterleavedSampleModel;
        switch (image.getType()) {
            case BufferedImage.TYPE_BYTE_GRAY -> copyGray(raster, target);
            case BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR ->
                    mixBytes(raster, target);
            default -> {
                if (bytes
                        && raster.getNumBands() == 1
                        && image.getColorModel().getNumComponents() == 1) {
                    copyGray(raster, target);
                } else {
                    mixPixels(image, target);
                }
            }
        }
    }

    private static void copyGray(Raster raster, GrayImage target) {
        byte[] from = ((DataBufferByte) raster.getDataBuffer()).getData();
        int stride = ((PixelInterleavedSampleModel) raster.getSampleModel()).getScanlineStride();
        for (int y = 0; y < target.height(); y++) {
            System.arraycopy(from, y * stride, target.pixels(), y * target.width(), target.width());
        }
    }

    private static void mixBytes(Raster raster, GrayImage target) {
        byte[] from = ((DataBufferByte) raster.getDataBuffer()).getData();
        PixelInterleavedSampleModel model = (PixelInterleavedSampleModel) raster.getSampleModel();
        int[] bands = model.getBandOffsets();
        int step = model.getPixelStride();
        byte[] to = target.pixels();
        int out = 0;
        for (int y = 0; y < target.height(); y++) {
            int in = y * model.getScanlineStride();
            for (int x = 0; x < target.width(); x++, in += step) {
                to[out++] =
                        gray(
                                from[in + bands[0]] & 0xff,
                                from[in + bands[1]] & 0xff,
                                from[in + bands[2]] & 0xff);
            }
        }
    }

    private static void mixPixels(BufferedImage image, GrayImage target) {
        int[] row = new int[target.width()];
        byte[] to = target.pixels();
        int out = 0;
        for (int y = 0; y < target.height(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int pixel : row) {
                to[out++] = gray(pixel >> 16 & 0xff, pixel >> 8 & 0xff, pixel & 0xff);
            }
        }
    }

    private static byte gray(int red, int green, int blue) {
        return (byte) ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
    }
}
