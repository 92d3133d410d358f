package io.karu.station.kura;

import java.util.Map;

/** The property by which a wire component names its station. */
final class StationPid {
    private StationPid() {}

    /** The station's name in Kura, empty when none is given. */
    static String of(Map<String, Object> properties) {
        Object value = properties.get("station");
        return value instanceof String name ? name.trim() : "";
    }
}
