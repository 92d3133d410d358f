package io.karu.vision;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Decodes JPEG, PNG, BMP and TIFF files to gray with the JDK's readers, which it keeps. Colour
 * becomes gray by the weights of ITU-R BT.601. Not thread-safe: one decoder per inspection thread.
 */
public final class GrayDecoder implements AutoCloseable {
    /**
     * Largest image that is decoded, in pixels: beyond it a file of a few bytes could exhaust the
     * memory.
     */
    public static final long MAX_PIXELS = 100_000_000;

    private final ImageFileReader files = new ImageFileReader();

    /**
     * Decodes an image file.
     *
     * @param encoded the file's bytes; its position does not change
     * @param target takes the pixels
     * @throws IOException when the bytes are no JPEG, PNG, BMP or TIFF image, or the image is
     *     broken or too large
     */
    public void decode(ByteBuffer encoded, GrayImage target) throws IOException {
        files.read(encoded, image -> toGray(image, target));
    }

    @Override
    public void close() {
        files.close();
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
