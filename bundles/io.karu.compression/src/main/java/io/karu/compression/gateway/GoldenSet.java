package io.karu.compression.gateway;

import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.api.model.ModelCard;
import io.karu.compression.Outcome;
import io.karu.compression.gateway.FrameReserve.Kept;
import io.karu.vision.Image;
import io.karu.vision.inspect.FrameDecoder;
import io.karu.vision.inspect.Inspector;
import io.karu.vision.inspect.Inspectors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Frames that judge a compressed model: it shall decide them as its parent does. They are decoded
 * and preprocessed as at the station.
 */
final class GoldenSet {
    static final String METRIC = "agreement with the parent";

    private final InferenceEngine engine;
    private final ModelCard card;
    private final List<Kept> frames;

    /** What a model says of each frame. */
    record Decisions(boolean[] rejected, double[] scores) {
        /** How far it agrees with its parent, over any number of each frame. */
        Outcome agreement(Decisions parent) {
            return new Outcome() {
                @Override
                public String metric() {
                    return METRIC;
                }

                @Override
                public int samples() {
                    return rejected.length;
                }

                @Override
                public int kind(int sample) {
                    return parent.rejected()[sample] ? 1 : 0;
                }

                @Override
                public double value(int[] times) {
                    double all = 0;
                    double same = 0;
                    for (int i = 0; i < times.length; i++) {
                        all += times[i];
                        same += rejected[i] == parent.rejected()[i] ? times[i] : 0;
                    }
                    return same / all;
                }
            };
        }

        double scoreError(Decisions parent) {
            double sum = 0;
            for (int i = 0; i < scores.length; i++) {
                sum += Math.abs(scores[i] - parent.scores()[i]);
            }
            return scores.length == 0 ? 0 : sum / scores.length;
        }
    }

    GoldenSet(InferenceEngine engine, ModelCard card, List<Kept> frames) {
        this.engine = engine;
        this.card = card;
        this.frames = List.copyOf(frames);
    }

    int size() {
        return frames.size();
    }

    Decisions decide(Path graph) throws IOException, InferenceException {
        return decide(graph, session -> session);
    }

    /**
     * @param watch may wrap the session
     */
    Decisions decide(Path graph, UnaryOperator<InferenceSession> watch)
            throws IOException, InferenceException {
        boolean[] rejected = new boolean[frames.size()];
        double[] scores = new double[frames.size()];
        InferenceSession opened = engine.open(graph, SessionOptions.SHARED_GATEWAY);
        try (InferenceSession session = watch.apply(opened);
                Inspector inspector = Inspectors.forTask(card.task());
                FrameDecoder images = new FrameDecoder();
                FrameDecoder templates = new FrameDecoder()) {
            for (int i = 0; i < frames.size(); i++) {
                Kept frame = frames.get(i);
                Image image = images.decode(bytes(frame.image()), card.preprocessing().color());
                inspector.prepare(card, session, image.width(), image.height());
                if (inspector.comparesWithTemplate()) {
                    Path template =
                            frame.template()
                                    .orElseThrow(
                                            () ->
                                                    new IOException(
                                                            "frame "
                                                                    + frame.digest()
                                                                    + " has no template"));
                    inspector.fill(
                            image, templates.decode(bytes(template), card.preprocessing().color()));
                } else {
                    inspector.fill(image);
                }
                inspector.run();
                rejected[i] = !inspector.findings(inspector.threshold()).isEmpty();
                scores[i] = inspector.score();
            }
        }
        return new Decisions(rejected, scores);
    }

    private static ByteBuffer bytes(Path file) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file));
    }
}
