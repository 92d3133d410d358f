package io.karu.learning.djl.augment;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pixels as JPEG and reads them again. */
final class Jpeg {
    private Jpeg() {}

    static void apply(Pixels pixels, double quality) {
        int type =
                pixels.count() == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
        BufferedImage image = new BufferedImage(pixels.width(), pixels.height(), type);
        copy(pixels, data(image), true);
        try {
            BufferedImage decoded = decode(encode(image, quality));
            if (decoded.getType() != type) {
                throw new IllegalStateException("JPEG was decoded as type " + decoded.getType());
            }
            copy(pixels, data(decoded), false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] data(BufferedImage image) {
        return ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    }

    /** Between planes of red, green, blue and interleaved blue, green, red. */
    private static void copy(Pixels pixels, byte[] interleaved, boolean into) {
        int area = pixels.height() * pixels.width();
        int count = pixels.count();
        for (int plane = 0; plane < count; plane++) {
            for (int i = 0; i < area; i++) {
                int there = i * count + count - 1 - plane;
                if (into) {
                    interleaved[there] = pixels.planes()[plane * area + i];
                } else {
                    pixels.planes()[plane * area + i] = interleaved[there];
                }
            }
        }
    }

    private static byte[] encode(BufferedImage image, double quality) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality((float) quality);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static BufferedImage decode(byte[] bytes) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
        try (MemoryCacheImageInputStream in =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.setInput(in);
            return reader.read(0);
        } finally {
            reader.dispose();
        }
    }
}
