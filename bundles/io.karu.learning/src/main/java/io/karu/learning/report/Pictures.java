package io.karu.learning.report;

import io.karu.vision.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Pictures of samples for reports. */
public final class Pictures {
    private Pictures() {}

    /** An image as PNG. */
    public static byte[] png(Image image) throws IOException {
        boolean gray = image.channels() == 1;
        BufferedImage drawn =
                new BufferedImage(
                        image.width(),
                        image.height(),
                        gray ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
        byte[] pixels = image.pixels();
        int plane = image.width() * image.height();
        for (int i = 0; i < plane; i++) {
            int x = i % image.width();
            int y = i / image.width();
            if (gray) {
                drawn.getRaster().setSample(x, y, 0, pixels[i] & 0xff);
            } else {
                drawn.setRGB(
                        x,
                        y,
                        (pixels[i] & 0xff) << 16
                                | (pixels[plane + i] & 0xff) << 8
                                | pixels[2 * plane + i] & 0xff);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(drawn, "png", bytes);
        return bytes.toByteArray();
    }

    /** Width and height of a PNG or JPEG file; 1 × 1 when it is neither. */
    static int[] size(byte[] picture) {
        try (ImageInputStream in =
                ImageIO.createImageInputStream(new ByteArrayInputStream(picture))) {
            var readers = ImageIO.getImageReaders(in);
            if (readers.hasNext()) {
                ImageReader reader = readers.next();
                try {
                    reader.setInput(in);
                    return new int[] {reader.getWidth(0), reader.getHeight(0)};
                } finally {
                    reader.dispose();
                }
            }
        } catch (IOException e) {
            return new int[] {1, 1};
        }
        return new int[] {1, 1};
    }
}
