package io.karu.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.karu.worker.WorkerResult.Outcome;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class WorkerTest {
    @TempDir Path folder;

    static List<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    private WorkerSpec.Builder spec(Class<? extends WorkerTask> task) {
        return WorkerSpec.builder(task.getName(), folder.resolve("work"), classPath())
                .heapMegabytes(64)
                .options("-XX:TieredStopAtLevel=1", "-Xshare:auto");
    }

    /** Completed with the progress that first satisfies the condition. */
    private static final class Await implements WorkerListener {
        private final LongPredicate condition;
        final CompletableFuture<WorkerProgress> reached = new CompletableFuture<>();

        Await(LongPredicate condition) {
            this.condition = condition;
        }

        @Override
        public void progress(WorkerProgress progress) {
            if (condition.test(progress.done())) {
                reached.complete(progress);
            }
        }
    }

    @Test
    void aTaskReportsProgressWithRateAndTimeLeftAndItsResult() throws Exception {
        Await end = new Await(done -> done == 300);
        try (Worker worker =
                Worker.start(spec(Tasks.Count.class).arguments("300", "5").build(), end)) {
            WorkerResult result = worker.result().join();
            assertEquals(Outcome.DONE, result.outcome(), result.reason());
            assertEquals(0, result.body().orElseThrow().get("began").getAsLong());
            WorkerProgress last = end.reached.join();
            assertEquals("counting", last.stage());
            assertEquals(300, last.of());
            assertEquals(Map.of("square", 90000.0), last.metrics());
            assertTrue(last.rate() > 0);
            assertEquals(Duration.ZERO, last.left().orElseThrow());
        }
    }

    @Test
    void aWorkerThatWasKilledGoesOnFromWhatItKept() throws Exception {
        Await far = new Await(done -> done >= 55);
        Worker first = Worker.start(spec(Tasks.Count.class).arguments("100", "20").build(), far);
        long reached = far.reached.join().done();
        assertTrue(ProcessHandle.of(first.pid()).orElseThrow().destroyForcibly());
        assertEquals(Outcome.LOST, first.result().join().outcome());
        try (Worker second =
                Worker.start(
                        spec(Tasks.Count.class).arguments("100", "1").build(),
                        WorkerListener.NONE)) {
            JsonObject body = second.result().join().body().orElseThrow();
            // It keeps its count every ten: at most that much is lost.
            assertTrue(body.get("began").getAsLong() > reached - 10, body.toString());
        }
    }

    @Test
    void aCancelledTaskEndsByItself() throws Exception {
        Await begun = new Await(done -> done >= 1);
        Worker worker =
                Worker.start(spec(Tasks.Count.class).arguments("100000", "5").build(), begun);
        begun.reached.join();
        worker.cancel();
        WorkerResult result = worker.result().join();
        assertEquals(Outcome.CANCELLED, result.outcome());
        assertEquals(Child.CANCELLED, result.exitStatus());
    }

    @Test
    void aTaskEndsByItselfWhenItsProcessIsAskedToEnd() throws Exception {
        Await begun = new Await(done -> done >= 1);
        Worker worker =
                Worker.start(spec(Tasks.Count.class).arguments("100000", "5").build(), begun);
        begun.reached.join();
        assertTrue(ProcessHandle.of(worker.pid()).orElseThrow().destroy());
        WorkerResult result = worker.result().join();
        assertEquals(Outcome.CANCELLED, result.outcome(), result.reason());
        assertEquals(Child.CANCELLED, result.exitStatus());
    }

    @Test
    void aTaskThatDoesNotListenIsKilledAfterItsGrace() throws Exception {
        Await begun = new Await(done -> true);
        Worker worker =
                Worker.start(spec(Tasks.Deaf.class).grace(Duration.ofMillis(200)).build(), begun);
        begun.reached.join();
        worker.close();
        assertEquals(Outcome.CANCELLED, worker.result().join().outcome());
        assertFalse(ProcessHandle.of(worker.pid()).map(ProcessHandle::isAlive).orElse(false));
    }

    @Test
    void aTaskThatTakesTooLongIsEnded() throws Exception {
        try (Worker worker =
                Worker.start(
                        spec(Tasks.Count.class)
                                .arguments("1000000", "5")
                                .deadline(Duration.ofMillis(100))
                                .build(),
                        WorkerListener.NONE)) {
            assertEquals(Outcome.DEADLINE, worker.result().join().outcome());
        }
    }

    @Test
    void aTaskThatTakesTooMuchMemoryIsKilled() throws Exception {
        try (Worker worker =
                Worker.start(
                        spec(Tasks.Greedy.class)
                                .memoryMegabytes(300)
                                .options("-XX:MaxDirectMemorySize=1g")
                                .build(),
                        WorkerListener.NONE)) {
            WorkerResult result = worker.result().join();
            assertEquals(Outcome.MEMORY, result.outcome(), result.reason());
        }
    }

    @Test
    void aTaskWhoseHeapIsTooSmallSaysSo() throws Exception {
        try (Worker worker =
                Worker.start(
                        spec(Tasks.Hoard.class).heapMegabytes(32).build(), WorkerListener.NONE)) {
            WorkerResult result = worker.result().join();
            assertEquals(Outcome.MEMORY, result.outcome(), result.reason());
            assertEquals("needs more heap than the 32 MB that it was given", result.reason());
        }
    }

    @Test
    void aFailedTaskSaysWhy() throws Exception {
        try (Worker worker = Worker.start(spec(Tasks.Fail.class).build(), WorkerListener.NONE)) {
            WorkerResult result = worker.result().join();
            assertEquals(Outcome.FAILED, result.outcome());
            assertEquals("no images in /nowhere", result.reason());
            assertTrue(Files.readString(worker.log()).contains("Tasks$Fail"));
        }
    }

    @Test
    void theChildHasItsOwnHeapThreadsAndPassiveOpenMp() throws Exception {
        try (Worker worker =
                Worker.start(
                        spec(Tasks.Look.class).threads(2).natives(folder.resolve("n")).build(),
                        WorkerListener.NONE)) {
            WorkerResult result = worker.result().join();
            JsonObject seen = result.body().orElseThrow(() -> new AssertionError(result));
            assertEquals("PASSIVE", seen.get("OMP_WAIT_POLICY").getAsString());
            assertEquals("2", seen.get("OMP_NUM_THREADS").getAsString());
            assertEquals("true", seen.get("OPT_OUT_TRACKING").getAsString());
            assertEquals("true", seen.get("ai.djl.offline").getAsString());
            assertEquals("2", seen.get("ai.djl.pytorch.num_threads").getAsString());
            assertEquals(64, seen.get("heap").getAsLong());
            assertEquals(2, seen.get("processors").getAsLong());
            Path cache = Path.of(seen.get("DJL_CACHE_DIR").getAsString());
            assertEquals(folder.resolve("n"), cache.getParent());
            assertTrue(Files.readString(worker.log()).contains("printed by a library"));
        }
    }

    @Test
    void nativesAreUnpackedIntoAFolderNamedByTheirContent() throws Exception {
        Path jar = jar("pytorch-native-1.jar", "one");
        Path same = jar("other-native.jar", "one");
        Path other = jar("pytorch-native-2.jar", "two");
        Path natives = folder.resolve("natives");
        Path expected = NativeCache.folder(natives, List.of(jar, folder.resolve("a.jar")));
        assertEquals(expected, NativeCache.folder(natives, List.of(same)));
        assertNotEquals(expected, NativeCache.folder(natives, List.of(other)));
    }

    private Path jar(String name, String content) throws Exception {
        Path file = folder.resolve(name);
        try (var out = new java.util.zip.ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new java.util.zip.ZipEntry("lib.so"));
            out.write(content.getBytes());
        }
        return file;
    }

    @Test
    void aWorkerEndsWhenWhoeverStartedItIsGone() throws Exception {
        Await named = new Await(done -> true);
        Worker parent = Worker.start(spec(Tasks.Parent.class).build(), named);
        ProcessHandle child = ProcessHandle.of(named.reached.join().done()).orElseThrow();
        assertTrue(ProcessHandle.of(parent.pid()).orElseThrow().destroyForcibly());
        child.onExit().get(60, TimeUnit.SECONDS);
        assertFalse(child.isAlive());
    }
}
