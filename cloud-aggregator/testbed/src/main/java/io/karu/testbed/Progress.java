package io.karu.testbed;

import java.io.PrintStream;
import java.time.Duration;

/** Tells a person which step runs and how long it took. */
public final class Progress {
    private final PrintStream out;
    private long started;

    public Progress(PrintStream out) {
        this.out = out;
    }

    /** A step begins. */
    public void begin(String step) {
        started = System.nanoTime();
        out.printf("  %-58s ", step + " ...");
        out.flush();
    }

    /** The step is done. */
    public void done(String result) {
        double seconds = Duration.ofNanos(System.nanoTime() - started).toMillis() / 1000.0;
        out.printf("%s (%.1f s)%n", result, seconds);
        out.flush();
    }

    public void say(String text) {
        out.println(text);
        out.flush();
    }
}
