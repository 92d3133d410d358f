package io.karu.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.TensorInfo;
import io.karu.api.model.ModelCard;
import io.karu.onnx.Graph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Preprocessed images whose truth is known. Scores a classification by macro recall, an anomaly
 * model by image AUROC and, where masks are known, pixel AUROC; scores are taken from the graph's
 * own outputs, before any clipping to 0 and 1.
 *
 * @param card of the model
 * @param images as they reach the graph
 * @param labels for each image: number of the label in the card for a classification; 0 good and 1
 *     defective for an anomaly model
 * @param masks defective pixels of each image at the size of the model's map, null where not known
 */
public record LabelledPixels(
        ModelCard card, PixelSamples images, int[] labels, List<boolean[]> masks) {
    public LabelledPixels {
        Objects.requireNonNull(card, "card");
        labels = labels.clone();
        masks = new ArrayList<>(masks);
        if (labels.length != images.size() || masks.size() != images.size()) {
            throw new IllegalArgumentException(
                    images.size()
                            + " images, "
                            + labels.length
                            + " labels, "
                            + masks.size()
                            + " masks");
        }
    }

    /** The evaluation that runs graphs in an engine. */
    public Evaluation in(InferenceEngine engine) {
        return switch (card.task()) {
            case CLASSIFICATION -> graph -> List.of(recall(engine, graph));
            case ANOMALY -> graph -> anomalies(engine, graph);
            default ->
                    throw new IllegalArgumentException(
                            "models of task " + card.task() + " cannot be compressed yet");
        };
    }

    private Outcome recall(InferenceEngine engine, Graph graph) throws InferenceException {
        String output = card.outputs().get(0).name();
        int[] decided = new int[labels.length];
        try (OpenGraph open = new OpenGraph(engine, graph, images.shapes())) {
            for (int i = 0; i < decided.length; i++) {
                open.run(images, i);
                float[] scores = open.floats(output);
                for (int k = 1; k < scores.length; k++) {
                    decided[i] = scores[k] > scores[decided[i]] ? k : decided[i];
                }
            }
        }
        return Outcomes.macroRecall(labels, decided, card.labels().size());
    }

    private List<Outcome> anomalies(InferenceEngine engine, Graph graph) throws InferenceException {
        double[] scores = new double[labels.length];
        boolean[] defective = new boolean[labels.length];
        float[][] maps = new float[labels.length][];
        String score = smallest(card.outputs());
        String map = largest(card.outputs());
        boolean located = masks.stream().allMatch(Objects::nonNull) && !map.equals(score);
        try (OpenGraph open = new OpenGraph(engine, graph, images.shapes())) {
            for (int i = 0; i < scores.length; i++) {
                open.run(images, i);
                float[] values = open.floats(score);
                double most = Double.NEGATIVE_INFINITY;
                for (float value : values) {
                    most = Math.max(most, value);
                }
                scores[i] = most;
                defective[i] = labels[i] != 0;
                maps[i] = located ? open.floats(map) : null;
            }
        }
        List<Outcome> outcomes = new ArrayList<>();
        outcomes.add(Outcomes.imageAuroc(scores, defective));
        if (located && masks.stream().anyMatch(LabelledPixels::any)) {
            int[] columns = new int[maps.length];
            Arrays.fill(columns, columns(map));
            outcomes.addAll(Outcomes.localisation(maps, masks.toArray(boolean[][]::new), columns));
        }
        return outcomes;
    }

    private int columns(String map) {
        List<Long> shape =
                card.outputs().stream()
                        .filter(output -> output.name().equals(map))
                        .findFirst()
                        .orElseThrow()
                        .shape();
        return shape.get(shape.size() - 1).intValue();
    }

    private static boolean any(boolean[] mask) {
        for (boolean pixel : mask) {
            if (pixel) {
                return true;
            }
        }
        return false;
    }

    private static String smallest(List<TensorInfo> outputs) {
        return outputs.stream()
                .min((a, b) -> Long.compare(elements(a), elements(b)))
                .orElseThrow()
                .name();
    }

    private static String largest(List<TensorInfo> outputs) {
        return outputs.stream()
                .max((a, b) -> Long.compare(elements(a), elements(b)))
                .orElseThrow()
                .name();
    }

    private static long elements(TensorInfo info) {
        return info.shape().stream()
                .mapToLong(size -> Math.max(1, size))
                .reduce(1, (a, b) -> a * b);
    }

    @Override
    public int[] labels() {
        return labels.clone();
    }

    /**
     * Good images against the same images with drawn defects: an evaluation where nothing is
     * labelled. Says how well a compressed model keeps what its parent sees, not how good it is.
     *
     * @param mapHeight rows of the model's map, 0 without one
     * @param mapWidth columns of the model's map
     */
    public static LabelledPixels synthetic(
            ModelCard card, PixelSamples good, int mapHeight, int mapWidth, long seed) {
        PixelSamples damaged = good.withDefects(seed);
        int[] labels = new int[2 * good.size()];
        Arrays.fill(labels, good.size(), labels.length, 1);
        List<boolean[]> masks = new ArrayList<>();
        String input = card.inputs().get(0).name();
        List<Long> shape = good.shapes().get(input);
        int height = shape.get(2).intValue();
        int width = shape.get(3).intValue();
        for (int i = 0; i < good.size(); i++) {
            masks.add(new boolean[mapHeight * mapWidth]);
        }
        for (int i = 0; i < good.size(); i++) {
            byte[] before = good.images().get(i).get(input);
            byte[] after = damaged.images().get(i).get(input);
            boolean[] mask = new boolean[mapHeight * mapWidth];
            for (int p = 0; p < before.length && mask.length > 0; p++) {
                int y = p / width % height;
                int x = p % width;
                mask[y * mapHeight / height * mapWidth + x * mapWidth / width] |=
                        Math.abs((before[p] & 0xff) - (after[p] & 0xff)) > 16;
            }
            masks.add(mask);
        }
        if (mapHeight == 0) {
            masks.replaceAll(mask -> null);
        }
        return new LabelledPixels(card, good.and(damaged), labels, masks);
    }
}
