package io.karu.api.inspection;

import java.util.Objects;

/**
 * Stable identity of a frame: the same image offered again has the same id, so that a verdict
 * counts once however often a power cut repeats the way to it.
 *
 * @param station the station that looks
 * @param position source position (file name, sequence number) or content digest; at most 200
 *     characters, no control characters
 */
public record FrameId(StationId station, String position) {
    public FrameId {
        Objects.requireNonNull(station, "station");
        if (position == null
                || position.isEmpty()
                || position.length() > 200
                || position.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "frame position must have 1 to 200 printable characters: " + position);
        }
    }

    @Override
    public String toString() {
        return station + "/" + position;
    }
}
