package io.karu.training.anomaly;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.learning.report.Pictures;
import io.karu.learning.report.SampleResult;
import io.karu.training.anomaly.AnomalyParts.TestPart;
import io.karu.vision.GrayImage;
import io.karu.vision.HeatMap;
import io.karu.vision.inspect.AnomalyInspector;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The parts that a model judges worst, with its map and the truth laid over. */
final class Samples {
    private static final int A_PRODUCT = 16;

    private final List<SampleResult> results = new ArrayList<>();

    void add(ModelCard card, InferenceSession session, AnomalyParts parts, Scoring scoring)
            throws IOException, InferenceException {
        double threshold = card.parameter("threshold." + parts.product());
        List<Integer> worst =
                IntStream.range(0, scoring.scores().length)
                        .boxed()
                        .sorted(Comparator.comparingDouble(i -> margin(scoring, i, threshold)))
                        .limit(A_PRODUCT)
                        .toList();
        try (AnomalyInspector inspector = new AnomalyInspector(parts.product());
                HeatMap writer = new HeatMap()) {
            for (int index : worst) {
                TestPart part = parts.test().get(index);
                GrayImage image = part.image().read();
                inspector.prepare(card, session, image.width(), image.height());
                inspector.fill(image);
                inspector.run();
                double score = inspector.score();
                results.add(
                        new SampleResult(
                                part.id(),
                                part.kind(),
                                score >= threshold ? "reject" : "accept",
                                score,
                                Optional.of(threshold),
                                score >= threshold != part.defective(),
                                "",
                                Pictures.png(image),
                                Optional.of(heat(writer, inspector)),
                                mask(writer, part, image),
                                inspector.findings(threshold)));
            }
        }
    }

    List<SampleResult> worstFirst() {
        return results;
    }

    /** How far on the right side of the threshold a part lies. */
    private static double margin(Scoring scoring, int index, double threshold) {
        double above = scoring.scores()[index] - threshold;
        return scoring.defective()[index] ? above : -above;
    }

    private static byte[] heat(HeatMap writer, AnomalyInspector inspector) throws IOException {
        return writer.png(inspector.map(), inspector.mapColumns(), inspector.mapRows());
    }

    private static Optional<byte[]> mask(HeatMap writer, TestPart part, GrayImage image)
            throws IOException {
        if (part.mask().isEmpty()) {
            return Optional.empty();
        }
        boolean[] mask = part.mask().get().read(image);
        FloatBuffer drawn = FloatBuffer.allocate(mask.length);
        for (int i = 0; i < mask.length; i++) {
            drawn.put(i, mask[i] ? 1 : 0);
        }
        return Optional.of(writer.png(drawn, image.width(), image.height()));
    }
}
