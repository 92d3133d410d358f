package io.karu.vision.inspect;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.Image;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Runs models of one task on one frame after the other and reads what they say. Keeps its tensors
 * as long as session and frame size stay the same. Not thread-safe: one inspector per thread.
 *
 * <p>Use: {@link #prepare} for the frame's model and size, {@link #fill} the inputs, {@link #run},
 * then {@link #findings} and the scores, which are valid until the next run.
 */
public interface Inspector extends AutoCloseable {
    /**
     * Makes the tensors for this model and frame size, if they are not those of the frame before.
     *
     * @param width of the frames as decoded
     * @param height of the frames as decoded
     * @throws IllegalArgumentException when the card is of another task or contradicts the session;
     *     the message names what is wrong
     * @throws InferenceException when the session cannot be bound
     */
    void prepare(ModelCard card, InferenceSession session, int width, int height)
            throws InferenceException;

    /** Whether the prepared model compares each frame with a template. */
    boolean comparesWithTemplate();

    /**
     * Preprocesses a frame into the tensors.
     *
     * @param frame decoded to the colours that the card names
     * @throws IllegalArgumentException when the size is not the prepared one, the colours are not
     *     the card's, or the model compares with a template
     */
    void fill(Image frame);

    /**
     * Preprocesses a frame and its template into the tensors; a model that compares with none
     * ignores it.
     *
     * @throws IllegalArgumentException as {@link #fill(Image)}, for either image
     */
    void fill(Image frame, Image template);

    /** Runs the model over the tensors. */
    void run() throws InferenceException;

    /** The threshold that the model's card names, 0 to 1. */
    double threshold();

    /**
     * The findings of the last run with a score of at least the threshold, highest first, in pixels
     * of the frame. A model that cannot locate gives one finding over the whole frame.
     *
     * @param threshold 0 to 1
     */
    List<Finding> findings(double threshold);

    /**
     * Highest score of the last run that made no finding at the threshold given to {@link
     * #findings}; at least 0.
     */
    double highestBelow();

    /** How much the whole frame speaks against the part, 0 to 1. */
    double score();

    /**
     * Score of a label of the card in the last run, 0 to 1: its probability for a classification,
     * its highest finding for a detection. 0 where the model knows no such label.
     */
    double labelScore(int label);

    /**
     * The last run's map of scores from 0 to 1 over the whole frame, row by row, {@link
     * #mapColumns()} wide; null when the model makes none.
     */
    FloatBuffer map();

    /** Columns of {@link #map()}; 0 without one. */
    int mapColumns();

    /** Rows of {@link #map()}; 0 without one. */
    int mapRows();

    /** Frees the tensors; the next {@link #prepare} makes new ones. Idempotent. */
    void release();

    @Override
    default void close() {
        release();
    }
}
