package io.karu.vision.board;

import io.karu.vision.DeepPcb;
import io.karu.vision.GrayImage;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A generated board.
 *
 * @param id name, eight digits
 * @param test what the camera saw
 * @param template the defect-free board
 * @param defects what is wrong with it, boxes in pixels of the test image; empty for a good board
 */
public record Board(String id, GrayImage test, GrayImage template, List<DeepPcb.Defect> defects) {
    private static final float QUALITY = 0.92f;

    public Board {
        defects = List.copyOf(defects);
    }

    /** The test image as a JPEG file. */
    public byte[] testJpeg() throws IOException {
        return jpeg(test);
    }

    /** The template as a JPEG file. */
    public byte[] templateJpeg() throws IOException {
        return jpeg(template);
    }

    /** The defects in DeepPCB's form, one line each. */
    public String annotation() {
        return defects.stream().map(defect -> defect.line() + "\n").collect(Collectors.joining());
    }

    private static byte[] jpeg(GrayImage image) throws IOException {
        BufferedImage gray =
                new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_BYTE_GRAY);
        byte[] pixels = ((DataBufferByte) gray.getRaster().getDataBuffer()).getData();
        System.arraycopy(image.pixels(), 0, pixels, 0, pixels.length);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128 * 1024);
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(gray, null, null), parameters);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
