package io.karu.vision.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.karu.api.model.Preprocessing;
import io.karu.api.model.Preprocessing.Color;
import io.karu.api.model.Preprocessing.Fit;
import io.karu.api.model.Preprocessing.Scaling;
import io.karu.vision.GrayImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessorTest {
    /** Digests were recorded once; another value means that models see other pixels than before. */
    @ParameterizedTest
    @CsvSource({
        "GRAY,BILINEAR,STRETCH,9d0fab76e4f3ef84",
        "GRAY,BILINEAR,PAD,8d3b20ab2d68ee14",
        "GRAY,AREA,STRETCH,4b6e510a1bccb7d0",
        "GRAY,AREA,PAD,6be49d96cdcc02f7",
        "RGB,BILINEAR,STRETCH,31dfcedb996a3233",
        "RGB,BILINEAR,PAD,9c75f8c285e494c1",
        "RGB,AREA,STRETCH,2dbb8ac6165226c8",
        "RGB,AREA,PAD,450a8a232f1e792e"
    })
    void theSameFileGivesTheSameBytesEverywhere(
            Color color, Scaling scaling, Fit fit, String golden) throws Exception {
        try (FrameDecoder decoder = new FrameDecoder()) {
            Preprocessing how = new Preprocessing(color, scaling, fit, 114);
            List<Long> shape = List.of(1L, (long) color.channels(), 48L, 64L);
            ByteBuffer tensor = ByteBuffer.allocateDirect(color.channels() * 48 * 64);
            Preprocessor preprocessor = new Preprocessor(how, shape);
            for (int round = 0; round < 2; round++) {
                preprocessor.write(decoder.decode(picture(), color), tensor);
                assertEquals(golden, digest(tensor));
            }
        }
    }

    @Test
    void aCardThatScalesNothingRefusesAnotherSize() {
        Preprocessor preprocessor =
                new Preprocessor(Preprocessing.AS_IS, List.of(1L, 1L, 48L, 64L));
        GrayImage frame = new GrayImage(10, 12, new byte[120]);
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> preprocessor.write(frame, ByteBuffer.allocate(48 * 64)));
        assertTrue(refused.getMessage().contains("10x12"), refused.getMessage());
        assertTrue(refused.getMessage().contains("64x48"), refused.getMessage());
    }

    @Test
    void grayFramesDoNotReachAColourModel() {
        Preprocessing rgb = new Preprocessing(Color.RGB, Scaling.AREA, Fit.STRETCH, 0);
        assertThrows(
                IllegalArgumentException.class,
                () -> new Preprocessor(rgb, List.of(1L, 1L, 8L, 8L)));
        Preprocessor preprocessor = new Preprocessor(rgb, List.of(1L, 3L, 8L, 8L));
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        preprocessor.write(
                                new GrayImage(8, 8, new byte[64]), ByteBuffer.allocate(192)));
    }

    /** A PNG of 150 × 90 pixels: lossless, so that no decoder's rounding enters. */
    private static ByteBuffer picture() throws IOException {
        BufferedImage drawn = new BufferedImage(150, 90, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 90; y++) {
            for (int x = 0; x < 150; x++) {
                int red = (x * 7 + y * 13) & 0xff;
                int green = (x * x + 3 * y) >> 3 & 0xff;
                int blue = (x ^ y) * 5 & 0xff;
                drawn.setRGB(x, y, red << 16 | green << 8 | blue);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertTrue(ImageIO.write(drawn, "png", bytes));
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static String digest(ByteBuffer tensor) throws Exception {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        sha256.update(tensor.duplicate().rewind());
        return HexFormat.of().formatHex(sha256.digest()).substring(0, 16);
    }
}
