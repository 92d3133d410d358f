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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Trains in a process of its own. Killed, or the power gone, the same command goes on from the last
 * checkpoint in {@link TrainingOrder#state}.
 */
public final class TrainingWorker implements WorkerTask {
    private static final String SUMMARY = "summary";

    /** Made by the worker. */
    public TrainingWorker() {}

    /**
     * Runs {@code ./karu train} in a worker: as much heap as this JVM may have, all processors.
     *
     * @param words of the command line after the task
     * @return the summary of {@link Train#summary}
     * @throws IOException saying why the worker ended without a model, and where its log is
     */
    static String run(String task, List<String> words, TrainingOrder order, Progress progress)
            throws Exception {
        List<String> arguments = new ArrayList<>(words);
        arguments.add(0, task);
        Runtime here = Runtime.getRuntime();
        Path home = Path.of(System.getenv().getOrDefault("KARU_HOME", ".karu"));
        WorkerSpec.Builder spec =
                WorkerSpec.builder(TrainingWorker.class.getName(), order.state(), classPath())
                        .arguments(arguments.toArray(String[]::new))
                        .heapMegabytes((int) (here.maxMemory() >> 20))
                        .threads(threads())
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
            delete(order.state());
            return result.body().orElseThrow().get(SUMMARY).getAsString();
        }
    }

    /** {@code KARU_THREADS}, else all processors. */
    private static int threads() {
        String given = System.getenv("KARU_THREADS");
        return given == null ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(given);
    }

    private static List<Path> classPath() {
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

    @Override
    public void run(WorkerContext context) throws Exception {
        List<String> words = new ArrayList<>(context.arguments());
        Recipe recipe = Train.recipe(words.remove(0));
        TrainingOrder order = Train.order(recipe, words);
        Trained trained = Train.run(recipe, order, new Telling(context));
        JsonObject result = new JsonObject();
        result.addProperty(SUMMARY, Train.summary(order, trained));
        context.result(result);
    }

    /** In the worker: tells the one who started it. */
    private record Telling(WorkerContext context) implements Progress {
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
