package io.karu.vision.inspect;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.Box;
import io.karu.vision.ConnectedComponents;
import io.karu.vision.Image;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Runs a model of task {@link ModelCard.Task#TEMPLATE_COMPARISON} on one frame after the other and
 * reads its findings from the score map, as docs/contracts.md §4 says. Keeps its tensors as long as
 * session and image size stay the same. Not thread-safe: one inspector per inspection thread.
 */
public final class TemplateInspector extends BoundInspector {
    private static final String IMAGE = "image";
    private static final String TEMPLATE = "template";
    private static final String SCORE = "score";

    private final ConnectedComponents components = new ConnectedComponents();
    private ByteBuffer image;
    private ByteBuffer template;
    private FloatBuffer map;
    private int stride;
    private int grow;
    private int minArea;
    private String label;

    public TemplateInspector() {
        super(ModelCard.Task.TEMPLATE_COMPARISON);
    }

    @Override
    Map<String, List<Long>> shapes() {
        List<Long> shape = List.of(1L, 1L, (long) height(), (long) width());
        return Map.of(IMAGE, shape, TEMPLATE, shape);
    }

    @Override
    void take(InferenceSession opened, Binding made) {
        ModelCard model = card();
        stride = (int) model.parameter("stride");
        grow = (int) model.parameter("grow");
        minArea = (int) model.parameter("minArea");
        label = model.labels().isEmpty() ? "defect" : model.labels().get(0);
        image = made.input(IMAGE).data();
        template = made.input(TEMPLATE).data();
        map = floats(made, SCORE);
        if (map.capacity() < mapColumns() * mapRows()) {
            throw new IllegalArgumentException(
                    "model "
                            + model.name()
                            + " "
                            + model.version()
                            + " gives a score map of "
                            + made.output(SCORE).shape()
                            + " for an image of "
                            + width()
                            + "x"
                            + height()
                            + " at stride "
                            + stride);
        }
    }

    @Override
    public boolean comparesWithTemplate() {
        return true;
    }

    @Override
    public void fill(Image frame) {
        throw new IllegalArgumentException(
                Cards.name(card()) + " compares each frame with a template");
    }

    @Override
    public void fill(Image frame, Image reference) {
        Cards.requireSize(frame, IMAGE, width(), height());
        Cards.requireSize(reference, TEMPLATE, width(), height());
        if (frame.channels() != 1 || reference.channels() != 1) {
            throw new IllegalArgumentException(Cards.name(card()) + " takes gray images");
        }
        frame.copyTo(image);
        reference.copyTo(template);
    }

    @Override
    public List<Finding> findings(double threshold) {
        int columns = mapWidth(width());
        int rows = mapWidth(height());
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
                            .grown(grow, width(), height());
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

    @Override
    public double highestBelow() {
        return clamped(components.highestBelow());
    }

    @Override
    public double score() {
        int count = mapColumns() * mapRows();
        float highest = 0;
        for (int i = 0; i < count; i++) {
            highest = Math.max(highest, map.get(i));
        }
        return clamped(highest);
    }

    @Override
    public double labelScore(int index) {
        return index == 0 ? score() : 0;
    }

    @Override
    public FloatBuffer map() {
        return map;
    }

    @Override
    public int mapColumns() {
        return mapWidth(width());
    }

    @Override
    public int mapRows() {
        return mapWidth(height());
    }

    private int mapWidth(int pixels) {
        return (pixels + stride - 1) / stride;
    }

    private static double clamped(float value) {
        return Math.max(0, Math.min(1, value));
    }
}
