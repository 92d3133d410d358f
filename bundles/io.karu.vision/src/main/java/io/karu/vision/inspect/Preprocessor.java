package io.karu.vision.inspect;

import io.karu.api.inference.Tensor;
import io.karu.api.model.Preprocessing;
import io.karu.vision.Image;
import io.karu.vision.Scaler;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Writes frames into a UINT8 tensor {@code [1,C,H,W]} as a card's {@link Preprocessing} says.
 * Integer arithmetic only: the same frame gives the same bytes in training, in evaluation, at the
 * station and before a quantized model. Not thread-safe.
 */
public final class Preprocessor {
    private final Scaler scaler = new Scaler();
    private final Preprocessing how;
    private final int channels;
    private final int height;
    private final int width;

    /**
     * @param shape full shape of the tensor, {@code [1,C,H,W]}
     * @throws IllegalArgumentException when the shape has not the channels of the colours
     */
    public Preprocessor(Preprocessing how, List<Long> shape) {
        if (shape.size() != 4 || shape.get(0) != 1 || shape.get(1) != how.color().channels()) {
            throw new IllegalArgumentException(
                    "an input of shape "
                            + shape
                            + " takes no "
                            + how.color()
                            + " images; [1,"
                            + how.color().channels()
                            + ",H,W] is needed");
        }
        this.how = how;
        this.channels = how.color().channels();
        this.height = Math.toIntExact(shape.get(2));
        this.width = Math.toIntExact(shape.get(3));
    }

    /** A preprocessor for a bound tensor. */
    public Preprocessor(Preprocessing how, Tensor tensor) {
        this(how, tensor.shape());
    }

    /**
     * Writes a frame.
     *
     * @param target takes {@code C × H × W} bytes from position 0
     * @throws IllegalArgumentException when colours differ, or sizes where nothing is scaled
     */
    public void write(Image frame, ByteBuffer target) {
        if (frame.channels() != channels) {
            throw new IllegalArgumentException(
                    "the frame has "
                            + frame.channels()
                            + " channels, the model takes "
                            + how.color());
        }
        if (frame.width() == width && frame.height() == height) {
            frame.copyTo(target);
            return;
        }
        if (how.scaling() == Preprocessing.Scaling.NONE) {
            throw new IllegalArgumentException(
                    "the frame is "
                            + frame.width()
                            + "x"
                            + frame.height()
                            + ", the model takes "
                            + width
                            + "x"
                            + height
                            + " and its card scales nothing");
        }
        Scaler.Method method =
                how.scaling() == Preprocessing.Scaling.AREA
                        ? Scaler.Method.AREA
                        : Scaler.Method.BILINEAR;
        if (how.fit() == Preprocessing.Fit.PAD) {
            scaler.fit(frame, method, width, height, how.fill(), target);
        } else {
            scaler.stretch(frame, method, width, height, target);
        }
    }
}
