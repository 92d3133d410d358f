package io.karu.api.inspection;

import java.util.Objects;
import java.util.Optional;

/**
 * What a station does at this moment; counters since its activation.
 *
 * @param state see {@link State}
 * @param reason what it waits for, or why its last configuration was refused; absent when it runs
 *     as configured
 * @param model name, label and abbreviated digest of the model that decided last; empty before the
 *     first frame
 * @param frames frames with a verdict
 * @param accepted verdicts ACCEPT
 * @param rejected verdicts REJECT
 * @param review verdicts REVIEW
 * @param skipped frames passed over because the line was faster than the model
 * @param listenerDrops verdicts that listeners missed because they were too slow
 * @param framesPerSecond over the last ten seconds
 */
public record StationStatus(
        StationId station,
        State state,
        Optional<String> reason,
        String model,
        long frames,
        long accepted,
        long rejected,
        long review,
        long skipped,
        long listenerDrops,
        double framesPerSecond) {
    /** Whether it inspects. */
    public enum State {
        INSPECTING,
        /** Configured and ready, no frame for ten seconds. */
        IDLE,
        /** Something it needs is not there; reason says what. Frames are kept in their source. */
        WAITING
    }

    public StationStatus {
        Objects.requireNonNull(station, "station");
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(model, "model");
    }
}
