package io.karu.vision.inspect;

import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inspection.Finding;
import io.karu.api.model.ModelCard;
import io.karu.vision.GrayImage;
import io.karu.vision.Image;
import io.karu.vision.pair.BoxCode;
import io.karu.vision.pair.PairCandidates;
import io.karu.vision.pair.PairCrops;
import io.karu.vision.pair.PairDetections;
import io.karu.vision.pair.PairSettings;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Runs a detector of pairs: candidates where the frame differs from its template, cut-outs around
 * them through the graph in batches, what it said merged into findings, as docs/contracts.md §4
 * says. A frame that differs in more places than the card allows for is a {@value #MISMATCH}. No
 * allocation but of findings. Not thread-safe.
 */
public final class PairInspector implements Inspector {
    /** Label of the finding over a whole frame that does not fit its template. */
    public static final String MISMATCH = "mismatch";

    /** Name of the graph's input. */
    public static final String CROPS = "crops";

    /** Name of the graph's output of class scores. */
    public static final String LOGITS = "logits";

    /** Name of the graph's output of boxes. */
    public static final String BOX = "box";

    private static final int MAP_STRIDE = 4;

    /** Batches that any number of candidates is made up of, largest first. */
    private static final int[] BATCHES = {32, 16, 8, 4, 2, 1};

    private final Batch[] batches = new Batch[BATCHES.length];
    private ModelCard card;
    private InferenceSession session;
    private PairCandidates candidates;
    private PairCrops crops;
    private PairDetections detections;
    private ByteBuffer cut;
    private float[] logits;
    private float[] boxes;
    private double least;
    private int width;
    private int height;
    private int count;
    private int merged;
    private double highestBelow;
    private FloatBuffer map;

    /** The tensors of one batch size. */
    private record Batch(Binding binding, ByteBuffer crops, FloatBuffer logits, FloatBuffer boxes) {
        static Batch of(Binding binding) {
            return new Batch(
                    binding,
                    binding.input(CROPS).data(),
                    floats(binding.output(LOGITS).data()),
                    floats(binding.output(BOX).data()));
        }

        private static FloatBuffer floats(ByteBuffer data) {
            return data.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer();
        }
    }

    @Override
    public void prepare(ModelCard model, InferenceSession opened, int frameWidth, int frameHeight)
            throws InferenceException {
        if (opened != session || model != card) {
            release();
            open(model, opened);
        }
        width = frameWidth;
        height = frameHeight;
    }

    private void open(ModelCard model, InferenceSession opened) throws InferenceException {
        Cards.requireTask(model, ModelCard.Task.DETECTION);
        List<Long> shape = Cards.input(model, CROPS).shape();
        if (shape.size() != 4
                || shape.get(1) != PairCrops.CHANNELS
                || shape.get(2) < 2
                || !shape.get(2).equals(shape.get(3))) {
            throw new IllegalArgumentException(
                    Cards.name(model)
                            + " takes "
                            + CROPS
                            + " of shape "
                            + shape
                            + ", not [N,"
                            + PairCrops.CHANNELS
                            + ",S,S]");
        }
        PairSettings settings = PairSettings.of(model);
        int side = Math.toIntExact(shape.get(2));
        int classes = model.labels().size();
        candidates = new PairCandidates(settings);
        crops = new PairCrops(side);
        detections =
                new PairDetections(
                        classes, side, model.parameter("temperature"), model.parameter("overlap"));
        least = model.parameter("least");
        cut = ByteBuffer.allocateDirect(settings.most() * crops.bytes());
        logits = new float[BATCHES[0] * (classes + 1)];
        boxes = new float[BATCHES[0] * BoxCode.LENGTH];
        try {
            for (int i = 0; i < BATCHES.length; i++) {
                batches[i] = Batch.of(opened.bind(Map.of(CROPS, shape(BATCHES[i], side))));
                if (batches[i].logits.capacity() != BATCHES[i] * (classes + 1)
                        || batches[i].boxes.capacity() != BATCHES[i] * BoxCode.LENGTH) {
                    throw new IllegalArgumentException(
                            Cards.name(model)
                                    + " has "
                                    + classes
                                    + " labels; its graph must give "
                                    + LOGITS
                                    + " [N,"
                                    + (classes + 1)
                                    + "] and "
                                    + BOX
                                    + " [N,"
                                    + BoxCode.LENGTH
                                    + "]");
                }
            }
        } catch (InferenceException | RuntimeException e) {
            release();
            throw e;
        }
        card = model;
        session = opened;
    }

    private static List<Long> shape(int batch, int side) {
        return List.of((long) batch, (long) PairCrops.CHANNELS, (long) side, (long) side);
    }

    @Override
    public boolean comparesWithTemplate() {
        return true;
    }

    @Override
    public void fill(Image frame) {
        throw new IllegalArgumentException(
                Cards.name(card) + " compares each frame with a template");
    }

    @Override
    public void fill(Image frame, Image template) {
        Cards.requireSize(frame, "image", width, height);
        Cards.requireSize(template, "template", width, height);
        if (!(frame instanceof GrayImage image) || !(template instanceof GrayImage reference)) {
            throw new IllegalArgumentException(Cards.name(card) + " takes gray images");
        }
        count = candidates.find(image, reference);
        for (int i = 0; i < count; i++) {
            crops.cut(
                    image,
                    reference,
                    candidates.x(i),
                    candidates.y(i),
                    candidates.right(i),
                    candidates.down(i),
                    cut,
                    i * crops.bytes());
        }
    }

    @Override
    public void run() throws InferenceException {
        detections.clear();
        int from = 0;
        for (int i = 0; i < BATCHES.length; i++) {
            for (; count - from >= BATCHES[i]; from += BATCHES[i]) {
                run(batches[i], from, BATCHES[i]);
            }
        }
        merged = detections.merge(least);
    }

    private void run(Batch batch, int from, int size) throws InferenceException {
        batch.crops.put(0, cut, from * crops.bytes(), size * crops.bytes());
        batch.binding.run();
        int classes = card.labels().size();
        batch.logits.get(0, logits, 0, size * (classes + 1));
        batch.boxes.get(0, boxes, 0, size * BoxCode.LENGTH);
        for (int i = 0; i < size; i++) {
            detections.add(
                    candidates.x(from + i),
                    candidates.y(from + i),
                    logits,
                    i * (classes + 1),
                    boxes,
                    i * BoxCode.LENGTH);
        }
    }

    /** Candidates of the last frame. */
    public int candidates() {
        return count;
    }

    @Override
    public double threshold() {
        return card.parameter("threshold");
    }

    @Override
    public List<Finding> findings(double threshold) {
        highestBelow = 0;
        List<Finding> findings = new ArrayList<>(merged + 1);
        if (candidates.more()) {
            findings.add(new Finding(MISMATCH, 0, 0, width, height, 1));
        }
        for (int i = 0; i < merged; i++) {
            for (int type = 0; type < card.labels().size(); type++) {
                double score = detections.score(i, type);
                if (score >= threshold) {
                    findings.add(finding(i, type, score));
                } else {
                    highestBelow = Math.max(highestBelow, score);
                }
            }
        }
        findings.sort((a, b) -> Double.compare(b.score(), a.score()));
        return List.copyOf(findings);
    }

    private Finding finding(int defect, int type, double score) {
        int left = limited(detections.left(defect), width - 1);
        int top = limited(detections.top(defect), height - 1);
        int right = Math.max(left + 1, limited(detections.right(defect), width));
        int bottom = Math.max(top + 1, limited(detections.bottom(defect), height));
        return new Finding(
                card.labels().get(type), left, top, right - left, bottom - top, Math.min(1, score));
    }

    private static int limited(double value, int most) {
        return (int) Math.max(0, Math.min(most, Math.round(value)));
    }

    @Override
    public double highestBelow() {
        return highestBelow;
    }

    @Override
    public double score() {
        double highest = candidates.more() ? 1 : 0;
        for (int type = 0; type < card.labels().size(); type++) {
            highest = Math.max(highest, labelScore(type));
        }
        return highest;
    }

    @Override
    public double labelScore(int label) {
        double highest = 0;
        if (label >= 0 && label < card.labels().size()) {
            for (int i = 0; i < merged; i++) {
                highest = Math.max(highest, detections.score(i, label));
            }
        }
        return Math.min(1, highest);
    }

    @Override
    public FloatBuffer map() {
        if (map == null || map.capacity() != mapColumns() * mapRows()) {
            map = FloatBuffer.allocate(mapColumns() * mapRows());
        }
        Arrays.fill(map.array(), 0);
        for (int i = 0; i < merged; i++) {
            draw(i);
        }
        return map;
    }

    /** A defect as a hill over its box, as high as its highest score. */
    private void draw(int defect) {
        double highest = 0;
        for (int type = 0; type < card.labels().size(); type++) {
            highest = Math.max(highest, detections.score(defect, type));
        }
        int left = limited(detections.left(defect), width - 1) / MAP_STRIDE;
        int top = limited(detections.top(defect), height - 1) / MAP_STRIDE;
        int right = limited(detections.right(defect), width - 1) / MAP_STRIDE;
        int bottom = limited(detections.bottom(defect), height - 1) / MAP_STRIDE;
        for (int y = top; y <= bottom; y++) {
            double down = (2.0 * (y - top) + 1) / (bottom - top + 1) - 1;
            for (int x = left; x <= right; x++) {
                double across = (2.0 * (x - left) + 1) / (right - left + 1) - 1;
                double hill = highest * (1 - (across * across + down * down) / 2);
                int at = y * mapColumns() + x;
                map.put(at, Math.max(map.get(at), (float) hill));
            }
        }
    }

    @Override
    public int mapColumns() {
        return (width + MAP_STRIDE - 1) / MAP_STRIDE;
    }

    @Override
    public int mapRows() {
        return (height + MAP_STRIDE - 1) / MAP_STRIDE;
    }

    @Override
    public void release() {
        for (int i = 0; i < batches.length; i++) {
            if (batches[i] != null) {
                batches[i].binding.close();
                batches[i] = null;
            }
        }
        session = null;
        card = null;
        count = 0;
        merged = 0;
    }
}
