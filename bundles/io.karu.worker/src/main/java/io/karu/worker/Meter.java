package io.karu.worker;

/** The rate of late: an average that forgets over about twenty seconds. */
final class Meter {
    private static final double SECONDS = 20;

    private long lastDone = -1;
    private long lastNanos;
    private double units;
    private double seconds;

    /** Units per second; 0 until it can be said. */
    double rate(long done, long nanos) {
        if (lastDone >= 0 && done > lastDone && nanos > lastNanos) {
            double passed = (nanos - lastNanos) / 1e9;
            double keep = Math.exp(-passed / SECONDS);
            units = keep * units + (done - lastDone);
            seconds = keep * seconds + passed;
        }
        if (lastDone < 0 || done > lastDone) {
            lastDone = done;
            lastNanos = nanos;
        }
        return seconds > 0 ? units / seconds : 0;
    }
}
