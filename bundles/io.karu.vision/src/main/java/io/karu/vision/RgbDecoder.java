package io.karu.vision;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Decodes JPEG, PNG, BMP and TIFF files to red, green and blue planes with the JDK's readers, which
 * it keeps. Gray becomes three equal planes; transparency is left out. Not thread-safe: one decoder
 * per inspection thread.
 */
public final class RgbDecoder implements AutoCloseable {
    private final ImageFileReader files = new ImageFileReader();
    private int[] row = new int[0];

    /**
     * Decodes an image file.
     *
     * @param encoded the file's bytes; its position does not change
     * @param target takes the pixels
     * @throws IOException when the bytes are no JPEG, PNG, BMP or TIFF image, or the image is
     *     broken or too large ({@link GrayDecoder#MAX_PIXELS})
     */
    public void decode(ByteBuffer encoded, RgbImage target) throws IOException {
        files.read(encoded, image -> toPlanes(image, target));
    }

    @Override
    public void close() {
        files.close();
    }

    private void toPlanes(BufferedImage image, RgbImage target) {
        target.resize(image.getWidth(), image.getHeight());
        Raster raster = image.getRaster();
        boolean interleaved =
                raster.getDataBuffer().getDataType() == DataBuffer.TYPE_BYTE
                        && raster.getSampleModel() instanceof PixelInterleavedSampleModel;
        boolean gray =
                interleaved
                        && raster.getNumBands() == 1
                        && image.getColorModel().getNumComponents() == 1
                        && !(image.getColorModel() instanceof java.awt.image.IndexColorModel);
        boolean colour =
                image.getType() == BufferedImage.TYPE_3BYTE_BGR
                        || image.getType() == BufferedImage.TYPE_4BYTE_ABGR;
        if (gray) {
            fromBytes(raster, target, 0, 0, 0);
        } else if (interleaved && colour) {
            fromBytes(raster, target, 0, 1, 2);
        } else {
            fromPixels(image, target);
        }
    }

    private static void fromBytes(Raster raster, RgbImage target, int red, int green, int blue) {
        byte[] from = ((DataBufferByte) raster.getDataBuffer()).getData();
        PixelInterleavedSampleModel model = (PixelInterleavedSampleModel) raster.getSampleModel();
        int step = model.getPixelStride();
        int[] offsets = model.getBandOffsets();
        byte[] to = target.pixels();
        int plane = target.width() * target.height();
        int out = 0;
        for (int y = 0; y < target.height(); y++) {
            int in = y * model.getScanlineStride();
            for (int x = 0; x < target.width(); x++, in += step, out++) {
                to[out] = from[in + offsets[red]];
                to[plane + out] = from[in + offsets[green]];
                to[2 * plane + out] = from[in + offsets[blue]];
            }
        }
    }

    private void fromPixels(BufferedImage image, RgbImage target) {
        int width = target.width();
        if (row.length < width) {
            row = new int[width];
        }
        byte[] to = target.pixels();
        int plane = width * target.height();
        int out = 0;
        for (int y = 0; y < target.height(); y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++, out++) {
                to[out] = (byte) (row[x] >> 16);
                to[plane + out] = (byte) (row[x] >> 8);
                to[2 * plane + out] = (byte) row[x];
            }
        }
    }
}
