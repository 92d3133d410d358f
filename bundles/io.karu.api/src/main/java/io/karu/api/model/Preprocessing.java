package io.karu.api.model;

import java.util.Objects;

/**
 * What happens to a frame before it reaches the graph: decoding to gray or colour, and scaling in
 * integer arithmetic to the size of the graph's input. Everything else, such as normalisation, is
 * in the graph.
 *
 * @param color what the file is decoded to; the number of the input's channels
 * @param scaling how pixels of another size are computed
 * @param fit what happens when width and height are in another proportion than the graph's
 * @param fill value of the pixels that {@link Fit#PAD} adds, 0 to 255, in every channel
 */
public record Preprocessing(Color color, Scaling scaling, Fit fit, int fill) {
    /** Gray pixels of the frame's own size. */
    public static final Preprocessing AS_IS =
            new Preprocessing(Color.GRAY, Scaling.NONE, Fit.STRETCH, 0);

    /** Channels that the graph takes. */
    public enum Color {
        /** One channel; colour is mixed by the weights of ITU-R BT.601. */
        GRAY,
        /** Three channels: red, green, blue. */
        RGB;

        /** Channels of an image of this kind. */
        public int channels() {
            return this == GRAY ? 1 : 3;
        }
    }

    /** How pixels of another size are computed. */
    public enum Scaling {
        /** Not at all: the frame has the graph's size, or the graph takes every size. */
        NONE,
        /** The four nearest pixels, weighted by distance between pixel centres. */
        BILINEAR,
        /** The mean of the pixels that the new one covers, weighted by the covered part. */
        AREA
    }

    /** What happens to proportions. */
    public enum Fit {
        /** Width and height are scaled each by its own factor. */
        STRETCH,
        /** Proportions are kept; the image is centred and the rest filled. */
        PAD
    }

    public Preprocessing {
        Objects.requireNonNull(color, "color");
        Objects.requireNonNull(scaling, "scaling");
        Objects.requireNonNull(fit, "fit");
        if (fill < 0 || fill > 255) {
            throw new IllegalArgumentException("fill must be 0 to 255, was " + fill);
        }
    }
}
