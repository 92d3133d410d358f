package io.karu.training.classification;

import io.karu.api.model.Preprocessing;
import io.karu.learning.data.Crop;
import io.karu.vision.Image;
import io.karu.vision.inspect.Preprocessor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How training looks at a piece: the window is moved and zoomed in the image's own pixels, then the
 * card's preprocessing makes the graph's input, which is mirrored, turned and changed in
 * brightness, contrast and, where there are colours, the colour of the light. Not thread-safe.
 */
final class View {
    /** Ways to mirror and turn a square by quarters. */
    static final int SYMMETRIES = 8;

    private static final int MOST_ZOOM = 80;
    private static final double BRIGHTNESS = 20;
    private static final double CONTRAST = 0.2;
    private static final double TINT = 0.35;

    private final Preprocessor preprocessor;
    private final int channels;
    private final int side;
    private final int shift;
    private final double zoom;
    private final double[] gain;
    private final double[] offset;
    private final byte[] plain;
    private final ByteBuffer plainBuffer;

    /**
     * @param shift largest move of the window as a share of its side, in percent
     * @param zoom largest change of the window's side, in percent
     */
    View(Preprocessing how, int side, int shift, int zoom) {
        if (zoom > MOST_ZOOM) {
            throw new IllegalArgumentException(
                    "--zoom is " + zoom + ": at most " + MOST_ZOOM + " percent");
        }
        this.channels = how.color().channels();
        this.side = side;
        this.shift = shift;
        this.zoom = zoom / 100.0;
        this.preprocessor =
                new Preprocessor(how, List.of(1L, (long) channels, (long) side, (long) side));
        this.gain = new double[channels];
        this.offset = new double[channels];
        this.plain = new byte[channels * side * side];
        this.plainBuffer = ByteBuffer.wrap(plain);
    }

    /** Bytes of one input. */
    int bytes() {
        return plain.length;
    }

    /** As at the station. */
    void asIs(Image piece, byte[] target, int offset) {
        preprocessor.write(piece, plainBuffer);
        System.arraycopy(plain, 0, target, offset, plain.length);
    }

    /**
     * As at the station, mirrored and turned.
     *
     * @param symmetry one of {@value #SYMMETRIES}; 0 leaves it as it is
     */
    void turned(Image piece, int symmetry, byte[] target, int at) {
        preprocessor.write(piece, plainBuffer);
        Arrays.fill(gain, 1);
        Arrays.fill(offset, 0);
        changed(symmetry, target, at);
    }

    /**
     * As training sees it.
     *
     * @param templates takes the template's pixels at the same offset; null where there is none
     */
    void varied(Crop crop, SplittableRandom random, byte[] images, byte[] templates, int at) {
        double factor = 1 + zoom * (2 * random.nextDouble() - 1);
        int width = Math.max(1, (int) Math.round(crop.width() * factor));
        int height = Math.max(1, (int) Math.round(crop.height() * factor));
        int x = crop.margin() + (crop.width() - width) / 2 + move(crop.width(), random);
        int y = crop.margin() + (crop.height() - height) / 2 + move(crop.height(), random);
        int symmetry = random.nextInt(SYMMETRIES);
        double contrast = 1 + CONTRAST * (2 * random.nextDouble() - 1);
        double brightness = BRIGHTNESS * (2 * random.nextDouble() - 1);
        for (int c = 0; c < channels; c++) {
            double tint = channels == 1 ? 1 : Math.exp(TINT * (2 * random.nextDouble() - 1));
            gain[c] = contrast * tint;
            offset[c] = 128 - 128 * contrast + brightness;
        }
        preprocessor.write(crop.image().crop(x, y, width, height), plainBuffer);
        changed(symmetry, images, at);
        if (templates != null) {
            Image template = crop.template().orElseThrow();
            preprocessor.write(template.crop(x, y, width, height), plainBuffer);
            changed(symmetry, templates, at);
        }
    }

    private void changed(int symmetry, byte[] target, int at) {
        int plane = side * side;
        int out = at;
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    int fromX = (symmetry & 1) == 0 ? x : side - 1 - x;
                    int fromY = (symmetry & 2) == 0 ? y : side - 1 - y;
                    int from = (symmetry & 4) == 0 ? fromY * side + fromX : fromX * side + fromY;
                    double value = gain[c] * (plain[c * plane + from] & 0xff) + offset[c];
                    target[out++] = (byte) Math.max(0, Math.min(255, Math.round(value)));
                }
            }
        }
    }

    private int move(int size, SplittableRandom random) {
        return (int) Math.round(size * shift / 100.0 * (2 * random.nextDouble() - 1));
    }
}
