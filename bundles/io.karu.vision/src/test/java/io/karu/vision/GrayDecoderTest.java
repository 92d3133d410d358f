package io.karu.vision;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrayDecoderTest {
    private final GrayDecoder decoder = new GrayDecoder();
    private final GrayImage image = new GrayImage();

    @AfterEach
    void close() {
        decoder.close();
    }

    @ParameterizedTest
    @CsvSource({"jpeg,10,3", "jpeg,5,6", "png,10,0", "png,5,0", "png,6,0", "bmp,5,0", "png,12,0"})
    void grayValuesSurviveEachFileFormatAndPixelType(String format, int type, int tolerance)
            throws IOException {
        BufferedImage drawn = new BufferedImage(40, 30, type);
        for (int y = 0; y < 30; y++) {
            for (int x = 0; x < 40; x++) {
                int gray = type == BufferedImage.TYPE_BYTE_BINARY ? (x / 20) * 255 : x * 5;
                drawn.getRaster()
                        .setSample(
                                x,
                                y,
                                0,
                                type == BufferedImage.TYPE_BYTE_BINARY ? gray / 255 : gray);
                for (int band = 1; band < drawn.getRaster().getNumBands(); band++) {
                    drawn.getRaster().setSample(x, y, band, band == 3 ? 255 : gray);
                }
            }
        }
        for (int round = 0; round < 2; round++) {
            decoder.decode(file(drawn, format), image);
            assertEquals(40, image.width());
            assertEquals(30, image.height());
            for (int x = 0; x < 40; x++) {
                int gray = type == BufferedImage.TYPE_BYTE_BINARY ? (x / 20) * 255 : x * 5;
                assertTrue(
                        Math.abs(image.at(x, 17) - gray) <= tolerance,
                        x + ": " + image.at(x, 17) + " for " + gray);
            }
        }
    }

    @Test
    void oneDecoderTakesFormatsAndSizesInTurn() throws IOException {
        ByteBuffer small = file(new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY), "png");
        BufferedImage white = new BufferedImage(20, 10, BufferedImage.TYPE_3BYTE_BGR);
        white.createGraphics().fillRect(0, 0, 20, 10);
        ByteBuffer large = file(white, "jpeg");
        decoder.decode(small, image);
        decoder.decode(large, image);
        assertEquals(20, image.width());
        assertTrue(image.at(19, 9) > 250);
        decoder.decode(small, image);
        assertEquals(8, image.height());
        assertEquals(0, image.at(7, 7));
    }

    @Test
    void whatIsNoImageIsRefusedAndTheDecoderGoesOn() throws IOException {
        ByteBuffer good = file(new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY), "jpeg");
        byte[] cut = Arrays.copyOf(good.array(), 40);
        assertThrows(IOException.class, () -> decoder.decode(ByteBuffer.wrap(cut), image));
        assertThrows(IOException.class, () -> decoder.decode(ByteBuffer.wrap(new byte[0]), image));
        assertThrows(
                IOException.class,
                () -> decoder.decode(ByteBuffer.wrap("GIF89a".getBytes()), image));
        decoder.decode(good, image);
        assertEquals(8, image.width());
    }

    @Test
    void aSmallFileThatClaimsAHugeImageIsRefused() throws IOException {
        byte[] png =
                file(new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY), "png").array().clone();
        ByteBuffer header = ByteBuffer.wrap(png);
        header.putInt(16, 50_000).putInt(20, 50_000);
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(png, 12, 17);
        header.putInt(29, (int) crc.getValue());
        IOException refused =
                assertThrows(IOException.class, () -> decoder.decode(ByteBuffer.wrap(png), image));
        assertTrue(refused.getMessage().contains("2500000000"), refused.getMessage());
    }

    @Test
    void aHeatMapIsAGrayPngThatKeepsTheHighestScores() throws IOException {
        float[] map = new float[640 * 640];
        map[321 * 640 + 101] = 1;
        try (HeatMap heatMap = new HeatMap()) {
            byte[] png = heatMap.png(java.nio.FloatBuffer.wrap(map), 640, 640);
            decoder.decode(ByteBuffer.wrap(png), image);
        }
        assertEquals(320, image.width());
        assertEquals(255, image.at(50, 160));
        assertEquals(0, image.at(51, 160));
    }

    private static ByteBuffer file(BufferedImage drawn, String format) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(drawn, format, bytes), format);
        return ByteBuffer.wrap(bytes.toByteArray());
    }
}
