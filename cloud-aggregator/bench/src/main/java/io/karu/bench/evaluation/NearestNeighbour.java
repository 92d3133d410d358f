package io.karu.bench.evaluation;

import io.karu.learning.data.Crop;
import io.karu.learning.data.Crops;
import io.karu.learning.data.DataSet;
import io.karu.learning.metric.Confusion;
import io.karu.vision.Image;
import io.karu.vision.Scaler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The trivial classifier: the class of the most similar training piece, by its size alone or by its
 * pixels at 24 × 24.
 */
public final class NearestNeighbour {
    private static final int SIDE = 24;

    private final List<float[]> known = new ArrayList<>();
    private final List<Integer> classes = new ArrayList<>();
    private final List<String> labels;
    private final Crops crops;
    private final Function<Crop, float[]> features;

    private NearestNeighbour(List<String> labels, Crops crops, Function<Crop, float[]> features) {
        this.labels = List.copyOf(labels);
        this.crops = crops;
        this.features = features;
    }

    /** By width and height of the image, or of the box, alone. */
    public static NearestNeighbour bySize(List<String> labels, Crops crops) {
        return new NearestNeighbour(labels, crops, NearestNeighbour::size);
    }

    /** By 24 × 24 pixels of mean 0 and deviation 1. */
    public static NearestNeighbour byPixels(List<String> labels, Crops crops) {
        Scaler scaler = new Scaler();
        return new NearestNeighbour(labels, crops, crop -> pixels(crop, scaler));
    }

    /** Takes a training part. */
    public NearestNeighbour train(DataSet data) throws IOException {
        crops.forEach(
                data,
                crop -> {
                    known.add(features.apply(crop));
                    classes.add(labels.indexOf(crop.label()));
                });
        return this;
    }

    /** Decides a test part. */
    public Confusion test(DataSet data) throws IOException {
        Confusion confusion = new Confusion(labels);
        crops.forEach(
                data,
                crop -> confusion.add(labels.indexOf(crop.label()), nearest(features.apply(crop))));
        return confusion;
    }

    private int nearest(float[] asked) {
        int best = 0;
        float least = Float.POSITIVE_INFINITY;
        for (int i = 0; i < known.size(); i++) {
            float[] one = known.get(i);
            float sum = 0;
            for (int k = 0; k < one.length && sum < least; k++) {
                float difference = one[k] - asked[k];
                sum += difference * difference;
            }
            if (sum < least) {
                least = sum;
                best = i;
            }
        }
        return classes.get(best);
    }

    private static float[] size(Crop crop) {
        String id = crop.id();
        int mark = id.lastIndexOf('#');
        if (mark >= 0 && crop.sample().label().isEmpty()) {
            int number = Integer.parseInt(id.substring(mark + 1));
            var box = crop.sample().annotations().get(number).box();
            return new float[] {box.width(), box.height()};
        }
        return new float[] {crop.width(), crop.height()};
    }

    private static float[] pixels(Crop crop, Scaler scaler) {
        Image piece = crop.piece();
        int plane = SIDE * SIDE;
        byte[] scaled = new byte[piece.channels() * plane];
        scaler.stretch(piece, Scaler.Method.AREA, SIDE, SIDE, ByteBuffer.wrap(scaled));
        float[] gray = new float[plane];
        double mean = 0;
        for (int i = 0; i < plane; i++) {
            for (int c = 0; c < piece.channels(); c++) {
                gray[i] += (scaled[c * plane + i] & 0xff) / (float) piece.channels();
            }
            mean += gray[i] / plane;
        }
        double squares = 0;
        for (float value : gray) {
            squares += (value - mean) * (value - mean);
        }
        double deviation = Math.sqrt(squares / plane) + 1e-6;
        for (int i = 0; i < plane; i++) {
            gray[i] = (float) ((gray[i] - mean) / deviation);
        }
        return gray;
    }
}
