package io.karu.vision.inspect;

import io.karu.api.model.Preprocessing;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.Image;
import io.karu.vision.RgbDecoder;
import io.karu.vision.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Decodes frames to the colours that a card names, into images that it keeps. Not thread-safe; one
 * for frames and one for templates, since each keeps one image.
 */
public final class FrameDecoder implements AutoCloseable {
    private final GrayDecoder grayDecoder = new GrayDecoder();
    private final GrayImage gray = new GrayImage();
    private final RgbDecoder rgbDecoder = new RgbDecoder();
    private final RgbImage rgb = new RgbImage();

    /**
     * Decodes an image file.
     *
     * @return the pixels, valid until the next call
     * @throws IOException when the bytes are no image, or a broken or too large one
     */
    public Image decode(ByteBuffer encoded, Preprocessing.Color color) throws IOException {
        if (color == Preprocessing.Color.GRAY) {
            grayDecoder.decode(encoded, gray);
            return gray;
        }
        rgbDecoder.decode(encoded, rgb);
        return rgb;
    }

    @Override
    public void close() {
        grayDecoder.close();
        rgbDecoder.close();
    }
}
