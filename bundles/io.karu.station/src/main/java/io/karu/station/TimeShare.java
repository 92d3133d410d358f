package io.karu.station;

import java.util.concurrent.TimeUnit;

/** Grants work a share of one processor's time. Thread-safe. */
final class TimeShare {
    private static final double SAVED_AT_MOST = TimeUnit.SECONDS.toNanos(1);

    private double credit;
    private long last = System.nanoTime();

    /**
     * Whether work may begin now; its cost is known only afterwards and may make it wait longer.
     *
     * @param share of one processor, 0 to 1
     */
    synchronized boolean allows(double share, long now) {
        credit = Math.min(credit + share * (now - last), share * SAVED_AT_MOST);
        last = now;
        return credit > 0;
    }

    /** Work has taken this long. */
    synchronized void spent(long nanos) {
        credit -= nanos;
    }
}
