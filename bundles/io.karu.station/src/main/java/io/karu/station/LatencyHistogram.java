package io.karu.station;

import java.time.Duration;

/** Counts durations from 1 µs to a minute in steps of 5 %. Not thread-safe. */
final class LatencyHistogram {
    private static final double STEP = Math.log(1.05);
    private static final int STEPS = (int) (Math.log(60e6) / STEP) + 1;

    private final long[] counts = new long[STEPS];
    private long total;

    void add(long nanos) {
        double micros = Math.max(1, nanos / 1e3);
        counts[Math.min(STEPS - 1, (int) (Math.log(micros) / STEP))]++;
        total++;
    }

    /** The duration that this share of all does not exceed; zero when there is none. */
    Duration quantile(double share) {
        long needed = (long) Math.ceil(share * total);
        long seen = 0;
        for (int step = 0; step < STEPS && total > 0; step++) {
            seen += counts[step];
            if (seen >= needed) {
                return Duration.ofNanos((long) (Math.exp((step + 0.5) * STEP) * 1e3));
            }
        }
        return Duration.ZERO;
    }
}
