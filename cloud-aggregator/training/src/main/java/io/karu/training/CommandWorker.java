package io.karu.training;

import com.google.gson.JsonObject;
import io.karu.worker.Worker;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerListener;
import io.karu.worker.WorkerProgress;
import io.karu.worker.WorkerResult;
import io.karu.worker.WorkerSpec;
import io.karu.worker.WorkerTask;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Commands in a process of their own: as much heap as this JVM may have, all processors, a day.
 * Killed, or the power gone, the same command goes on from what its state folder holds.
 */
final class CommandWorker {
    private CommandWorker() {}

    /**
     * Runs a task and deletes its state once it is done.
     *
     * @param words its arguments
     * @param state folder that outlives a killed process
     * @param niceness 0 to 19
     * @return what it handed back
     * @throws IOException saying why the worker ended without a result, and where its log is
     */
    static JsonObject run(
            Class<? extends WorkerTask> task,
            List<String> words,
            Path state,
            int niceness,
            Progress progress)
            throws Exception {
        Path home = Path.of(System.getenv().getOrDefault("KARU_HOME", ".karu"));
        WorkerSpec.Builder spec =
                WorkerSpec.builder(task.getName(), state, classPath())
                        .arguments(words.toArray(String[]::new))
                        .heapMegabytes((int) (Runtime.getRuntime().maxMemory() >> 20))
                        .threads(threads())
                        .niceness(niceness)
                        .directory(Path.of(""));
        if (System.getenv("DJL_CACHE_DIR") == null) {
            spec.natives(home.resolve("natives"));
        }
        try (Worker worker = Worker.start(spec.build(), new Console(progress))) {
            WorkerResult result = worker.result().join();
            if (result.outcome() != WorkerResult.Outcome.DONE) {
                String heap =
                        result.outcome() == WorkerResult.Outcome.MEMORY
                                ? "; give it more by KARU_JAVA_OPTS, for instance -Xmx4g"
                                : "";
                throw new IOException(result.reason() + heap + " (log: " + worker.log() + ")");
            }
            delete(state);
            return result.body().orElseThrow();
        }
    }

    /** {@code KARU_THREADS}, else all processors. */
    private static int threads() {
        String given = System.getenv("KARU_THREADS");
        return given == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(given);
    }

    /** The class path of this JVM. */
    static List<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** In the worker: tells the one who started it. */
    record Telling(WorkerContext context) implements Progress {
        @Override
        public void begin(String stage, long total, String unit) {
            context.stage(stage, total, unit);
            context.progress(0, "");
        }

        @Override
        public void at(long done, String figures) {
            context.progress(done, figures);
        }

        @Override
        public boolean isCancelled() {
            return context.isCancelled();
        }
    }

    /** Tells the console what the worker tells. */
    private static final class Console implements WorkerListener {
        private final Progress progress;
        private String stage = "";

        Console(Progress progress) {
            this.progress = progress;
        }

        @Override
        public void progress(WorkerProgress now) {
            if (!now.stage().equals(stage)) {
                stage = now.stage();
                progress.begin(stage, now.of(), now.unit());
            }
            if (now.done() > 0) {
                progress.at(now.done(), now.note());
            }
        }
    }
}
