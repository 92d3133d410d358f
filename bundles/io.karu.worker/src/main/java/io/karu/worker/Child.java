package io.karu.worker;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The main class of a worker's JVM: runs the task, speaks {@link Lines} on the standard output, and
 * ends when its standard input does, because then whoever started it is gone. What others print
 * goes to the log.
 */
public final class Child implements WorkerContext {
    static final int FAILED = 1;
    static final int CANCELLED = 3;
    private static final int ORPHAN = 4;
    private static final long NANOS_BETWEEN_LINES = 500_000_000;

    private final PrintStream lines;
    private final Path folder;
    private final List<String> arguments;
    private String stage = "";
    private String unit = "steps";
    private long of;
    private Meter meter = new Meter();
    private long written;
    private JsonObject result = new JsonObject();
    private volatile boolean cancelled;

    private Child(PrintStream lines, Path folder, List<String> arguments) {
        this.lines = lines;
        this.folder = folder;
        this.arguments = arguments;
    }

    /** Arguments: class of the task, its folder, seconds to end in, and the task's own. */
    public static void main(String[] words) {
        PrintStream lines = System.out;
        System.setOut(System.err);
        List<String> own = List.of(words).subList(3, words.length);
        Child child = new Child(lines, Path.of(words[1]), own);
        Duration grace = Duration.ofMillis(Long.parseLong(words[2]));
        Thread guard = new Thread(() -> child.guard(System.in, grace), "guard");
        guard.setDaemon(true);
        guard.start();
        // Ctrl-C and SIGTERM: the task keeps its state before the hooks are over.
        Thread hook = new Thread(() -> child.cancelAndWait(grace), "asked to end");
        Runtime.getRuntime().addShutdownHook(hook);
        // Not System.exit: the shutdown hooks of native libraries may wait for threads of theirs.
        Runtime.getRuntime().halt(child.run(words[0]));
    }

    private int run(String task) {
        try {
            WorkerTask it = (WorkerTask) Class.forName(task).getDeclaredConstructor().newInstance();
            it.run(this);
            if (cancelled) {
                return cancelled();
            }
            JsonObject line = Lines.of(Lines.RESULT);
            line.add("body", result);
            write(line);
            return 0;
        } catch (Throwable e) {
            e.printStackTrace();
            if (cancelled) {
                return cancelled();
            }
            JsonObject line = Lines.of(Lines.FAILED);
            line.addProperty("reason", e.getMessage() == null ? e.toString() : e.getMessage());
            write(line);
            return FAILED;
        } finally {
            System.err.flush();
        }
    }

    private int cancelled() {
        write(Lines.of(Lines.CANCELLED));
        return CANCELLED;
    }

    /** Any byte cancels; the end of the stream too, and then nobody is left to wait for. */
    private void guard(InputStream in, Duration grace) {
        try {
            int read = in.read();
            cancelled = true;
            while (read >= 0) {
                read = in.read();
            }
        } catch (IOException e) {
            cancelled = true;
        }
        cancelAndWait(grace);
        Runtime.getRuntime().halt(ORPHAN);
    }

    /** The JVM is halted as soon as the task has ended. */
    private void cancelAndWait(Duration grace) {
        cancelled = true;
        try {
            Thread.sleep(grace.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Path folder() {
        return folder;
    }

    @Override
    public List<String> arguments() {
        return arguments;
    }

    @Override
    public synchronized void stage(String name, long units, String plural) {
        stage = name;
        of = units;
        unit = plural;
        meter = new Meter();
        written = 0;
    }

    @Override
    public void progress(long done, Map<String, Double> metrics) {
        progress(done, metrics, "");
    }

    @Override
    public void progress(long done, String note) {
        progress(done, Map.of(), note);
    }

    private synchronized void progress(long done, Map<String, Double> metrics, String note) {
        long now = System.nanoTime();
        double rate = meter.rate(done, now);
        if (written == 0 || now - written >= NANOS_BETWEEN_LINES || of > 0 && done >= of) {
            written = now;
            write(Lines.of(new WorkerProgress(stage, done, of, unit, rate, metrics, note)));
        }
    }

    private synchronized void write(JsonObject line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        lines.write(bytes, 0, bytes.length);
        lines.flush();
    }

    @Override
    public synchronized void result(JsonObject value) {
        result = value;
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }
}
