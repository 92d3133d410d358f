package io.karu.station;

import io.karu.api.inspection.Decision;
import io.karu.api.inspection.StationId;
import io.karu.api.inspection.StationStatus;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** What a station has done since its activation. Thread-safe. */
final class StationCounters {
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();
    private final AtomicLong review = new AtomicLong();
    private final AtomicLong skipped = new AtomicLong();
    private final RateMeter rate = new RateMeter();
    private volatile long lastNanos = System.nanoTime() - Long.MAX_VALUE / 2;
    private volatile String model = "";

    void decided(Decision decision, long nanos) {
        switch (decision) {
            case ACCEPT -> accepted.incrementAndGet();
            case REJECT -> rejected.incrementAndGet();
            case REVIEW -> review.incrementAndGet();
        }
        rate.mark(nanos);
        lastNanos = nanos;
    }

    void skipped() {
        skipped.incrementAndGet();
    }

    void model(String name) {
        model = name;
    }

    long idleNanos(long now) {
        return now - lastNanos;
    }

    StationStatus status(
            StationId station,
            StationStatus.State state,
            Optional<String> reason,
            long drops,
            long now) {
        long accepts = accepted.get();
        long rejects = rejected.get();
        long reviews = review.get();
        return new StationStatus(
                station,
                state,
                reason,
                model,
                accepts + rejects + reviews,
                accepts,
                rejects,
                reviews,
                skipped.get(),
                drops,
                rate.perSecond(now));
    }
}
