package io.karu.compression;

import com.google.gson.JsonObject;
import io.karu.api.inference.Binding;
import io.karu.api.inference.InferenceEngine;
import io.karu.api.inference.InferenceException;
import io.karu.api.inference.InferenceSession;
import io.karu.api.inference.SessionOptions;
import io.karu.onnx.Graph;
import io.karu.onnx.GraphBuilder;
import io.karu.onnx.proto.TensorProto.DataType;
import io.karu.worker.Worker;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerResult;
import io.karu.worker.WorkerSpec;
import io.karu.worker.WorkerTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Memory that a model takes, measured: a child JVM of fixed heap loads the engine, runs a graph
 * that does nothing, then opens the model and runs it with one thread. The difference of its
 * resident memory (VmRSS) before and after is the model's. Linux only.
 */
public final class ResidentMemory implements WorkerTask {
    private static final int RUNS = 5;
    private static final int HEAP_MEGABYTES = 64;
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "residentBytes";

    private final List<Path> classPath;

    /** Made by the worker. */
    public ResidentMemory() {
        this(List.of());
    }

    private ResidentMemory(List<Path> classPath) {
        this.classPath = classPath;
    }

    /**
     * Measures with children of this class path.
     *
     * @param classPath with an engine among it
     */
    public static ResidentMemory with(List<Path> classPath) {
        return new ResidentMemory(classPath);
    }

    /**
     * Bytes that a graph takes.
     *
     * @param shapes full shape of every input
     * @return empty where the system does not tell
     * @throws IOException when the child ended without a number; says why
     */
    public OptionalLong of(Graph graph, Map<String, List<Long>> shapes) throws IOException {
        if (!Files.isReadable(STATUS)) {
            return OptionalLong.empty();
        }
        Path folder = Files.createTempDirectory("karu-memory");
        try {
            graph.write(folder.resolve("model.onnx"));
            idle().write(folder.resolve("idle.onnx"));
            String heap = HEAP_MEGABYTES + "m";
            WorkerSpec spec =
                    WorkerSpec.builder(ResidentMemory.class.getName(), folder, classPath)
                            .arguments(
                                    shapes.entrySet().stream()
                                            .map(ResidentMemory::word)
                                            .toArray(String[]::new))
                            .heapMegabytes(HEAP_MEGABYTES)
                            .options("-Xms" + heap, "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC")
                            .options("-XX:TieredStopAtLevel=1")
                            .deadline(Duration.ofMinutes(5))
                            .build();
            try (Worker child = Worker.start(spec, progress -> {})) {
                WorkerResult result = child.result().join();
                if (result.body().isEmpty()) {
                    throw new IOException("memory was not measured: " + result.reason());
                }
                return OptionalLong.of(result.body().get().get(RESIDENT).getAsLong());
            }
        } finally {
            delete(folder);
        }
    }

    private static String word(Map.Entry<String, List<Long>> input) {
        return input.getKey()
                + "="
                + input.getValue().stream().map(String::valueOf).collect(Collectors.joining("x"));
    }

    private static Graph idle() {
        GraphBuilder graph = new GraphBuilder("idle");
        graph.output(
                "out", graph.node("Relu", graph.input("in", DataType.FLOAT, 1)), DataType.FLOAT, 1);
        return graph.graph();
    }

    @Override
    public void run(WorkerContext context) throws IOException, InferenceException {
        InferenceEngine engine =
                ServiceLoader.load(InferenceEngine.class)
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalStateException(
                                                "no inference engine is on the class path"));
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        for (String word : context.arguments()) {
            int sign = word.lastIndexOf('=');
            shapes.put(
                    word.substring(0, sign),
                    Arrays.stream(word.substring(sign + 1).split("x")).map(Long::valueOf).toList());
        }
        run(engine, context.folder().resolve("idle.onnx"), Map.of("in", List.of(1L)));
        long before = resident();
        JsonObject result = new JsonObject();
        try (InferenceSession session =
                        engine.open(
                                context.folder().resolve("model.onnx"),
                                SessionOptions.SHARED_GATEWAY);
                Binding binding = session.bind(shapes)) {
            for (int i = 0; i < RUNS; i++) {
                binding.run();
            }
            result.addProperty(RESIDENT, resident() - before);
        }
        context.result(result);
    }

    private static void run(InferenceEngine engine, Path model, Map<String, List<Long>> shapes)
            throws InferenceException {
        try (InferenceSession session = engine.open(model, SessionOptions.SHARED_GATEWAY);
                Binding binding = session.bind(shapes)) {
            binding.run();
        }
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D+", ""));
            }
        }
        throw new IOException(STATUS + " names no resident memory");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
