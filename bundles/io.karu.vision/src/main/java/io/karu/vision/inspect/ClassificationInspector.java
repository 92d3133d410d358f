package io.karu.vision.inspect;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.Image;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs models of task {@link ModelCard.Task#CLASSIFICATION}: one frame in ({@code image}, UINT8
 * {@code [1,C,H,W]}), one probability for each label out ({@code probability}, FLOAT {@code
 * [1,K]}).
 *
 * <p>What speaks against a part is the sum of its probabilities over the labels that reject: those
 * named to the constructor, otherwise all for which the card has no parameter {@code
 * accept.<label>} of 1.
 */
public final class ClassificationInspector extends BoundInspector {
    /** The graph's input. */
    public static final String IMAGE = "image";

    /**
     * The graph's second input, of the same shape, where each frame is compared with a template.
     */
    public static final String TEMPLATE = "template";

    /** The graph's output. */
    public static final String PROBABILITY = "probability";

    /** Card parameters that begin so and have the value 1 name labels of good parts. */
    public static final String ACCEPT = "accept.";

    private final Set<String> rejectLabels;
    private Preprocessor preprocessor;
    private ByteBuffer image;
    private ByteBuffer template;
    private FloatBuffer probabilities;
    private String[] labels = {};
    private boolean[] rejects = {};
    private double highestBelow;

    /**
     * @param rejectLabels labels that speak against a part; empty: those that the card says
     */
    public ClassificationInspector(Set<String> rejectLabels) {
        super(ModelCard.Task.CLASSIFICATION);
        this.rejectLabels = Set.copyOf(rejectLabels);
    }

    @Override
    Map<String, List<Long>> shapes() {
        List<Long> shape = Cards.closed(Cards.input(card(), IMAGE), width(), height());
        return Cards.hasInput(card(), TEMPLATE)
                ? Map.of(IMAGE, shape, TEMPLATE, shape)
                : Map.of(IMAGE, shape);
    }

    @Override
    void take(InferenceSession opened, Binding made) {
        readLabels(card());
        preprocessor = new Preprocessor(card().preprocessing(), made.input(IMAGE));
        image = made.input(IMAGE).data();
        template = Cards.hasInput(card(), TEMPLATE) ? made.input(TEMPLATE).data() : null;
        probabilities = floats(made, PROBABILITY);
        if (probabilities.capacity() != labels.length) {
            throw new IllegalArgumentException(
                    Cards.name(card())
                            + " gives "
                            + probabilities.capacity()
                            + " probabilities for "
                            + labels.length
                            + " labels");
        }
    }

    @Override
    public boolean comparesWithTemplate() {
        return template != null;
    }

    @Override
    public void fill(Image frame) {
        if (template != null) {
            throw new IllegalArgumentException(
                    Cards.name(card()) + " compares each frame with a template");
        }
        Cards.requireSize(frame, IMAGE, width(), height());
        preprocessor.write(frame, image);
    }

    @Override
    public void fill(Image frame, Image reference) {
        Cards.requireSize(frame, IMAGE, width(), height());
        preprocessor.write(frame, image);
        if (template != null) {
            Cards.requireSize(reference, TEMPLATE, width(), height());
            preprocessor.write(reference, template);
        }
    }

    /** One finding over the whole frame, named by the most probable of the labels that reject. */
    @Override
    public List<Finding> findings(double threshold) {
        double score = score();
        highestBelow = 0;
        if (score < threshold) {
            highestBelow = score;
            return List.of();
        }
        int worst = -1;
        for (int i = 0; i < labels.length; i++) {
            if (rejects[i] && (worst < 0 || labelScore(i) > labelScore(worst))) {
                worst = i;
            }
        }
        return worst < 0
                ? List.of()
                : List.of(new Finding(labels[worst], 0, 0, width(), height(), score));
    }

    @Override
    public double highestBelow() {
        return highestBelow;
    }

    @Override
    public double score() {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            sum += rejects[i] ? labelScore(i) : 0;
        }
        return Math.min(1, sum);
    }

    @Override
    public double labelScore(int label) {
        return label < labels.length ? Math.max(0, Math.min(1, probabilities.get(label))) : 0;
    }

    /** Index of the most probable label. */
    public int mostProbable() {
        int best = 0;
        for (int i = 1; i < labels.length; i++) {
            best = probabilities.get(i) > probabilities.get(best) ? i : best;
        }
        return best;
    }

    @Override
    public FloatBuffer map() {
        return null;
    }

    @Override
    public int mapColumns() {
        return 0;
    }

    @Override
    public int mapRows() {
        return 0;
    }

    @Override
    public void release() {
        super.release();
        template = null;
    }

    private void readLabels(ModelCard model) {
        labels = model.labels().toArray(String[]::new);
        rejects = new boolean[labels.length];
        List<String> unknown = new ArrayList<>(rejectLabels);
        unknown.removeAll(model.labels());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    Cards.name(model)
                            + " has no label "
                            + unknown.get(0)
                            + "; it has "
                            + String.join(", ", labels));
        }
        for (int i = 0; i < labels.length; i++) {
            rejects[i] =
                    rejectLabels.isEmpty()
                            ? model.parameters().getOrDefault(ACCEPT + labels[i], 0.0) != 1
                            : rejectLabels.contains(labels[i]);
        }
    }
}
