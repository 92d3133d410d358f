package io.karu.bench.evaluation;

import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.model.ModelCard;
import io.karu.bench.BenchReport;
import io.karu.learning.data.DataSet;
import io.karu.learning.data.Sample;
import io.karu.learning.report.Report;
import io.karu.modelversion.Metric;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.vision.HeatMap;
import io.karu.vision.Image;
import io.karu.vision.inspect.FrameDecoder;
import io.karu.vision.inspect.Inspector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A model under evaluation: runs samples through the inspector of its task and keeps the times. Not
 * thread-safe.
 */
final class Subject implements AutoCloseable {
    private static final int WARM_UP = 5;

    private final ModelVersionFolder version;
    private final InferenceSession session;
    private final Inspector inspector;
    private final FrameDecoder frames = new FrameDecoder();
    private final FrameDecoder templates = new FrameDecoder();
    private final HeatMap heatMaps = new HeatMap();
    private final List<Double> decodeMillis = new ArrayList<>();
    private final List<Double> millis = new ArrayList<>();
    private Image frame;
    private Image template;

    Subject(ModelVersionFolder version, InferenceSession session, Inspector inspector) {
        this.version = version;
        this.session = session;
        this.inspector = inspector;
    }

    ModelCard card() {
        return version.card();
    }

    Inspector inspector() {
        return inspector;
    }

    /** The sample's pixels, valid until the next. */
    Image frame() {
        return frame;
    }

    /** The sample's template, null when it was not needed. */
    Image template() {
        return template;
    }

    /** Decodes and runs a sample; the inspector then has its results. */
    void run(Sample sample, double threshold) throws IOException, InferenceException {
        ByteBuffer test = ByteBuffer.wrap(Files.readAllBytes(sample.image()));
        ByteBuffer reference =
                sample.template().isPresent()
                        ? ByteBuffer.wrap(Files.readAllBytes(sample.template().get()))
                        : null;
        long start = System.nanoTime();
        frame = frames.decode(test, card().preprocessing().color());
        inspector.prepare(card(), session, frame.width(), frame.height());
        template = null;
        if (inspector.comparesWithTemplate()) {
            if (reference == null) {
                throw new IllegalArgumentException(
                        "sample " + sample.id() + " has no template, which the model needs");
            }
            template = templates.decode(reference, card().preprocessing().color());
        }
        decodeMillis.add((System.nanoTime() - start) / 1e6);
        for (int warm = millis.isEmpty() ? WARM_UP : 0; warm >= 0; warm--) {
            start = System.nanoTime();
            if (template == null) {
                inspector.fill(frame);
            } else {
                inspector.fill(frame, template);
            }
            inspector.run();
            inspector.findings(threshold);
            if (warm == 0) {
                millis.add((System.nanoTime() - start) / 1e6);
            }
        }
    }

    /** The heat map of the last run as PNG. */
    Optional<byte[]> heatMap() throws IOException {
        return inspector.map() == null
                ? Optional.empty()
                : Optional.of(
                        heatMaps.png(inspector.map(), inspector.mapColumns(), inspector.mapRows()));
    }

    BenchReport table(DataSet data, String part) {
        return new BenchReport(
                        "evaluate", data.name() + " (" + part + "), " + data.samples().size(), 0)
                .note("model " + card().name() + " " + card().version() + ", " + version.digest())
                .note("nothing is random, so the seed is 0");
    }

    void times(BenchReport table) {
        table.figure("one frame, p50", percentile(millis, 0.5), "ms")
                .figure("one frame, p99", percentile(millis, 0.99), "ms")
                .figure("decoding, p50", percentile(decodeMillis, 0.5), "ms")
                .note("one frame: preprocessing, inference on one thread, findings");
    }

    Report report(DataSet data, String part, List<Metric> metrics) throws IOException {
        return new Report(Report.Kind.EVALUATION, version)
                .data(List.of(data.use(part, "test")))
                .metrics(metrics);
    }

    static double percentile(List<Double> values, double share) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[
                (int)
                        Math.max(
                                0,
                                Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))];
    }

    @Override
    public void close() {
        inspector.close();
        frames.close();
        templates.close();
        heatMaps.close();
    }
}
