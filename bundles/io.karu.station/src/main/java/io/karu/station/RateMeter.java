package io.karu.station;

/** Events per second over the last ten seconds. Thread-safe. */
final class RateMeter {
    private static final int SECONDS = 10;
    private static final long NANOS = 1_000_000_000L;

    private final long[] counts = new long[SECONDS + 1];
    private final long[] seconds = new long[SECONDS + 1];

    synchronized void mark(long nanos) {
        long second = Math.floorDiv(nanos, NANOS);
        int slot = (int) Math.floorMod(second, (long) counts.length);
        if (seconds[slot] != second) {
            seconds[slot] = second;
            counts[slot] = 0;
        }
        counts[slot]++;
    }

    synchronized double perSecond(long nanos) {
        long now = Math.floorDiv(nanos, NANOS);
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            if (seconds[i] < now && seconds[i] >= now - SECONDS) {
                sum += counts[i];
            }
        }
        return sum / (double) SECONDS;
    }
}
