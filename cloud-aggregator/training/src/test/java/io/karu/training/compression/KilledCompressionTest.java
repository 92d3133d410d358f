package io.karu.training.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.karu.engine.onnx.OnnxEngine;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.training.Compress;
import io.karu.training.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./karu compress}, killed as by a power cut. */
class KilledCompressionTest {
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    @TempDir Path folder;

    private final OnnxEngine engine = new OnnxEngine(OrtEnvironment.getEnvironment());
    private final List<Process> started = new ArrayList<>();
    private Path model;
    private Path out;
    private List<String> words;

    @BeforeEach
    void prepare() throws Exception {
        model = BoardStudent.write(engine, folder.resolve("boards"));
        Path data = BoardStudent.images(folder.resolve("data"), 6);
        out = folder.resolve("boards-int8");
        words =
                List.of(
                        model.toString(),
                        "--calibration",
                        data.toString(),
                        "--budget",
                        "99",
                        "--rounds",
                        "20",
                        "--out",
                        out.toString());
    }

    @AfterEach
    void end() {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        engine.close();
    }

    @Test
    @Timeout(400)
    void itBeginsAnewAndNothingHalfWrittenIsTakenForAResult() throws Exception {
        Path log = folder.resolve("first.log");
        Process parent = start(log);
        await("it calibrates", log, () -> said(log, "one-class percentile"));
        List<ProcessHandle> workers = parent.descendants().toList();
        assertFalse(workers.isEmpty(), () -> read(log));
        parent.destroyForcibly().waitFor();
        await("the worker ended with it", log, () -> workers.stream().noneMatch(this::lives));
        requireNoResult();

        Path second = folder.resolve("second.log");
        Process orphaned = start(second);
        await("it calibrates", second, () -> said(second, "one-class mse"));
        orphaned.children().forEach(ProcessHandle::destroyForcibly);
        assertNotEquals(0, orphaned.waitFor());
        assertTrue(read(second).contains("ended without a word"), () -> read(second));
        requireNoResult();

        Path half = Files.createDirectories(folder.resolve(".boards-int8.next"));
        Files.write(half.resolve(ModelVersionFolder.GRAPH), new byte[1000]);
        Path last = folder.resolve("last.log");
        int status = start(last).waitFor();
        JsonObject report = json(reports().resolve("compression.json"));
        assertEquals(metrics(undisturbed()), metrics(report), () -> read(last));
        assertEquals(status == 0, Files.exists(out), () -> read(last));
        if (status == 0) {
            String digest = ModelVersionFolder.read(out).digest().value();
            assertTrue(report.toString().contains(digest), "the version that the report names");
            assertFalse(Files.exists(half), "what was half written is gone");
        }
        assertFalse(Files.exists(folder.resolve("boards-int8.state")));
    }

    private boolean lives(ProcessHandle worker) {
        return worker.isAlive();
    }

    private Path reports() {
        return folder.resolve("boards.reports");
    }

    private void requireNoResult() {
        assertFalse(Files.exists(out));
        assertFalse(Files.exists(reports().resolve("compression.json")));
        assertFalse(Files.exists(reports().resolve("compression.html")));
    }

    private JsonObject undisturbed() throws Exception {
        Path copy = folder.resolve("copy").resolve("boards");
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.toList()) {
                Path to = copy.resolve(model.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
        List<String> line = new ArrayList<>(words);
        line.set(0, copy.toString());
        line.set(line.indexOf(out.toString()), folder.resolve("other").toString());
        Compression.Result result =
                new Compression(
                                engine,
                                CompressionOrder.parse(line),
                                (graph, shapes) -> OptionalLong.empty(),
                                Progress.SILENT)
                        .run();
        return new Gson().fromJson(result.report().json(), JsonObject.class);
    }

    /** What each variant was measured to be worth; what it takes is another each time. */
    private static Map<String, JsonElement> metrics(JsonObject report) {
        Map<String, JsonElement> metrics = new LinkedHashMap<>();
        for (JsonElement each : report.getAsJsonArray("variants")) {
            JsonObject variant = each.getAsJsonObject();
            String name = variant.get("variant").getAsString();
            if (!name.equals("mixed")) {
                metrics.put(name, variant.get("metrics"));
            }
        }
        return metrics;
    }

    private Process start(Path log) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Compress.class.getName()));
        command.addAll(words);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("KARU_HOME", folder.resolve("home").toString());
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private static void await(String what, Path log, BooleanSupplier condition)
            throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "not " + what + ": " + read(log));
            Thread.sleep(20);
        }
    }

    private static boolean said(Path log, String stage) {
        return read(log).contains(stage);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonObject json(Path file) {
        return new Gson().fromJson(read(file), JsonObject.class);
    }
}
