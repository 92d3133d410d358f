package io.karu.training.compression;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.bench.evaluation.DetectionEvaluation;
import io.karu.compression.Budget;
import io.karu.compression.OpenGraph;
import io.karu.compression.Outcome;
import io.karu.compression.Outcomes;
import io.karu.compression.PixelSamples;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.DataSets;
import io.karu.learning.data.Part;
import io.karu.learning.data.Sample;
import io.karu.learning.metric.DetectionPrecision;
import io.karu.onnx.Graph;
import io.karu.training.compression.CompressionOrder.SubjectOrder;
import io.karu.vision.GrayDecoder;
import io.karu.vision.GrayImage;
import io.karu.vision.inspect.PairInspector;
import io.karu.vision.pair.PairCandidates;
import io.karu.vision.pair.PairCrops;
import io.karu.vision.pair.PairSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * For detectors of pairs: cut-outs of calibration pairs, made as the station makes them, calibrate;
 * annotated pairs decide through the station's inspector, by DeepPCB's rule. Defects are drawn into
 * the image before the cut-outs are made, never into its template.
 */
final class PairMaterial {
    /** Cut-outs in one run: what the station runs most. */
    private static final int BATCH = 16;

    private static final int TRAINING_BATCHES = 64;
    private static final String METRIC = "mAP at IoU 0.33";

    private final InferenceEngine engine;
    private final CompressionOrder order;
    private final ModelCard card;
    private final int side;

    private record Pair(GrayImage image, GrayImage template, Sample sample) {}

    PairMaterial(InferenceEngine engine, CompressionOrder order, ModelCard card) {
        this.engine = engine;
        this.order = order;
        this.card = card;
        this.side = Math.toIntExact(card.inputs().get(0).shape().get(2));
    }

    Material read(SubjectOrder subject) throws IOException {
        DataSet given = pairs(DataSets.read(subject.onlyCalibration()));
        DataSet calibrates = given.filter(s -> s.part() != Part.TEST);
        DataSet decides =
                subject.evaluation().isPresent()
                        ? pairs(DataSets.read(subject.evaluation().get()))
                        : given.part(Part.TEST);
        if (subject.evaluation().isPresent()
                && decides.samples().stream().anyMatch(s -> s.part() == Part.TEST)) {
            decides = decides.part(Part.TEST);
        }
        if (calibrates.samples().isEmpty() || decides.samples().isEmpty()) {
            throw new IllegalArgumentException(
                    subject.onlyCalibration()
                            + " has "
                            + calibrates.samples().size()
                            + " pairs to calibrate with and "
                            + decides.samples().size()
                            + " annotated test pairs to decide: name others with --evaluation");
        }
        List<Pair> seen = read(spread(calibrates.samples(), order.images()));
        List<Pair> scored = read(decides.samples());
        PixelSamples calibration = batches(seen, order.images() / 4);
        return new Material(
                subject.scope().orElse(Material.ONE_CLASS),
                List.of(new Budget(METRIC, Material.USUAL_LOSS)),
                calibration,
                batches(damaged(seen), order.images() / 4),
                order.trains()
                        ? batches(
                                read(spread(calibrates.samples(), 4 * order.images())),
                                TRAINING_BATCHES)
                        : calibration,
                false,
                batches(scored.subList(0, Math.min(scored.size(), order.images())), order.images()),
                graph -> outcomes(graph, scored),
                List.of(calibrates.use("", "calibration")),
                List.of(decides.use("", "test")),
                "annotated pairs decide, through the station's inspector");
    }

    private static DataSet pairs(DataSet data) {
        return data.filter(sample -> sample.template().isPresent());
    }

