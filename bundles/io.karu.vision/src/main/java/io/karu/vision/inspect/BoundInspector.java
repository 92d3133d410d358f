package io.karu.vision.inspect;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** An inspector whose graph takes whole frames: one binding for each session and frame size. */
abstract class BoundInspector implements Inspector {
    private final ModelCard.Task task;
    private ModelCard card;
    private InferenceSession session;
    private Binding binding;
    private int width;
    private int height;

    BoundInspector(ModelCard.Task task) {
        this.task = task;
    }

    /** Shapes of the graph's inputs for frames of {@link #width} and {@link #height}. */
    abstract Map<String, List<Long>> shapes();

    /**
     * Keeps the tensors.
     *
     * @throws IllegalArgumentException when they are not what the card says
     */
    abstract void take(InferenceSession opened, Binding made);

    @Override
    public final void prepare(
            ModelCard model, InferenceSession opened, int frameWidth, int frameHeight)
            throws InferenceException {
        if (opened == session && frameWidth == width && frameHeight == height) {
            return;
        }
        release();
        Cards.requireTask(model, task);
        card = model;
        width = frameWidth;
        height = frameHeight;
        try {
            binding = opened.bind(shapes());
            take(opened, binding);
            session = opened;
        } catch (InferenceException | RuntimeException e) {
            release();
            throw e;
        }
    }

    final ModelCard card() {
        return card;
    }

    final int width() {
        return width;
    }

    final int height() {
        return height;
    }

    static FloatBuffer floats(Binding binding, String output) {
        return binding.output(output)
                .data()
                .duplicate()
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    @Override
    public void run() throws InferenceException {
        binding.run();
    }

    @Override
    public double threshold() {
        return card.parameter("threshold");
    }

    @Override
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
}
