package io.karu.training;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Prints how far a run is, at most once in a few seconds, with rate and time left. */
final class ConsoleProgress implements Progress {
    private static final long EVERY = TimeUnit.SECONDS.toNanos(5);

    private final PrintStream out;
    private String stage = "";
    private String unit = "";
    private long total;
    private long began;
    private long told;
    private long first;

    ConsoleProgress(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(String name, long units, String plural) {
        stage = name;
        total = units;
        unit = plural;
        began = System.nanoTime();
        told = 0;
        first = -1;
        out.println("karu: " + name + ", " + units + " " + plural);
    }

    @Override
    public void at(long done, String figures) {
        long now = System.nanoTime();
        if (first < 0) {
            // A resumed training begins in the middle: what was done before took no time of ours.
            first = Math.max(0, done - 1);
        }
        if (done < total && told != 0 && now - told < EVERY) {
            return;
        }
        told = now;
        out.println("karu: " + line(done, figures, (now - began) / 1e9));
    }

    private String line(long done, String figures, double seconds) {
        double rate = (done - first) / Math.max(1e-9, seconds);
        String left =
                done == 0 || done >= total ? "" : ", " + time((total - done) / rate) + " left";
        return String.format(
                        Locale.ROOT,
                        "%s %d of %d, %.4g %s/s%s",
                        stage,
                        done,
                        total,
                        rate,
                        unit,
                        left)
                + (figures.isEmpty() ? "" : "; " + figures);
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 120
                ? whole + " s"
                : whole < 7200
                        ? whole / 60 + " min"
                        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
}