    private static List<Sample> spread(List<Sample> all, int most) {
        int count = Math.min(most, all.size());
        List<Sample> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(all.get((int) ((long) i * all.size() / count)));
        }
        return some;
    }

    private static List<Pair> read(List<Sample> samples) throws IOException {
        List<Pair> pairs = new ArrayList<>();
        try (GrayDecoder decoder = new GrayDecoder()) {
            for (Sample sample : samples) {
                pairs.add(
                        new Pair(
                                decode(decoder, sample.image()),
                                decode(decoder, sample.template().orElseThrow()),
                                sample));
            }
        }
        return pairs;
    }

    private static GrayImage decode(GrayDecoder decoder, Path file) throws IOException {
        GrayImage image = new GrayImage();
        decoder.decode(ByteBuffer.wrap(Files.readAllBytes(file)), image);
        return image;
    }

    private List<Pair> damaged(List<Pair> pairs) {
        List<Pair> damaged = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            GrayImage image = pairs.get(i).image();
            byte[] pixels = Arrays.copyOf(image.pixels(), image.width() * image.height());
            PixelSamples one =
                    new PixelSamples(
                            Map.of(
                                    "image",
                                    List.of(1L, 1L, (long) image.height(), (long) image.width())),
                            List.of(Map.of("image", pixels)));
            byte[] drawn = one.withDefects(order.seed() + i).images().get(0).get("image");
            damaged.add(
                    new Pair(
                            new GrayImage(image.width(), image.height(), drawn),
                            pairs.get(i).template(),
                            pairs.get(i).sample()));
        }
        return damaged;
    }

    /** At most so many batches of the pairs' cut-outs, spread evenly over the pairs. */
    private PixelSamples batches(List<Pair> pairs, int most) {
        PairCandidates candidates = new PairCandidates(PairSettings.of(card));
        PairCrops crops = new PairCrops(side);
        List<byte[]> cuts = new ArrayList<>();
        for (Pair pair : pairs) {
            int count = candidates.find(pair.image(), pair.template());
            for (int i = 0; i < count; i++) {
                byte[] cut = new byte[crops.bytes()];
                crops.cut(
                        pair.image(),
                        pair.template(),
                        candidates.x(i),
                        candidates.y(i),
                        candidates.right(i),
                        candidates.down(i),
                        ByteBuffer.wrap(cut),
                        0);
                cuts.add(cut);
            }
        }
        int count = Math.min(Math.max(1, most), cuts.size() / BATCH);
        if (count == 0) {
            throw new IllegalArgumentException(
                    pairs.size()
                            + " pairs differ in "
                            + cuts.size()
                            + " places; at least "
                            + BATCH
                            + " are needed");
        }
        List<Map<String, byte[]>> batches = new ArrayList<>();
        for (int b = 0; b < count; b++) {
            byte[] batch = new byte[BATCH * crops.bytes()];
            for (int i = 0; i < BATCH; i++) {
                int at = (int) (((long) b * BATCH + i) * cuts.size() / ((long) count * BATCH));
                System.arraycopy(cuts.get(at), 0, batch, i * crops.bytes(), crops.bytes());
            }
            batches.add(Map.of(PairInspector.CROPS, batch));
        }
        return new PixelSamples(
                Map.of(
                        PairInspector.CROPS,
                        List.of((long) BATCH, (long) PairCrops.CHANNELS, (long) side, (long) side)),
                batches);
    }

    private List<Outcome> outcomes(Graph graph, List<Pair> pairs) throws InferenceException {
        DetectionPrecision precision =
                new DetectionPrecision(card.labels().size(), DetectionEvaluation.DEEP_PCB);
        try (InferenceSession session = OpenGraph.session(engine, graph);
                PairInspector inspector = new PairInspector()) {
            for (Pair pair : pairs) {
                inspector.prepare(card, session, pair.image().width(), pair.image().height());
                inspector.fill(pair.image(), pair.template());
                inspector.run();
                precision.add(
                        DetectionEvaluation.scored(
                                card, inspector.findings(DetectionEvaluation.LEAST)),
                        DetectionEvaluation.defects(card, pair.sample()));
            }
        }
        return List.of(Outcomes.meanPrecision(METRIC, precision));
    }
}
