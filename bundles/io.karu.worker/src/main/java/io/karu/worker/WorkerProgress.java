package io.karu.worker;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How far a worker is.
 *
 * @param stage name of the stage
 * @param done units done
 * @param of units of the stage; 0 when not known
 * @param unit what is counted, in the plural
 * @param rate units per second of late; 0 when not known yet
 * @param metrics numbers by name
 * @param note what else there is to say; may be empty
 */
public record WorkerProgress(
        String stage,
        long done,
        long of,
        String unit,
        double rate,
        Map<String, Double> metrics,
        String note) {
    public WorkerProgress {
        metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
    }

    /** Time the stage still takes at the present rate, when that can be said. */
    public Optional<Duration> left() {
        return of > 0 && rate > 0
                ? Optional.of(Duration.ofMillis((long) (1000 * Math.max(0, of - done) / rate)))
                : Optional.empty();
    }
}
