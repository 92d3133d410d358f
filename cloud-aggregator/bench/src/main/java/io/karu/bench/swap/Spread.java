package io.karu.bench.swap;

/** Counts durations in steps of 1 %, in memory that does not grow. Thread-safe. */
final class Spread {
    private static final double STEP = Math.log(1.01);
    private static final int STEPS = 3000;

    private final long[] counts = new long[STEPS];
    private long total;
    private double longest;

    /**
     * @param micros at least 0; counted to a 1 %, from 0.1 µs on
     */
    synchronized void add(double micros) {
        int step = (int) (Math.log(Math.max(1, micros * 10)) / STEP);
        counts[Math.min(STEPS - 1, step)]++;
        total++;
        longest = Math.max(longest, micros);
    }

    synchronized long total() {
        return total;
    }

    synchronized double longest() {
        return longest;
    }

    /** In µs; 0 when nothing was counted. */
    synchronized double quantile(double share) {
        long needed = (long) Math.ceil(share * total);
        long seen = 0;
        for (int step = 0; step < STEPS; step++) {
            seen += counts[step];
            if (seen > 0 && seen >= needed) {
                return Math.exp((step + 0.5) * STEP) / 10;
            }
        }
        return 0;
    }
}
