package io.karu.training.compression;

import ai.onnxruntime.OrtEnvironment;
import io.karu.bench.BenchReport;
import io.karu.bench.Measurement;
import io.karu.engine.onnx.OnnxEngine;
import java.nio.file.Path;
import java.util.List;

/** {@code ./karu bench int8}: what int8 brings and what it costs. */
public final class Int8Bench implements Measurement {
    private static final long SEED = 1;
    private static final int ROUNDS = 150;

    /** The demo's detector, below the root. */
    static final String SHIPPED = "cloud-aggregator/board-model/board-detector-1";

    private static final List<String> PARTS = List.of("--speed", "--quality", "--pruning");

    @Override
    public String name() {
        return "int8";
    }

    @Override
    public String description() {
        return "int8 against fp32: speed, size, quality of every calibrator on easy and hostile nets, pruning";
    }

    @Override
    public BenchReport measure(List<String> options) throws Exception {
        for (String option : options) {
            if (!PARTS.contains(option)) {
                throw new IllegalArgumentException(
                        option + ": parts are " + String.join(", ", PARTS));
            }
        }
        BenchReport report =
                new BenchReport(
                        "int8",
                        "generated inputs for speed; magnetic tiles and DeepPCB for quality",
                        SEED);
        try (OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment())) {
            QualityStudy quality = new QualityStudy(engine, SEED, sharedData(), kept());
            if (options.isEmpty() || options.contains("--speed")) {
                new SpeedStudy(engine, ROUNDS, SEED).measure(report);
            }
            if (options.isEmpty() || options.contains("--quality")) {
                quality.measure(report);
            } else if (options.contains("--pruning")) {
                quality.measurePruning(report);
            }
        }
        return report;
    }

    static Path root() {
        String root = System.getenv("KARU_ROOT");
        return Path.of(root == null ? "." : root);
    }

    private static Path sharedData() {
        return root().resolve("../shared/data").normalize();
    }

    private static Path kept() {
        String home = System.getenv("KARU_HOME");
        return Path.of(home == null ? ".karu" : home).resolve("bench-int8");
    }
}
