package io.karu.vision;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Writes score maps as gray PNG images, 0 black to 1 white. Maps larger than {@value #LARGEST}
 * pixels on a side are reduced by taking the highest score of each block, so that no defect
 * disappears. Keeps writer and image; not thread-safe.
 */
public final class HeatMap implements AutoCloseable {
    /** Longest side of a heat map in pixels. */
    public static final int LARGEST = 320;

    private final ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    private BufferedImage image;
    private float[] row = new float[0];

    /**
     * Writes a map.
     *
     * @param map scores, row by row from position 0
     * @return the PNG file's bytes
     */
    public byte[] png(FloatBuffer map, int width, int height) throws IOException {
        int block = (Math.max(width, height) + LARGEST - 1) / LARGEST;
        int columns = (width + block - 1) / block;
        int rows = (height + block - 1) / block;
        if (image == null || image.getWidth() != columns || image.getHeight() != rows) {
            image = new BufferedImage(columns, rows, BufferedImage.TYPE_BYTE_GRAY);
        }
        if (row.length < width) {
            row = new float[width];
        }
        byte[] pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
        java.util.Arrays.fill(pixels, (byte) 0);
        for (int y = 0; y < height; y++) {
            map.get(y * width, row, 0, width);
            int line = y / block * columns;
            for (int x = 0; x < width; x++) {
                int value = Math.round(255 * Math.max(0, Math.min(1, row[x])));
                if (value > (pixels[line + x / block] & 0xff)) {
                    pixels[line + x / block] = (byte) value;
                }
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            writer.write(image);
        } finally {
            writer.reset();
        }
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        writer.dispose();
    }
}
