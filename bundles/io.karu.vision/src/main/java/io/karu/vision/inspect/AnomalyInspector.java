package io.karu.vision.inspect;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.ConnectedComponents;
import io.karu.vision.Image;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Runs models of task {@link ModelCard.Task#ANOMALY}: one frame in ({@code image}, UINT8 {@code
 * [1,C,H,W]}), out how foreign the whole part is ({@code score}, FLOAT {@code [1]}) and where
 * ({@code map}, FLOAT {@code [1,1,rows,columns]} over the whole frame), both 0 to 1.
 *
 * <p>A part whose score reaches the threshold is rejected. Its findings are the 8-connected
 * components of the map at or above the card's parameter {@code map.threshold}, each with the
 * part's score; when there is none, one finding over the whole frame.
 *
 * <p>A product with the card's parameter {@code whole.<product>}, w, is scored by the graph's
 * output {@code extent} (FLOAT {@code [2]}: how foreign the whole part and its worst patches are)
 * as r / (1 + r) with r = whole<sup>w</sup> · worst<sup>1−w</sup>, instead of {@code score}.
 *
 * <p>The threshold is the card's parameter {@code threshold.<product>} of the product that this
 * inspector looks at, or {@code threshold} when it has none.
 */
public final class AnomalyInspector extends BoundInspector {
    /** The graph's input. */
    public static final String IMAGE = "image";

    /** The graph's score of the whole part. */
    public static final String SCORE = "score";

    /** The graph's map of scores. */
    public static final String MAP = "map";

    /** The graph's two numbers of which a product's own score is made. */
    public static final String EXTENT = "extent";

    /** Card parameter, with {@code .<product>}: weight of the whole part, 0 to 1. */
    public static final String WHOLE = "whole";

    /** Card parameter: the part's score from which on it is rejected; also {@code .<product>}. */
    public static final String THRESHOLD = "threshold";

    /** Card parameter: the map's score from which on a place is shown as defective. */
    public static final String MAP_THRESHOLD = "map.threshold";

    private final String product;
    private final ConnectedComponents components = new ConnectedComponents();
    private Preprocessor preprocessor;
    private ByteBuffer image;
    private FloatBuffer score;
    private FloatBuffer extent;
    private double whole;
    private FloatBuffer map;
    private int columns;
    private int rows;
    private double highestBelow;

    /**
     * @param product whose threshold counts; empty: the card's own
     */
    public AnomalyInspector(String product) {
        super(ModelCard.Task.ANOMALY);
        this.product = Objects.requireNonNull(product, "product");
    }

    @Override
    Map<String, List<Long>> shapes() {
        return Map.of(IMAGE, Cards.closed(Cards.input(card(), IMAGE), width(), height()));
    }

    @Override
    void take(InferenceSession opened, Binding made) {
        preprocessor = new Preprocessor(card().preprocessing(), made.input(IMAGE));
        image = made.input(IMAGE).data();
        score = floats(made, SCORE);
        Double own = card().parameters().get(WHOLE + "." + product);
        boolean measured =
                opened.outputs().stream().anyMatch(output -> output.name().equals(EXTENT));
        extent = own == null && !measured ? null : floats(made, EXTENT);
        whole = own == null ? Double.NaN : own;
        map = floats(made, MAP);
        List<Long> shape = made.output(MAP).shape();
        if (score.capacity() != 1 || shape.size() != 4 || shape.get(1) != 1) {
            throw new IllegalArgumentException(
                    Cards.name(card())
                            + " gives "
                            + score.capacity()
                            + " scores and a map of "
                            + shape
                            + ", not one score and [1,1,rows,columns]");
        }
        rows = shape.get(2).intValue();
        columns = shape.get(3).intValue();
    }

    @Override
    public boolean comparesWithTemplate() {
        return false;
    }

    @Override
    public void fill(Image frame) {
        Cards.requireSize(frame, IMAGE, width(), height());
        preprocessor.write(frame, image);
    }

    @Override
    public void fill(Image frame, Image template) {
        fill(frame);
    }

    @Override
    public double threshold() {
        Double own = card().parameters().get(THRESHOLD + "." + product);
        return own == null ? card().parameter(THRESHOLD) : own;
    }

    @Override
    public List<Finding> findings(double threshold) {
        double whole = score();
        highestBelow = 0;
        if (whole < threshold) {
            highestBelow = whole;
            return List.of();
        }
        String label = card().labels().isEmpty() ? "anomaly" : card().labels().get(0);
        double from = card().parameters().getOrDefault(MAP_THRESHOLD, threshold);
        int count = components.find(map, columns, rows, (float) from, 1);
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int left = components.left(i) * width() / columns;
            int top = components.top(i) * height() / rows;
            int right = (components.left(i) + components.width(i)) * width() / columns;
            int bottom = (components.top(i) + components.height(i)) * height() / rows;
            findings.add(new Finding(label, left, top, right - left, bottom - top, whole));
        }
        return findings.isEmpty()
                ? List.of(new Finding(label, 0, 0, width(), height(), whole))
                : List.copyOf(findings);
    }

    @Override
    public double highestBelow() {
        return highestBelow;
    }

    @Override
    public double score() {
        return Double.isNaN(whole) ? Math.max(0, Math.min(1, score.get(0))) : score(whole);
    }

    /**
     * The score that the part would have with another weight of the whole part.
     *
     * @param weight 0: the worst patches alone, 1: the whole part alone
     * @throws IllegalStateException when the model does not give its {@code extent}
     */
    public double score(double weight) {
        if (extent == null) {
            throw new IllegalStateException(Cards.name(card()) + " gives no " + EXTENT);
        }
        double foreign = Math.pow(extent.get(0), weight) * Math.pow(extent.get(1), 1 - weight);
        return Double.isInfinite(foreign) ? 1 : foreign / (1 + foreign);
    }

    @Override
    public double labelScore(int label) {
        return label == 0 ? score() : 0;
    }

    @Override
    public FloatBuffer map() {
        return map;
    }

    @Override
    public int mapColumns() {
        return columns;
    }

    @Override
    public int mapRows() {
        return rows;
    }
}
