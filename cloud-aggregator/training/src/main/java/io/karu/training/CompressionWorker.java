package io.karu.training;

import ai.onnxruntime.OrtEnvironment;
import com.google.gson.JsonObject;
import io.karu.compression.ResidentMemory;
import io.karu.compression.Variant;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.metric.Interval;
import io.karu.training.compression.Compression;
import io.karu.training.compression.CompressionOrder;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerTask;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code ./karu compress} in a process of its own. It is not nice: what it times shall not wait for
 * others more than a station would.
 */
public final class CompressionWorker implements WorkerTask {
    private static final String SUMMARY = "summary";
    private static final String REPORT = "report";
    private static final String CHOSEN = "chosen";

    /** Made by the worker. */
    public CompressionWorker() {}

    /**
     * What a person wants to know, and the whole report.
     *
     * @param chosen whether the guard let a variant pass
     */
    public record Told(String summary, String report, boolean chosen) {}

    /** Compresses in a worker; {@code words} are the command line. */
    public static Told run(List<String> words, CompressionOrder order, Progress progress)
            throws Exception {
        JsonObject body =
                CommandWorker.run(CompressionWorker.class, words, order.state(), 0, progress);
        return new Told(
                body.get(SUMMARY).getAsString(),
                body.get(REPORT).getAsString(),
                body.get(CHOSEN).getAsBoolean());
    }

    @Override
    public void run(WorkerContext context) throws Exception {
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            Compression.Result result =
                    new Compression(
                                    engine,
                                    CompressionOrder.parse(context.arguments()),
                                    ResidentMemory.with(CommandWorker.classPath())::of,
                                    new CommandWorker.Telling(context))
                            .run();
            JsonObject body = new JsonObject();
            body.addProperty(SUMMARY, summary(result));
            body.addProperty(REPORT, result.report().json());
            body.addProperty(CHOSEN, result.chosen().isPresent());
            context.result(body);
        }
    }

    private static String summary(Compression.Result result) {
        StringBuilder text = new StringBuilder();
        for (Variant variant : result.variants()) {
            StringBuilder metrics = new StringBuilder();
            for (Map.Entry<String, Interval> metric : variant.metrics().entrySet()) {
                metrics.append(
                        String.format(Locale.ROOT, "  %s %s", metric.getKey(), metric.getValue()));
            }
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%-10s %-18s%s  %.2f/%.2f ms%s  %s%.2f MB  clipped %.5f  %s: %s%n",
                            variant.scope(),
                            variant.name(),
                            metrics,
                            variant.timing().p50(),
                            variant.timing().p99(),
                            variant.speedup()
                                    .map(r -> String.format(Locale.ROOT, "  %.2fx", r.value()))
                                    .orElse(""),
                            variant.size().memoryBytes().isPresent()
                                    ? String.format(
                                            Locale.ROOT,
                                            "resident %.1f MB  ",
                                            variant.size().memoryBytes().getAsLong() / 1e6)
                                    : "",
                            variant.size().fileBytes() / 1e6,
                            variant.clippedFraction(),
                            variant.outcome().name().toLowerCase(Locale.ROOT),
                            variant.reason()));
        }
        text.append(
                result.chosen()
                        .map(v -> "model " + v.root() + " " + v.digest())
                        .orElse("no variant passed the guard; the parent stays"));
        return text.append("\nreport ").append(result.page()).append('\n').toString();
    }
}
