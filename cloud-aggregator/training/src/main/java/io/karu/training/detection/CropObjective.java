package io.karu.training.detection;

import ai.djl.ndarray.NDArray;
import io.karu.learning.djl.Losses;
import io.karu.learning.djl.Objective;
import io.karu.learning.djl.Step;
import io.karu.vision.Box;
import io.karu.vision.pair.BoxCode;
import io.karu.vision.pair.PairCrops;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The loss of a batch of cut-outs: cross-entropy of the class, smooth L1 of the box for defects.
 * Each cut-out is taken anew, moved a little, its template now and then moved by another pixel, in
 * one of the eight symmetries.
 */
final class CropObjective implements Objective {
    private static final int DEFECT_SHIFT = 7;
    private static final int BACKGROUND_SHIFT = 3;
    private static final double MISREGISTERED = 0.15;
    private static final double SMOOTHING = 0.02;
    private static final float BOX_WEIGHT = 2;
    private static final double BOX_BETA = 0.1;

    private final List<PairSample> samples;
    private final List<Place> places;
    private final int classes;
    private final int batch;
    private final PairCrops crops;
    private final byte[] cut;
    private final ByteBuffer view;
    private final float[] code = new float[BoxCode.LENGTH];

    CropObjective(List<PairSample> samples, List<Place> places, int classes, int side, int batch) {
        this.samples = samples;
        this.places = places;
        this.classes = classes;
        this.batch = batch;
        crops = new PairCrops(side);
        cut = new byte[crops.bytes()];
        view = ByteBuffer.wrap(cut);
    }

    @Override
    public NDArray loss(Step step) {
        int side = crops.side();
        byte[] pixels = new byte[batch * crops.bytes()];
        long[] types = new long[batch];
        float[] boxes = new float[batch * BoxCode.LENGTH];
        float[] weights = new float[batch];
        int[] picked = step.pick(places.size(), batch);
        for (int i = 0; i < batch; i++) {
            Place place = places.get(picked[i]);
            types[i] = place.type();
            weights[i] = place.isDefect() ? 1 : 0;
            write(place, step.random(), pixels, i * crops.bytes(), boxes, i * BoxCode.LENGTH);
        }
        Map<String, NDArray> out =
                step.forward(
                        Map.of(
                                DetectorNetwork.INPUT,
                                step.pixels(pixels, batch, PairCrops.CHANNELS, side, side)),
                        List.of(DetectorNetwork.LOGITS, DetectorNetwork.BOX));
        NDArray target = Losses.target(step.integers(types, batch), classes + 1, SMOOTHING);
        NDArray type = Losses.crossEntropy(out.get(DetectorNetwork.LOGITS), target);
        NDArray place =
                Losses.smoothL1(
                        out.get(DetectorNetwork.BOX),
                        step.floats(boxes, batch, BoxCode.LENGTH),
                        BOX_BETA,
                        step.floats(weights, batch, 1));
        step.note("class loss", type.getFloat());
        step.note("box loss", place.getFloat());
        return type.add(place.mul(BOX_WEIGHT));
    }

    private void write(
            Place place,
            SplittableRandom random,
            byte[] pixels,
            int offset,
            float[] boxes,
            int boxOffset) {
        PairSample sample = samples.get(place.sample());
        int reach = place.isDefect() ? DEFECT_SHIFT : BACKGROUND_SHIFT;
        int x = place.x() + random.nextInt(-reach, reach + 1);
        int y = place.y() + random.nextInt(-reach, reach + 1);
        boolean misregistered = random.nextDouble() < MISREGISTERED;
        int right = place.right() + (misregistered ? random.nextInt(-1, 2) : 0);
        int down = place.down() + (misregistered ? random.nextInt(-1, 2) : 0);
        crops.cut(sample.image(), sample.template(), x, y, right, down, view, 0);
        Symmetry symmetry = Symmetry.of(random.nextInt(Symmetry.COUNT));
        symmetry.apply(cut, PairCrops.CHANNELS, crops.side(), pixels, offset);
        if (place.isDefect()) {
            Box box = place.box();
            BoxCode.encode(
                    box.x(),
                    box.y(),
                    box.x() + box.width(),
                    box.y() + box.height(),
                    x,
                    y,
                    crops.side(),
                    code);
            symmetry.apply(code, boxes, boxOffset);
        }
    }
}
