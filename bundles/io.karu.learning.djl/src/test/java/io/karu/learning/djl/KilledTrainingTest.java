package io.karu.learning.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.karu.onnx.Graph;
import io.karu.worker.Worker;
import io.karu.worker.WorkerContext;
import io.karu.worker.WorkerListener;
import io.karu.worker.WorkerResult;
import io.karu.worker.WorkerSpec;
import io.karu.worker.WorkerTask;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A training in a worker process that is killed, as a gateway may be switched off. */
class KilledTrainingTest {
    private static final int EPOCHS = 4;
    private static final int STEPS = 10;

    @TempDir Path folder;

    private static TrainingPlan.Builder plan() {
        return TrainingPlan.builder()
                .seed(5)
                .epochs(EPOCHS, STEPS)
                .optimizer(Optimizer.adamW(0.01), 0.01, Schedule.cosine(0.1, 0.1))
                .averaging(0.9);
    }

    private static History train(TrainableGraph graph, TrainingPlan plan) throws Exception {
        return new TrainingRun(graph, plan)
                .run(
                        step -> {
                            byte[] pixels = new byte[4 * 64];
                            for (int i = 0; i < pixels.length; i++) {
                                pixels[i] = (byte) step.random().nextInt(256);
                            }
                            return Losses.crossEntropy(
                                    step.forward(step.pixels(pixels, 4, 1, 8, 8)),
                                    Losses.target(step.integers(new long[] {0, 1, 2, 0}, 4), 3, 0));
                        });
    }

    /** Keeps a checkpoint after each step and stops where it is told to, to be killed there. */
    public static final class Training implements WorkerTask {
        /** Made by the worker. */
        public Training() {}

        @Override
        public void run(WorkerContext context) throws Exception {
            // As in a framework whose threads know nothing of DJL.
            Thread.currentThread().setContextClassLoader(ClassLoader.getPlatformClassLoader());
            int stopAfter = Integer.parseInt(context.arguments().get(0));
            context.stage("training", EPOCHS * STEPS, "steps");
            long[] first = {-1};
            try (TrainableGraph graph = TrainableGraph.of(RoundTripTest.small())) {
                TrainingPlan plan =
                        plan().checkpoints(context.folder(), Duration.ZERO)
                                .cancelledWhen(context::isCancelled)
                                .listener(
                                        (step, of, metrics) -> {
                                            first[0] = first[0] < 0 ? step : first[0];
                                            if (step == stopAfter) {
                                                context.stage("waiting", 0, "steps");
                                                context.progress(step, metrics);
                                                block();
                                            }
                                        })
                                .build();
                train(graph, plan);
                graph.writeBack().write(context.folder().resolve("model.onnx"));
                JsonObject result = new JsonObject();
                result.addProperty("first", first[0]);
                context.result(result);
            }
        }

        private static void block() {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private WorkerSpec spec(int stopAfter) {
        return WorkerSpec.builder(
                        Training.class.getName(),
                        folder,
                        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(Path::of)
                                .toList())
                .arguments(Integer.toString(stopAfter))
                .environment("DJL_CACHE_DIR", System.getProperty("user.home") + "/.djl.ai")
                .build();
    }

    @Test
    @Timeout(240)
    void itEndsWithTheBitsOfATrainingThatWasNot() throws Exception {
        int killedAfter = 17;
        CompletableFuture<Void> there = new CompletableFuture<>();
        WorkerListener listener =
                progress -> {
                    if (progress.stage().equals("waiting")) {
                        there.complete(null);
                    }
                };
        Worker killed = Worker.start(spec(killedAfter), listener);
        CompletableFuture.anyOf(there, killed.result()).join();
        assertTrue(there.isDone(), () -> killed.result().join().toString());
        assertTrue(ProcessHandle.of(killed.pid()).orElseThrow().destroyForcibly());
        assertEquals(WorkerResult.Outcome.LOST, killed.result().join().outcome());

        try (Worker again = Worker.start(spec(-1), WorkerListener.NONE)) {
            WorkerResult result = again.result().join();
            assertEquals(WorkerResult.Outcome.DONE, result.outcome(), result.reason());
            // The checkpoint of the step before the one that was killed: that step is done again.
            assertEquals(killedAfter, result.body().orElseThrow().get("first").getAsInt());
        }

        try (TrainableGraph whole = TrainableGraph.of(RoundTripTest.small())) {
            train(whole, plan().build());
            Graph trained = Graph.read(folder.resolve("model.onnx"));
            for (Map.Entry<String, float[]> each : whole.values().entrySet()) {
                float[] other = trained.constant(each.getKey()).orElseThrow().floats();
                assertArrayEquals(each.getValue(), other, each.getKey());
            }
        }
    }
}
