package io.karu.training;

import ai.onnxruntime.OrtEnvironment;
import io.karu.compression.Variant;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.learning.metric.Interval;
import io.karu.training.compression.Compression;
import io.karu.training.compression.CompressionOrder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * {@code ./karu compress MODEL --calibration DIR --budget POINTS}: makes a model smaller and faster
 * in every way, keeps the best variant that the guard lets pass, and reports all of them. Exit
 * status 1 when the guard refuses every variant.
 */
public final class Compress {
    private Compress() {}

    public static void main(String[] arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        if (words.isEmpty() || words.contains("--help") || words.contains("-h")) {
            System.out.print(CompressionOrder.help());
            return;
        }
        boolean json = words.remove("--json");
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            Compression.Result result =
                    new Compression(
                                    engine,
                                    CompressionOrder.parse(words),
                                    message -> System.err.println("karu: " + message))
                            .run();
            if (json) {
                System.out.println(result.report().json());
            } else {
                print(result);
            }
            System.exit(result.chosen().isPresent() ? 0 : 1);
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("karu: compress: " + e.getMessage());
            System.exit(2);
        } catch (Exception e) {
            System.err.println("karu: compress: failed: " + e);
            e.printStackTrace();
            System.exit(1);
        }
    }

    private static void print(Compression.Result result) {
        for (Variant variant : result.variants()) {
            StringBuilder metrics = new StringBuilder();
            for (Map.Entry<String, Interval> metric : variant.metrics().entrySet()) {
                metrics.append(
                        String.format(Locale.ROOT, "  %s %s", metric.getKey(), metric.getValue()));
            }
            System.out.printf(
                    Locale.ROOT,
                    "%-10s %-18s%s  %.2f/%.2f ms%s  %.2f MB  clipped %.5f  %s: %s%n",
                    variant.scope(),
                    variant.name(),
                    metrics,
                    variant.timing().p50(),
                    variant.timing().p99(),
                    variant.speedup()
                            .map(r -> String.format(Locale.ROOT, "  %.2fx", r.value()))
                            .orElse(""),
                    variant.size().fileBytes() / 1e6,
                    variant.clippedFraction(),
                    variant.outcome().name().toLowerCase(Locale.ROOT),
                    variant.reason());
        }
        System.out.println(
                result.chosen()
                        .map(v -> "model " + v.root() + " " + v.digest())
                        .orElse("no variant passed the guard; the parent stays"));
        System.out.println("report " + result.page());
    }
}
