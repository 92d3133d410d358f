package io.karu.aggregator.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.karu.aggregator.AggregatorException;
import io.karu.aggregator.AggregatorException.Code;
import io.karu.aggregator.store.Json;
import io.karu.modelversion.ModelVersionFolder;
import io.karu.worker.Worker;
import io.karu.worker.WorkerResult;
import io.karu.worker.WorkerResult.Outcome;
import io.karu.worker.WorkerSpec;
import io.karu.worker.WorkerTask;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Checks an upload in a child JVM with bounded memory and time, one at a time: a graph may bring
 * the engine down, and then only the child is gone. Thread-safe.
 */
public final class EngineCheck implements UploadCheck {
    private static final Duration DEADLINE = Duration.ofMinutes(5);
    private static final int HEAP_MEGABYTES = 1024;
    private static final int MEMORY_MEGABYTES = 4096;

    private final Path folder;
    private final Class<? extends WorkerTask> task;

    /**
     * @param folder where children work; emptied
     */
    public EngineCheck(Path folder) throws IOException {
        this(folder, ProofTask.class);
    }

    EngineCheck(Path folder, Class<? extends WorkerTask> task) throws IOException {
        this.folder = folder.toAbsolutePath();
        this.task = task;
        delete(folder);
        Files.createDirectories(folder);
    }

    @Override
    public synchronized JsonNode check(ModelVersionFolder version) throws IOException {
        Path work = folder.resolve(UUID.randomUUID().toString());
        try (Worker worker = Worker.start(spec(version, work), progress -> {})) {
            WorkerResult result = worker.result().join();
            if (result.outcome() == Outcome.DONE) {
                return Json.tree(result.body().orElseThrow().toString());
            }
            throw new AggregatorException(Code.MODEL_INVALID, reason(result));
        } finally {
            delete(work);
        }
    }

    private static String reason(WorkerResult result) {
        return switch (result.outcome()) {
            case FAILED -> result.reason();
            case LOST ->
                    "model.onnx: the engine crashed on it (status "
                            + result.exitStatus()
                            + "), so no gateway may run it";
            case MEMORY -> "model.onnx: running its golden cases " + result.reason() + " of memory";
            case DEADLINE -> "model.onnx: running its golden cases " + result.reason();
            case CANCELLED, DONE -> "the check was interrupted; upload the model again";
        };
    }

    private WorkerSpec spec(ModelVersionFolder version, Path work) {
        List<Path> classPath =
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(Path::of)
                        .toList();
        return WorkerSpec.builder(task.getName(), work, classPath)
                .arguments(version.root().toAbsolutePath().toString())
                .heapMegabytes(HEAP_MEGABYTES)
                .memoryMegabytes(MEMORY_MEGABYTES)
                .deadline(DEADLINE)
                .grace(Duration.ofSeconds(2))
                .options("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                .options("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=crash.log")
                .options("-Dlogback.configurationFile=aggregator-logback.xml")
                .build();
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
