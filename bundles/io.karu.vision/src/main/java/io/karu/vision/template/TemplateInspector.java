package io.karu.vision.template;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.Tensor;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.Box;
import io.karu.vision.ConnectedComponents;
import io.karu.vision.GrayImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Runs a model of task {@link ModelCard.Task#TEMPLATE_COMPARISON} on one frame after the other and
 * reads its findings from the score map, as docs/contracts.md §4 says. Keeps its tensors as long as
 * session and image size stay the same. Not thread-safe: one inspector per inspection thread.
 *
 * <p>Use: {@link #prepare} for the frame's model and size, {@link #fill} the inputs, {@link #run},
 * then {@link #find} and read.
 */
public final class TemplateInspector implements AutoCloseable {
    private static final String IMAGE = "image";
    private static final String TEMPLATE = "template";
    private static final String SCORE = "score";

    private final ConnectedComponents components = new ConnectedComponents();
    private ModelCard card;
    private InferenceSession session;
    private Binding binding;
    private ByteBuffer image;
    private ByteBuffer template;
    private FloatBuffer map;
    private int width;
    private int height;
    private int stride;
    private int grow;
    private int minArea;
    private String label;

    /**
     * Makes the tensors for this model and image size, if they are not those of the frame before.
     *
     * @throws IllegalArgumentException when the model's card is not one of a template comparison
     * @throws InferenceException when the session cannot be bound
     */
    public void prepare(ModelCard model, InferenceSession opened, int imageWidth, int imageHeight)
            throws InferenceException {
        if (opened == session && imageWidth == width && imageHeight == height) {
            return;
        }
        release();
        if (model.task() != ModelCard.Task.TEMPLATE_COMPARISON) {
            throw new IllegalArgumentException(
                    "model "
                            + model.name()
                            + " "
                            + model.version()
                            + " is of task "
                            + model.task()
                            + "; a station compares with a template (TEMPLATE_COMPARISON)");
        }
        List<Long> shape = List.of(1L, 1L, (long) imageHeight, (long) imageWidth);
        Binding made = opened.bind(Map.of(IMAGE, shape, TEMPLATE, shape));
        try {
            Tensor output = made.output(SCORE);
            stride = (int) model.parameter("stride");
            grow = (int) model.parameter("grow");
            minArea = (int) model.parameter("minArea");
            label = model.labels().isEmpty() ? "defect" : model.labels().get(0);
            image = made.input(IMAGE).data();
            template = made.input(TEMPLATE).data();
            map = output.data().duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
            if (map.capacity() < mapWidth(imageWidth) * mapWidth(imageHeight)) {
                throw new IllegalArgumentException(
                        "model "
                                + model.name()
                                + " "
                                + model.version()
                                + " gives a score map of "
                                + output.shape()
                                + " for an image of "
                                + imageWidth
                                + "x"
                                + imageHeight
                                + " at stride "
                                + stride);
            }
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
        binding = made;
        session = opened;
        card = model;
        width = imageWidth;
        height = imageHeight;
    }

    /**
     * Copies both images into the tensors. IllegalArgumentException when one has another size than
     * was prepared.
     */
    public void fill(GrayImage frame, GrayImage reference) {
        require(frame, "image");
        require(reference, "template");
        frame.copyTo(image);
        reference.copyTo(template);
    }

    /** Runs the model over the tensors. */
    public void run() throws InferenceException {
        binding.run();
    }

    /** The threshold that the model's card names. */
    public double threshold() {
        return card.parameter("threshold");
    }

    /**
     * Reads the findings of the last run, highest score first.
     *
     * @param threshold 0 to 1
     */
    public List<Finding> find(double threshold) {
        int columns = mapWidth(width);
        int rows = mapWidth(height);
        int count = components.find(map, columns, rows, (float) threshold, minArea);
        if (count == 0) {
            return List.of();
        }
        Finding[] findings = new Finding[count];
        for (int i = 0; i < count; i++) {
            Box box =
                    new Box(
                                    components.left(i) * stride,
                                    components.top(i) * stride,
                                    components.width(i) * stride,
                                    components.height(i) * stride)
                            .grown(grow, width, height);
            findings[i] =
                    new Finding(
                            label,
                            box.x(),
                            box.y(),
                            box.width(),
                            box.height(),
                            clamped(components.score(i)));
        }
        Arrays.sort(findings, (a, b) -> Double.compare(b.score(), a.score()));
        return List.of(findings);
    }

    /** Highest score of the last frame below the threshold given to {@link #find}; at least 0. */
    public double highestBelow() {
        return clamped(components.highestBelow());
    }

    /**
     * The last run's score map, row by row, {@link #mapColumns()} wide; valid until the next run.
     */
    public FloatBuffer map() {
        return map;
    }

    public int mapColumns() {
        return mapWidth(width);
    }

    public int mapRows() {
        return mapWidth(height);
    }

    /** Frees the tensors; the next {@link #prepare} makes new ones. Idempotent. */
    public void release() {
        if (binding != null) {
            binding.close();
            binding = null;
        }
        session = null;
        card = null;
        width = 0;
        height = 0;
    }

    @Override
    public void close() {
        release();
    }

    private int mapWidth(int pixels) {
        return (pixels + stride - 1) / stride;
    }

    private void require(GrayImage given, String what) {
        if (given.width() != width || given.height() != height) {
            throw new IllegalArgumentException(
                    what
                            + " is "
                            + given.width()
                            + "x"
                            + given.height()
                            + ", expected "
                            + width
                            + "x"
                            + height);
        }
    }

    private static double clamped(float value) {
        return Math.max(0, Math.min(1, value));
    }
}
