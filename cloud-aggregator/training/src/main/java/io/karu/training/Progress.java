package io.karu.training;

import java.io.PrintStream;

/** Takes how far a long run is. Implementations tell rate and time left. */
public interface Progress {
    /** Tells nobody. */
    Progress SILENT =
            new Progress() {
                @Override
                public void begin(String stage, long total, String unit) {}

                @Override
                public void at(long done, String figures) {}
            };

    /** Prints to a stream, at most once in a few seconds. */
    static Progress console(PrintStream out) {
        return new ConsoleProgress(out);
    }

    /**
     * A stage begins.
     *
     * @param stage for a person, for instance {@code training}
     * @param total how many units it has
     * @param unit what is counted, in the plural
     */
    void begin(String stage, long total, String unit);

    /**
     * So many units of the stage are done.
     *
     * @param figures what is known by now, for instance {@code loss 0.31}; may be empty
     */
    void at(long done, String figures);

    /** Whether the run should keep its state and end. */
    default boolean isCancelled() {
        return false;
    }
}
