package io.karu.worker;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.karu.worker.WorkerResult.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A child JVM that runs a {@link WorkerTask}. It ends with its task, at its deadline, when it is
 * cancelled, when it takes too much memory, and when the JVM that started it is gone. Thread-safe.
 */
public final class Worker implements AutoCloseable {
    /** What HotSpot ends with by ExitOnOutOfMemoryError. */
    private static final int OUT_OF_HEAP = 3;

    private static final long WATCH_MILLIS = 500;

    private final WorkerSpec spec;
    private final WorkerListener listener;
    private final Process process;
    private final CompletableFuture<WorkerResult> result = new CompletableFuture<>();
    private volatile Optional<WorkerProgress> progress = Optional.empty();
    private volatile Outcome reason;
    private volatile JsonObject lastWord;

    private Worker(WorkerSpec spec, WorkerListener listener) throws IOException {
        this.spec = spec;
        this.listener = listener;
        process = Command.of(spec).start();
        Thread reader = thread("reads", this::read);
        thread("watches", () -> watch(reader));
    }

    /**
     * Starts a worker.
     *
     * @throws IOException when its folder cannot be written or the process not be started
     */
    public static Worker start(WorkerSpec spec, WorkerListener listener) throws IOException {
        return new Worker(spec, listener);
    }

    /** Its end; never completed exceptionally. */
    public CompletableFuture<WorkerResult> result() {
        return result.copy();
    }

    /** What it last said, if anything yet. */
    public Optional<WorkerProgress> progress() {
        return progress;
    }

    /** Process id. */
    public long pid() {
        return process.pid();
    }

    /** What it and its libraries print. */
    public Path log() {
        return spec.folder.resolve(Command.LOG);
    }

    /** Asks it to keep its state and end; it is killed when it takes longer than its grace. */
    public void cancel() {
        end(Outcome.CANCELLED);
    }

    /** Cancels and waits for the end. */
    @Override
    public void close() {
        cancel();
        result.join();
    }

    private synchronized void end(Outcome why) {
        if (reason != null || !process.isAlive()) {
            return;
        }
        reason = why;
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroyForcibly();
        }
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                hear(line);
            }
        } catch (IOException e) {
            // The process is gone; watch() tells how.
            return;
        }
    }

    private void hear(String text) {
        try {
            JsonObject line = JsonParser.parseString(text).getAsJsonObject();
            if (line.get(Lines.KIND).getAsString().equals(Lines.PROGRESS)) {
                WorkerProgress heard = Lines.progress(line);
                progress = Optional.of(heard);
                listener.progress(heard);
            } else {
                lastWord = line;
            }
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            // A native library wrote to the standard output itself: no line of ours.
            return;
        }
    }

    private void watch(Thread reader) {
        long deadline = System.nanoTime() + spec.deadline.toNanos();
        long killAt = Long.MAX_VALUE;
        try {
            while (!process.waitFor(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                if (now - deadline >= 0) {
                    end(Outcome.DEADLINE);
                }
                if (reason != null && killAt == Long.MAX_VALUE) {
                    killAt = now + spec.grace.toNanos() + TimeUnit.SECONDS.toNanos(2);
                }
                if (killAt != Long.MAX_VALUE && now - killAt >= 0) {
                    process.destroyForcibly();
                }
                if (spec.memoryMegabytes.isPresent()
                        && residentMegabytes() > spec.memoryMegabytes.get()) {
                    reason = Outcome.MEMORY;
                    process.destroyForcibly();
                }
            }
            reader.join();
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
        result.complete(conclude(process.exitValue()));
    }

    private WorkerResult conclude(int status) {
        String word = lastWord == null ? "" : lastWord.get(Lines.KIND).getAsString();
        if (word.equals(Lines.RESULT)) {
            return new WorkerResult(
                    Outcome.DONE, Optional.of(lastWord.getAsJsonObject("body")), "", status);
        }
        if (word.equals(Lines.FAILED)) {
            return ended(Outcome.FAILED, lastWord.get("reason").getAsString(), status);
        }
        if (reason == Outcome.DEADLINE) {
            return ended(reason, "took longer than " + spec.deadline.toSeconds() + " s", status);
        }
        if (reason == Outcome.MEMORY) {
            return ended(reason, "took more than " + spec.memoryMegabytes.get() + " MB", status);
        }
        if (reason == Outcome.CANCELLED || word.equals(Lines.CANCELLED)) {
            return ended(Outcome.CANCELLED, "was cancelled", status);
        }
        if (status == OUT_OF_HEAP) {
            String why = "needs more heap than the " + spec.heapMegabytes + " MB that it was given";
            return ended(Outcome.MEMORY, why, status);
        }
        return ended(Outcome.LOST, "ended without a word, status " + status + "; " + log(), status);
    }

    private static WorkerResult ended(Outcome outcome, String why, int status) {
        return new WorkerResult(outcome, Optional.empty(), why, status);
    }

    /** 0 where it cannot be known. */
    private long residentMegabytes() {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D+", "")) / 1024;
                }
            }
        } catch (IOException e) {
            return 0;
        }
        return 0;
    }

    private Thread thread(String what, Runnable body) {
        Thread thread = new Thread(body, what + " worker " + process.pid());
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
